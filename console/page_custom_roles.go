package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// customRolesPage shows the roles that the account defines, and a table with which an author
// composes one from the rules that the policy offers.
var customRolesPage = page{
	Path:    "custom-roles",
	Visible: (*viewer).SeesCustomRoles,
	Lacks:   func(v *viewer) missing { return v.lacks(roleDefine) },
	Load:    loadCustomRoles,
	Model:   customRolesModel{},
	Params:  []input{{Name: "role", Kind: "custom-role"}},
	Actions: []action{
		{Name: "define", Inputs: []input{{Name: "name", Kind: "text"}, titleInput, {Name: "like", Kind: "role"}, giveInput}, After: toCustomRoles, Commands: defineRole},
		{Name: "change", Inputs: []input{customRoleInput, titleInput, giveInput}, After: toCustomRoles, Commands: changeRole},
		{Name: "delete", Inputs: []input{customRoleInput, {Name: "replace-by", Kind: "role"}}, After: toCustomRoles, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.DeleteRole{Role: role.Name(f.raw("role")), ReplaceBy: role.Name(f.raw("replace-by"))}}, nil
		}},
	},
}

var (
	roleDefine      = permission.MustParse("role.define")
	customRoleInput = input{Name: "role", Kind: "custom-role", Must: true}
	titleInput      = input{Name: "title", Kind: "text", Must: true}
	giveInput       = input{Name: "give", Kind: "rule", Many: true} // "calendar.edit team"
)

// customRolesModel is the content of the page.
type customRolesModel struct {
	Roles  []customRow `json:"roles"`
	Max    int         `json:"max"`            // the number of roles that an account can define
	Define control     `json:"define"`         // for the table, without a role in the query
	Role   *customRow  `json:"role,omitempty"` // the role that the viewer changes
	Change control     `json:"change"`
	Delete choice      `json:"delete"` // the options are roles that replace it; "" if no user holds it
	Like   []option    `json:"like"`   // roles as which a new role can be held
	Offers []offerRow  `json:"offers"` // what a role can give
}

// customRow is a role that the account defines.
type customRow struct {
	Role      role.Name `json:"role"`
	Title     string    `json:"title"`
	Like      role.Name `json:"like"`
	LikeTitle string    `json:"likeTitle"`
	Gives     []mayRow  `json:"gives"`
	Faults    []string  `json:"faults,omitempty"` // what it has no more, because the policy does not offer it
}

// offerRow is a permission with the rules that a role can have for it.
type offerRow struct {
	Permission string        `json:"permission"`
	Title      string        `json:"title"`
	Choices    []offerChoice `json:"choices"`
}

// offerChoice is a rule. The value is that of the field give.
type offerChoice struct {
	option
	Chosen  bool `json:"chosen,omitempty"`
	Allowed bool `json:"allowed"` // the viewer may give it
}

// SeesCustomRoles reports whether the viewer may define roles under the policy, or change some.
func (v *viewer) SeesCustomRoles() bool {
	return (len(v.policy.CustomLike()) > 0 || len(v.view.State().CustomRoles()) > 0) && v.may(roleDefine, nil)
}

func loadCustomRoles(v *viewer, r *http.Request) (any, error) {
	m := customRolesModel{Roles: []customRow{}, Max: v.policy.MaxCustomRoles(), Like: []option{}, Offers: []offerRow{}}
	chosen, found := role.Name(r.URL.Query().Get("role")), false
	var gives []policy.Choice
	for _, own := range v.view.State().CustomRoles() {
		row := v.customRow(own)
		m.Roles = append(m.Roles, row)
		if own.Name == chosen {
			found, m.Role, gives = true, &row, own.Gives
		}
	}
	if chosen != "" && !found {
		return nil, usherhttp.ErrNotFound
	}
	for _, name := range v.policy.CustomLike() {
		m.Like = append(m.Like, option{string(name), v.RoleTitle(name)})
	}
	if found {
		m.Change = v.control("custom-roles/change", account.ChangeRole{Role: chosen, Title: m.Role.Title})
		m.Delete = v.deleteRoleForm(*m.Role)
	} else if len(m.Like) > 0 {
		m.Define = v.control("custom-roles/define", account.DefineRole{Role: freeName(v), Title: "x", Like: role.Name(m.Like[0].Value)})
	}
	m.Offers = v.offerRows(chosen, gives)
	return m, nil
}

func (v *viewer) customRow(own policy.CustomRole) customRow {
	row := customRow{Role: own.Name, Title: own.Title, Like: own.Like, LikeTitle: v.RoleTitle(own.Like), Gives: []mayRow{}}
	if !visible(row.Title) {
		row.Title = string(own.Name)
	}
	for _, c := range own.Gives {
		if len(row.Gives) == 0 || row.Gives[len(row.Gives)-1].Permission != c.Permission.String() {
			row.Gives = append(row.Gives, mayRow{Permission: c.Permission.String(), Title: v.permissionTitle(c.Permission)})
		}
		last := &row.Gives[len(row.Gives)-1]
		last.Rules = append(last.Rules, v.ruleText(c))
	}
	for _, fault := range v.policy.CustomFaults([]policy.CustomRole{own}) {
		row.Faults = append(row.Faults, fault.Text)
	}
	return row
}

// ruleText returns a rule in the viewer's language, or as the policy writes it if the policy does not
// offer it.
func (v *viewer) ruleText(c policy.Choice) string {
	offered, ok := v.policy.Offered(c)
	if ok {
		for _, o := range v.policy.Offers() {
			if o.Choice == offered {
				return v.scope(o.Entitlement)
			}
		}
	}
	return c.Rule
}

// offerRows returns the table of what a role can give. What the role has is chosen; after a rejected
// form, what the form has.
func (v *viewer) offerRows(name role.Name, gives []policy.Choice) []offerRow {
	rows := []offerRow{}
	values := make([]string, len(gives))
	for i, c := range gives {
		values[i] = valueOfChoice(c)
	}
	if v.form != nil && strings.HasPrefix(v.form.Path, "custom-roles/") && v.form.Path != "custom-roles/delete" {
		values = v.form.form.list("give")
	}
	for _, o := range v.policy.Offers() {
		if len(rows) == 0 || rows[len(rows)-1].Permission != o.Permission.String() {
			rows = append(rows, offerRow{Permission: o.Permission.String(), Title: v.permissionTitle(o.Permission)})
		}
		last := &rows[len(rows)-1]
		own := offerChoice{option: option{valueOfChoice(o.Choice), v.scope(o.Entitlement)}}
		own.Chosen = slices.Contains(values, own.Value)
		own.Allowed = slices.Contains(gives, o.Choice) || v.mayGiveChoice(o.Choice)
		last.Choices = append(last.Choices, own)
	}
	return rows
}

// mayGiveChoice reports whether the viewer may define a role that gives a rule.
func (v *viewer) mayGiveChoice(c policy.Choice) bool {
	like := v.policy.CustomLike()
	return len(like) > 0 && v.try(account.DefineRole{
		Role: freeName(v), Like: like[0], Gives: account.Gives{c.Permission.String(): {c.Rule}},
	}) == nil
}

// freeName returns a name that no role has.
func freeName(v *viewer) role.Name {
	name := role.Name("new")
	for {
		if _, taken := v.policy.Role(name); !taken && policy.IsCustomName(name) {
			return name
		}
		name += "-x"
	}
}

func valueOfChoice(c policy.Choice) string { return c.Permission.String() + " " + c.Rule }

// deleteRoleForm returns the form that deletes a role: with the roles that can replace it, and with none
// if no user holds it.
func (v *viewer) deleteRoleForm(row customRow) choice {
	options := []option{{"", v.text.plain("custom-roles.no-replacement")}}
	like, _ := v.policy.Role(row.Like)
	for _, r := range v.policy.Roles() {
		if r.Name != row.Role && !r.Unique && r.OnTeam == like.OnTeam && r.Beside == like.Beside && r.OnResource == like.OnResource {
			options = append(options, option{string(r.Name), v.RoleTitle(r.Name)})
		}
	}
	return v.choice("custom-roles/delete", options, func(value string) account.Command {
		return account.DeleteRole{Role: row.Role, ReplaceBy: role.Name(value)}
	})
}

func defineRole(v *viewer, f form) ([]account.Command, error) {
	gives, err := givesOf(f)
	if err != nil {
		return nil, err
	}
	name := f.text("name")
	if name == "" {
		name = nameFromTitle(f.text("title"))
	}
	if !policy.IsCustomName(role.Name(name)) {
		return nil, &inputError{Field: "name", Key: "custom-roles.name.wrong"}
	}
	like := role.Name(f.raw("like"))
	if list := v.policy.CustomLike(); like == "" && len(list) > 0 {
		like = list[0]
	}
	return []account.Command{account.DefineRole{Role: role.Name(name), Title: f.text("title"), Like: like, Gives: gives}}, nil
}

func changeRole(_ *viewer, f form) ([]account.Command, error) {
	gives, err := givesOf(f)
	return []account.Command{account.ChangeRole{Role: role.Name(f.raw("role")), Title: f.text("title"), Gives: gives}}, err
}

// givesOf returns the rules that are chosen in a form. It is never nil: a form without any gives
// nothing.
func givesOf(f form) (account.Gives, error) {
	gives := account.Gives{}
	for _, text := range f.list("give") {
		name, rule, ok := strings.Cut(text, " ")
		if !ok {
			return nil, &inputError{Field: "give", Key: "input.choice"}
		}
		gives[name] = append(gives[name], rule)
	}
	return gives, nil
}

// nameFromTitle returns a title as a name: "Shift planner" becomes "shift-planner".
func nameFromTitle(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// toCustomRoles leads to the list of roles.
func toCustomRoles(*viewer, form) (string, map[string][]string) { return "custom-roles", url.Values{} }
