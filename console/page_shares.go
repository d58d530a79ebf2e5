package console

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// sharesPage shows the roles that a user or a team holds on single resources, or the users and teams
// that hold roles on one resource. The host links to it from its page of a resource.
var sharesPage = page{
	Path:    "shares",
	Visible: (*viewer).SeesShares,
	Lacks:   func(v *viewer) missing { return v.lacks(userView) },
	Load:    loadShares,
	Model:   sharesModel{},
	Params: []input{
		{Name: "user", Kind: "user"},
		{Name: "team", Kind: "team"},
		{Name: "type", Kind: "resource-type"},
		{Name: "id", Kind: "resource"},
		{Name: "after", Kind: "text"},
		{Name: "find", Kind: "text"},
	},
	Actions: []action{
		{Name: "give", Inputs: append(slices.Clone(shareInputs), termInputs...), After: toShares, Commands: onShare(func(s share, f form) (account.Command, error) {
			return during(account.GiveRoleOn{User: s.User, Team: s.Team, Role: s.role, On: s.on}, f)
		})},
		{Name: "take", Inputs: shareInputs, After: toShares, Commands: onShare(func(s share, _ form) (account.Command, error) {
			return account.TakeRoleOn{User: s.User, Team: s.Team, Role: s.role, On: s.on}, nil
		})},
	},
}

// shareInputs name a role of a user or a team on a resource. The holder is "user:ID" or "team:ID".
var shareInputs = []input{
	{Name: "holder", Kind: "holder", Must: true},
	{Name: "role", Kind: "resource-role", Must: true},
	{Name: "on-type", Kind: "resource-type", Must: true},
	{Name: "on", Kind: "resource", Must: true},
}

// share is a role of a user or a team on a resource.
type share struct {
	account.Holder
	role role.Name
	on   usher.Ref
}

func onShare(command func(share, form) (account.Command, error)) func(*viewer, form) ([]account.Command, error) {
	return func(_ *viewer, f form) ([]account.Command, error) {
		s := share{holderOf(f.raw("holder")), role.Name(f.raw("role")), usher.Ref{Type: f.raw("on-type"), ID: f.raw("on")}}
		if s.Holder == (account.Holder{}) {
			return nil, &inputError{Field: "holder", Key: "shares.holder"}
		}
		c, err := command(s, f)
		return []account.Command{c}, err
	}
}

// sharesModel is the content of the page.
type sharesModel struct {
	User     *person      `json:"user,omitempty"` // the holder
	Team     usher.TeamID `json:"team,omitempty"` // the holder
	Resource *itemRow     `json:"resource,omitempty"`
	Rows     []shareRow   `json:"rows"`
	Next     string       `json:"next,omitempty"`
	After    string       `json:"-"`

	Gives bool       `json:"gives"`          // the viewer may give roles on the resource
	Find  string     `json:"find,omitempty"` // what the viewer searches, to give a user a role
	Found []shareRow `json:"found,omitempty"`
	Teams []shareRow `json:"teams,omitempty"` // teams that the viewer finds
}

// itemRow is a resource.
type itemRow struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Title string `json:"title"`
	Link  string `json:"link,omitempty"`
	Page  bool   `json:"-"` // the viewer may open the page of the resource
}

// shareRow has the roles of one holder on one resource, also those that begin later.
type shareRow struct {
	User  *person      `json:"user,omitempty"`
	Team  usher.TeamID `json:"team,omitempty"`
	On    itemRow      `json:"on"`
	Roles []shareRole  `json:"roles"`
	Give  choice       `json:"give"`
}

// shareRole is a role on a resource for a time.
type shareRole struct {
	Role   role.Name `json:"role"`
	Title  string    `json:"title"`
	From   time.Time `json:"from,omitzero"`  // it begins later
	Until  time.Time `json:"until,omitzero"` // it ends
	ID     int       `json:"id,omitempty"`   // of the scheduled change that begins it
	Take   control   `json:"take"`           // of a role that has begun
	Cancel control   `json:"cancel"`         // of a role that begins later
}

// SeesShares reports whether the policy has roles on single resources, or the account has some.
func (v *viewer) SeesShares() bool {
	return !v.visits && slices.ContainsFunc(v.policy.Roles(), func(r role.Role) bool { return r.OnResource != "" })
}

// seesAllShares reports whether the viewer may see all roles on resources: one who may read the changes
// that gave them.
func (v *viewer) seesAllShares() bool { return !v.check(auditView, nil).Hides(auditChanges) }

// shares reports whether the viewer may give and take roles on a resource.
func (v *viewer) shares(on usher.Ref) bool {
	p, ok := account.SharePermission(v.policy, on.Type)
	item := v.itemsOf(on)[on]
	return ok && item.Resource != nil && v.may(p, item.Resource)
}

func loadShares(v *viewer, r *http.Request) (any, error) {
	q := r.URL.Query()
	m := sharesModel{Rows: []shareRow{}, After: q.Get("after"), Find: strings.TrimSpace(q.Get("find")), Team: usher.TeamID(q.Get("team"))}
	user, on := usher.UserID(q.Get("user")), usher.Ref{Type: q.Get("type"), ID: q.Get("id")}
	switch {
	case user != "" && m.Team == "" && on == usher.Ref{}:
		if !v.sees(user).exists {
			return nil, usherhttp.ErrNotFound
		}
		p := v.person(user)
		m.User = &p
		return m, v.readSharesOf(&m, account.Holder{User: user})
	case user == "" && m.Team != "" && on == usher.Ref{}:
		if !v.seesTeam(m.Team) {
			return nil, usherhttp.ErrNotFound
		}
		return m, v.readSharesOf(&m, account.Holder{Team: m.Team})
	case user == "" && m.Team == "" && on.Type != "" && on.ID != "":
		if !v.shares(on) && !v.seesAllShares() {
			return nil, usherhttp.ErrNotFound
		}
		return m, v.sharesOfResource(&m, on)
	}
	return nil, usherhttp.ErrNotFound
}

// readSharesOf reads a page of the resources on which a user or a team holds roles, now or later.
func (v *viewer) readSharesOf(m *sharesModel, h account.Holder) error {
	var after usher.Ref
	if m.After != "" {
		after.Type, after.ID, _ = strings.Cut(m.After, ":")
	}
	rows, last := v.sharesOf(h, after, pageSize)
	m.Rows = rows
	if last != (usher.Ref{}) {
		m.Next = last.Type + ":" + last.ID
	}
	return v.ctx.Err()
}

// sharesOf returns the first resources on which a user or a team holds roles, now or later, and the last one
// of them if there are more. The viewer sees the own roles, and those of the own teams. Of others, only viewers
// who may read the record see all; the others see the resources on which they give and take roles.
func (v *viewer) sharesOf(h account.Holder, after usher.Ref, limit int) (rows []shareRow, last usher.Ref) {
	own := h.User == v.subject.User || h.Team != "" && slices.Contains(v.ownTeams(), h.Team)
	all := own || v.seesAllShares()
	var list []account.RoleTerms
	for chunk := range chunked(v.view.TermsOf(h, after), pageSize+1) {
		refs := make([]usher.Ref, len(chunk))
		for i, s := range chunk {
			refs[i] = s.On
		}
		v.itemsOf(refs...)
		for _, s := range chunk {
			if all || v.shares(s.On) {
				list = append(list, s)
			}
		}
		if len(list) > limit || v.ctx.Err() != nil {
			break
		}
	}
	if len(list) > limit {
		list, last = list[:limit], list[limit-1].On
	}
	rows = []shareRow{}
	for _, s := range list {
		row := v.shareRow(s)
		if own {
			row.On = v.itemRow(s.On, true)
		}
		row.On.Page = v.shares(s.On) || v.seesAllShares()
		rows = append(rows, row)
	}
	return rows, last
}

// chunked yields the values of a sequence in slices of at most n, which are valid until the next one.
func chunked[T any](all iter.Seq[T], n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		chunk := make([]T, 0, n)
		for value := range all {
			if chunk = append(chunk, value); len(chunk) == n {
				if !yield(chunk) {
					return
				}
				chunk = chunk[:0]
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}

// sharesOfResource reads a page of the holders of roles on a resource, and what the viewer searches.
func (v *viewer) sharesOfResource(m *sharesModel, on usher.Ref) error {
	item := v.itemRow(on, v.shares(on))
	m.Resource, m.Gives = &item, v.shares(on) && !v.options.ReadOnly
	var list []account.RoleTerms
	for s := range v.view.TermsOn(on, holderOf(m.After)) {
		if len(list) == pageSize {
			m.Next = holderText(list[pageSize-1].Holder)
			break
		}
		list = append(list, s)
	}
	var ids []usher.UserID
	for _, s := range list {
		if s.User != "" {
			ids = append(ids, s.User)
		}
	}
	v.lookUp(ids...)
	for _, s := range list {
		m.Rows = append(m.Rows, v.shareRow(s))
	}
	if !m.Gives || m.Find == "" {
		return nil
	}
	found, err := v.findFor(m.Find)
	for _, u := range found {
		m.Found = append(m.Found, v.offerOf(account.Holder{User: u.ID}, on))
	}
	for t := range v.view.Teams("") {
		if len(m.Teams) == pageSize {
			break
		}
		if containsFold(string(t.ID), m.Find) && v.seesTeam(t.ID) {
			m.Teams = append(m.Teams, v.offerOf(account.Holder{Team: t.ID}, on))
		}
	}
	return err
}

// holderText returns a holder as text: "user:mia" or "team:sales".
func holderText(h account.Holder) string {
	if h.Team != "" {
		return "team:" + string(h.Team)
	}
	return "user:" + string(h.User)
}

// holderOf returns the holder of a text, the zero Holder for another text.
func holderOf(text string) account.Holder {
	kind, id, _ := strings.Cut(text, ":")
	switch kind {
	case "user":
		return account.Holder{User: usher.UserID(id)}
	case "team":
		return account.Holder{Team: usher.TeamID(id)}
	}
	return account.Holder{}
}

// itemRow names a resource: as the host does if the viewer holds a role on it or may give roles on it,
// and by its id otherwise.
func (v *viewer) itemRow(on usher.Ref, named bool) itemRow {
	row := itemRow{Type: on.Type, ID: on.ID}
	if named {
		item := v.itemsOf(on)[on]
		row.Title, row.Link = item.Title, item.Link
	}
	if !visible(row.Title) {
		row.Title = nameOf(usher.UserID(on.ID), "")
	}
	return row
}

// shareRow returns the roles of a holder on a resource. Viewers who see a role see its times, too. A user
// that the viewer may not see has no forms, because these would name the user.
func (v *viewer) shareRow(s account.RoleTerms) shareRow {
	row := shareRow{On: v.itemRow(s.On, v.shares(s.On)), Team: s.Team, Roles: []shareRole{}}
	hidden := false
	if s.User != "" {
		p := v.person(s.User)
		row.User, hidden = &p, p.ID == ""
	}
	for _, t := range s.Terms {
		own := shareRole{Role: t.Role, Title: v.RoleTitle(t.Role), ID: t.Entry, Until: v.local(t.Until), From: v.local(t.From)}
		switch {
		case hidden:
		case t.From.IsZero():
			own.Take = v.control("shares/take", account.TakeRoleOn{User: s.User, Team: s.Team, Role: t.Role, On: s.On})
		default:
			own.Cancel = v.control("schedule/cancel", account.Cancel{ID: t.Entry})
		}
		row.Roles = append(row.Roles, own)
	}
	return row
}

// local returns a time in the zone of the viewer, and the zero time unchanged.
func (v *viewer) local(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.In(v.zone)
}

// toShares leads to the page that has the form: that of a user, or that of roles on resources.
func toShares(v *viewer, _ form) (string, map[string][]string) {
	query := v.state()
	return pageWith(query, "shares"), query
}

// offerOf returns the roles on a resource that the viewer may give a user or a team.
func (v *viewer) offerOf(h account.Holder, on usher.Ref) shareRow {
	row := shareRow{On: v.itemRow(on, true), Team: h.Team, Roles: []shareRole{}}
	if h.User != "" {
		p := v.person(h.User)
		row.User = &p
	}
	held := v.rolesHeldOn(h, on)
	var options []option
	for _, r := range v.policy.Roles() {
		if r.OnResource == on.Type && !slices.Contains(held, r.Name) {
			options = append(options, option{string(r.Name), v.RoleTitle(r.Name)})
		}
	}
	row.Give = v.choice("shares/give", options, func(value string) account.Command {
		return account.GiveRoleOn{User: h.User, Team: h.Team, Role: role.Name(value), On: on}
	})
	return row
}

// rolesHeldOn returns the roles that a user or a team holds on a resource.
func (v *viewer) rolesHeldOn(h account.Holder, on usher.Ref) []role.Name {
	held, _ := v.view.State().UserRolesOn(h.User, on)
	if h.Team != "" {
		held, _ = v.view.State().TeamRolesOn(h.Team, on)
	}
	return held
}

// fields returns the fields of a form that name the holder and the resource.
func (s shareRow) fields(name role.Name) []any {
	fields := []any{"on-type", s.On.Type, "on", s.On.ID}
	if name != "" {
		fields = append(fields, "role", name)
	}
	h := account.Holder{Team: s.Team}
	if s.User != nil {
		h.User = s.User.ID
	}
	return append(fields, "holder", holderText(h))
}

// DoShare returns the frame of a button about a role in a row.
func (f frame) DoShare(c control, row shareRow, name role.Name) frame {
	return f.Do(c, row.fields(name)...)
}

// shownShare is a role with the row that has it.
type shownShare struct {
	shareRole
	Row shareRow
}

// Share returns the frame of the part "share": a role in a row, its times, and its button.
func (f frame) Share(own shareRole, row shareRow) frame { return f.With(shownShare{own, row}) }

// ChooseShare returns the frame of the form that gives a role to the holder of a row.
func (f frame) ChooseShare(row shareRow, element string) frame {
	return f.ChooseFor(row.Give, "role", "people.role", element, row.fields("")...)
}
