package console

import (
	"net/http"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/usherhttp"
)

var accountTransfer = permission.MustParse("account.transfer")

// ownershipPage transfers the ownership of the account: the viewer chooses a user, sees what
// both people have afterwards, and confirms it by typing the name.
var ownershipPage = page{
	Path: "ownership", InMenu: true,
	Visible: (*viewer).SeesOwnership,
	Lacks:   func(v *viewer) missing { return v.lacks(accountTransfer) },
	Load:    loadOwnership,
	Model:   ownershipModel{},
	Params:  []input{{Name: "q", Kind: "text"}, {Name: "after", Kind: "text"}, {Name: "to", Kind: "user"}},
	Actions: []action{
		{Name: "transfer", Inputs: []input{{Name: "to", Kind: "user", Must: true}}, After: toPeople, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.TransferOwnership{To: f.user("to")}}, nil
		}},
	},
}

// ownershipModel is the content of the page.
type ownershipModel struct {
	Owner   person         `json:"owner"`
	Role    string         `json:"role"`    // the title of the owner's role
	Becomes string         `json:"becomes"` // the title of the role that the owner has afterwards
	Query   string         `json:"q,omitempty"`
	People  []candidate    `json:"people"` // users who can become the owner, and those who cannot, with the reason
	Next    string         `json:"next,omitempty"`
	After   string         `json:"after,omitempty"`
	Chosen  *transferModel `json:"chosen,omitempty"` // for the user of the parameter to

	ReadOnly bool `json:"readOnly,omitempty"` // changes are switched off
}

// SeesOwnership reports whether the viewer may see the page.
func (v *viewer) SeesOwnership() bool { return v.may(accountTransfer, nil) }

// candidate is a user who could become the owner.
type candidate struct {
	person
	RoleTitle string `json:"roleTitle"`
	control
}

// transferModel is what a transfer to a user changes.
type transferModel struct {
	Person     person       `json:"person"`
	Transfer   control      `json:"transfer"`
	Afterwards []afterwards `json:"afterwards,omitempty"`
}

// afterwards is a user before and after a change.
type afterwards struct {
	Person person        `json:"person"`
	Facts  []beforeAfter `json:"facts"`
	Gains  []string      `json:"gains,omitempty"`
	Loses  []string      `json:"loses,omitempty"`
}

type beforeAfter struct {
	Label   string `json:"label"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Changed bool   `json:"changed,omitempty"`
}

func loadOwnership(v *viewer, r *http.Request) (any, error) {
	unique := v.policy.UniqueRole()
	f := v.peopleFilter(r)
	f = peopleFilter{Query: f.Query, found: f.found, Status: usher.Active.String(), After: f.After}
	m := ownershipModel{
		Owner: v.named(v.view.Owner()), Role: v.RoleTitle(unique.Name), Becomes: v.RoleTitle(unique.HandsOverTo),
		Query: f.Query, After: f.After, People: []candidate{}, ReadOnly: v.options.ReadOnly,
	}
	if m.ReadOnly {
		return m, nil
	}
	rows, next, err := v.findPeople(f)
	if err != nil {
		return nil, err
	}
	m.Next = next
	rows = slices.DeleteFunc(rows, func(s sight) bool { return s.member.ID == v.view.Owner() })
	ids := make([]usher.UserID, len(rows))
	for i, s := range rows {
		ids[i] = s.member.ID
	}
	v.lookUp(ids...)
	for _, s := range rows {
		if c := v.transferControl(s.member.ID); c.Shown() {
			m.People = append(m.People, candidate{v.person(s.member.ID), v.RoleTitle(s.member.Role), c})
		}
	}
	m.Chosen, err = v.chosen(usher.UserID(r.URL.Query().Get("to")))
	return m, err
}

func (v *viewer) transferControl(to usher.UserID) control {
	return v.control("ownership/transfer", account.TransferOwnership{To: to})
}

// chosen returns what a transfer to a user changes, nil for "" and for the owner.
func (v *viewer) chosen(to usher.UserID) (*transferModel, error) {
	if to == "" || to == v.view.Owner() {
		return nil, nil
	}
	if !v.sees(to).exists {
		return nil, usherhttp.ErrNotFound
	}
	m := &transferModel{Person: v.person(to), Transfer: v.transferControl(to)}
	if !m.Transfer.Allowed {
		return m, nil
	}
	outcome, err := v.reader.Propose(v.ctx, v.batch(account.TransferOwnership{To: to}))
	if err != nil {
		return nil, err
	}
	preview, err := v.view.State().Preview(v.policy, outcome, v.now)
	if err != nil {
		return nil, err
	}
	if !v.seesEffects(preview) {
		return m, nil
	}
	for _, u := range preview.Users {
		if u.Before != nil && u.After != nil {
			m.Afterwards = append(m.Afterwards, v.afterwards(u))
		}
	}
	return m, nil
}

func (v *viewer) afterwards(u account.UserPreview) afterwards {
	a := afterwards{Person: v.person(u.User), Gains: v.rules(u.Gains), Loses: v.rules(u.Loses)}
	before, after := v.factsOf(u.User, u.Before), v.factsOf(u.User, u.After)
	for i := range before {
		a.Facts = append(a.Facts, beforeAfter{before[i].Label, before[i].Text, after[i].Text, before[i].Text != after[i].Text})
	}
	return a
}

func (v *viewer) factsOf(id usher.UserID, u *policy.User) []fact {
	return v.facts(account.Member{ID: id, User: *u})
}
