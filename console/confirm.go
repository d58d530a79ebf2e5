package console

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// The forms of a confirmation, by the damage that a change can do.
const (
	confirmNothing = ""       // it can be undone without loss
	confirmButton  = "button" // it changes what users may do, or which seats they hold
	confirmTyped   = "typed"  // it cannot be undone, or affects the whole account
)

// maxEffects limits the changes and the users of a confirmation, such as that of the deletion of
// a large team.
const maxEffects = 200

// confirmation is the page that shows the effects of a change before it is made, and its JSON
// form.
type confirmation struct {
	Action  string          `json:"action"`
	Confirm string          `json:"confirm"`         // "button" or "typed"
	Word    string          `json:"word,omitempty"`  // what the viewer must type
	Changes []string        `json:"changes"`         // the first maxEffects
	More    int             `json:"more,omitempty"`  // how many changes are left out
	Notes   []string        `json:"notes,omitempty"` // what the changes mean beyond that
	Seats   []seatsChange   `json:"seats,omitempty"`
	Users   []userEffect    `json:"users,omitempty"`
	Roles   []roleEffects   `json:"roles,omitempty"` // of the account, which change
	Later   []laterEffects  `json:"later,omitempty"`
	From    time.Time       `json:"laterFrom,omitzero"` // the first later time that Later does not consider
	HTML    []template.HTML `json:"-"`
	form    form
}

// laterEffects is what differs from a later time on between the account with a change and without it,
// otherwise than before that time. A user who neither gains nor loses has then the same permissions with and
// without it.
type laterEffects struct {
	At    time.Time     `json:"at"`
	Seats []seatsChange `json:"seats,omitempty"` // before: without the change
	Users []userEffect  `json:"users,omitempty"` // the first maxEffects
}

// seatsChange is a seat pool before and after a change.
type seatsChange struct {
	Pool   seat.PoolName `json:"pool"`
	Before seatCount     `json:"before"`
	After  seatCount     `json:"after"`
}

// seatCount is how many seats of a pool are held, bought and left.
type seatCount struct {
	Held  int `json:"held"`
	Total int `json:"total"`
	Left  int `json:"left"`

	Excess int `json:"excess,omitempty"` // held beyond those bought
}

// roleEffects is what the users with a role gain and lose by a change of the role.
type roleEffects struct {
	Title   string   `json:"title"`
	Holders int      `json:"holders"`
	Gains   []string `json:"gains,omitempty"`
	Loses   []string `json:"loses,omitempty"`
}

// userEffect is what a user gains and loses by a change.
type userEffect struct {
	Person person   `json:"person"`
	Gains  []string `json:"gains,omitempty"`
	Loses  []string `json:"loses,omitempty"`
	Before []fact   `json:"-"`
}

// confirmation returns the effects of a change that the viewer may see.
func (v *viewer) confirmation(s *submitted, p account.Preview) *confirmation {
	c := &confirmation{Action: s.Path, Confirm: damageOf(p), form: s.form}
	shown := p.Changes[:min(len(p.Changes), maxEffects)]
	c.More = len(p.Changes) - len(shown)
	users, ids := p.Users[:min(len(p.Users), maxEffects)], account.UsersOf(shown...)
	for _, u := range users {
		ids = append(ids, u.User)
	}
	v.lookUp(ids...)
	for _, change := range shown {
		c.HTML = append(c.HTML, v.sentence(change))
	}
	c.Changes = v.sentenceTexts(shown)
	if c.Confirm == confirmTyped {
		c.Word = v.confirmWord(p)
	}
	if !v.seesEffects(p) {
		return c
	}
	c.Seats = seatsChanges(p.Seats)
	for _, u := range users {
		if len(u.Gains)+len(u.Loses) > 0 {
			c.Users = append(c.Users, userEffect{Person: v.personIn(u), Gains: v.rules(u.Gains), Loses: v.rules(u.Loses)})
		}
	}
	for _, r := range p.Roles {
		if len(r.Gains)+len(r.Loses) > 0 {
			c.Roles = append(c.Roles, roleEffects{v.RoleTitle(r.Role), r.Holders, v.roleRules(r.Gains), v.roleRules(r.Loses)})
		}
	}
	c.Later, c.From = v.laterEffects(p), p.LaterFrom
	if !c.From.IsZero() {
		c.From = c.From.In(v.zone)
	}
	return c
}

func seatsChanges(list []account.SeatsPreview) (changes []seatsChange) {
	for _, pool := range list {
		changes = append(changes, seatsChange{pool.Pool, countOf(pool.Before), countOf(pool.After)})
	}
	return changes
}

// laterEffects returns the later times of a preview with a difference of users or seats.
func (v *viewer) laterEffects(p account.Preview) (list []laterEffects) {
	for _, l := range p.Later {
		e := laterEffects{At: l.At.In(v.zone), Seats: seatsChanges(l.Seats)}
		users := l.Users[:min(len(l.Users), maxEffects)]
		var ids []usher.UserID
		for _, u := range users {
			ids = append(ids, u.User)
		}
		v.lookUp(ids...)
		for _, u := range users {
			e.Users = append(e.Users, userEffect{Person: v.personIn(u), Gains: v.rules(u.Gains), Loses: v.rules(u.Loses)})
		}
		if len(e.Seats)+len(e.Users) > 0 {
			list = append(list, e)
		}
	}
	return list
}

// roleRules returns the rules of a role that changes as texts.
func (v *viewer) roleRules(list []account.RoleEffect) []string {
	rules := make([]policy.Entitlement, len(list))
	for i, e := range list {
		rules[i] = e.Entitlement
	}
	return v.rules(rules)
}

// personIn returns a user of a preview, who may not be in the account yet.
func (v *viewer) personIn(u account.UserPreview) person {
	if u.Before == nil {
		return person{ID: u.User, Name: string(u.User)}
	}
	return v.person(u.User)
}

func countOf(p seat.Pool) seatCount {
	return seatCount{Held: p.Held, Total: p.Total, Left: max(0, p.Left()), Excess: p.Excess()}
}

// Permissions with which a viewer needs to know how many seats are left.
var (
	seatAssign   = permission.MustParse("seat.assign")
	seatPurchase = permission.MustParse("seat.purchase")
	userCreate   = permission.MustParse("user.create")
	userAdmit    = permission.MustParse("user.admit")
)

// seesSeats reports whether the viewer may see how many seats are bought and left: users who
// buy them, assign them, or add users.
func (v *viewer) seesSeats() bool {
	return v.mayAny(seatPurchase) || v.mayAny(seatAssign) || v.mayAny(userCreate)
}

// seesEffects reports whether the viewer may see a whole preview: all users in it, and the
// seats. A user who is being added is visible to the viewer who adds the user.
func (v *viewer) seesEffects(p account.Preview) bool {
	hidden := func(u account.UserPreview) bool { return u.Before != nil && !v.sees(u.User).exists }
	return v.seesSeats() && !slices.ContainsFunc(p.Users, hidden) &&
		!slices.ContainsFunc(p.Later, func(l account.LaterPreview) bool { return slices.ContainsFunc(l.Users, hidden) })
}

// damageOf returns the form of confirmation that changes require.
func damageOf(p account.Preview) string {
	form := confirmNothing
	waiting := func(id usher.UserID) bool { // for an answer, without access so far
		return slices.ContainsFunc(p.Users, func(u account.UserPreview) bool {
			return u.User == id && u.Before != nil && (u.Before.Status == usher.Invited || u.Before.Status == usher.Requested)
		})
	}
	for _, change := range p.Changes {
		switch c := change.(type) {
		case account.OwnershipTransferred, account.AccountDeleted, account.TeamDeleted:
			return confirmTyped
		case account.UserRemoved:
			if !waiting(c.User) {
				return confirmTyped
			}
			form = confirmButton
		case account.FieldSet, account.FieldDefined, account.FieldRenamed, account.FieldMoved, account.FieldRestored, account.TeamCreated,
			account.OwnershipBegun, account.OwnershipEnded, // these follow from the policy, not from the command
			account.RequestMade, account.RequestWithdrawn, account.RequestEnded:
		default:
			form = confirmButton
		}
	}
	return form
}

// maxWord limits what a viewer must type.
const maxWord = 40

// confirmWord returns what the viewer must type: the name, or else the id, of the only user who
// is removed or becomes the owner, or of the only team that is deleted; the number, if there are
// several; or a word.
func (v *viewer) confirmWord(p account.Preview) string {
	var names []func() []string
	user := func(id usher.UserID) func() []string {
		return func() []string { p := v.person(id); return []string{p.Name, string(p.ID)} }
	}
	for _, change := range p.Changes {
		switch c := change.(type) {
		case account.UserRemoved:
			names = append(names, user(c.User))
		case account.OwnershipTransferred:
			names = append(names, user(c.To))
		case account.TeamDeleted:
			names = append(names, func() []string { return []string{string(c.Team)} })
		}
	}
	if len(names) > 1 {
		return strconv.Itoa(len(names))
	}
	if len(names) == 1 {
		for _, word := range names[0]() {
			if len(word) <= maxWord && printable.Value(word) == word && strings.TrimSpace(word) == word && word != "" {
				return word
			}
		}
	}
	return v.text.plain("confirm.word")
}

// confirmedBy reports whether a form has the confirmation.
func (c *confirmation) confirmedBy(f form) bool {
	switch c.Confirm {
	case confirmNothing:
		return true
	case confirmButton:
		return f.flag("confirmed")
	case confirmTyped:
		return f.flag("confirmed") && c.Word != "" && f.text("typed") == c.Word
	}
	return false
}

// Fields returns the fields of the form, which the confirmation sends again.
func (c *confirmation) Fields() (list []field) {
	for _, name := range sortedKeys(c.form.values) {
		if name == "confirmed" || name == "typed" {
			continue
		}
		for _, value := range c.form.values[name] {
			list = append(list, field{name, value})
		}
	}
	return list
}

// Mistyped reports whether the viewer typed something else than the word.
func (c *confirmation) Mistyped() bool { return c.Confirm == confirmTyped && c.form.flag("confirmed") }

// Label is the key of the text of the action.
func (c *confirmation) Label() string { return actionKey(c.Action) }

type field struct{ Name, Value string }

// confirm responds with the confirmation.
func (v *viewer) confirm(w http.ResponseWriter, p *page, c *confirmation) error {
	if v.err != nil { // the effects are not complete
		return v.err
	}
	if wantsJSON(v.r) {
		return v.writeJSON(w, http.StatusOK, document{v.view.Version(), c})
	}
	status := http.StatusOK
	if c.Mistyped() {
		status = http.StatusUnprocessableEntity
	}
	return v.writePage(w, status, "confirm", frame{viewer: v, Page: p.Path, Title: v.T("confirm.title"), Model: c})
}

// rules returns rules as texts: the permission, its scope and its conditions.
func (v *viewer) rules(list []policy.Entitlement) (texts []string) {
	for _, e := range list {
		text := v.permissionTitle(e.Permission) + " (" + v.scope(e) + ")"
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}
