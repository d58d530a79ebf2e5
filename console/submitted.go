package console

import (
	"encoding/json"
	"html/template"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/usherhttp"
)

// submitted is a form that was sent, and why it was rejected. The page shows it again with what
// the viewer had entered.
type submitted struct {
	Path    string // of the action
	Field   string // the field that cannot be read, "" for none
	Lines   []refusedLine
	Changed *conflict // another user changed the same meanwhile

	form    form
	problem usherhttp.Problem
}

// Text returns the sentence about the rejection.
func (s *submitted) Text() string { return s.problem.Detail }

// Value returns what the viewer had entered in a field.
func (s *submitted) Value(name string) string { return s.form.values.Get(name) }

// Chose reports whether the viewer had chosen a value of a field.
func (s *submitted) Chose(name, value string) bool {
	return slices.Contains(s.form.values[name], value)
}

// refusedLine is a line of a form that is rejected: the commands on a user.
type refusedLine struct {
	Who  person `json:"who"`
	Text string `json:"text"`
}

// refusedLines returns the users of a batch whose commands the engine rejects without those on
// other users; or else, if only all together are too much, the user that the refusal is about. A
// batch on one user has no lines.
func (v *viewer) refusedLines(b engine.Batch, refusal *account.Refusal) (lines []refusedLine) {
	var ids []usher.UserID
	own := map[usher.UserID][]account.Command{}
	for _, c := range b.Commands {
		id := userOf(c)
		if own[id] == nil {
			ids = append(ids, id)
		}
		own[id] = append(own[id], c)
	}
	if len(ids) < 2 {
		return nil
	}
	v.lookUp(ids...)
	for _, id := range ids {
		if r := asRefusal(v.try(own[id]...)); r != nil {
			lines = append(lines, refusedLine{v.named(id), v.refusalText(r)})
		}
	}
	if len(lines) == 0 && refusal.Index < len(b.Commands) {
		lines = append(lines, refusedLine{v.named(userOf(b.Commands[refusal.Index])), v.refusalText(refusal)})
	}
	return lines
}

// named returns a user that a form of the viewer names: with the profile, if the viewer may see
// the user, and else with the id that the form has.
func (v *viewer) named(id usher.UserID) person {
	if v.sees(id).exists {
		return v.person(id)
	}
	return person{ID: id, Name: string(id)}
}

// userOf returns the first user that a command names, "" for none.
func userOf(c account.Command) usher.UserID {
	of := reflect.ValueOf(c)
	for i := range of.NumField() {
		if id, ok := of.Field(i).Interface().(usher.UserID); ok {
			return id
		}
	}
	return ""
}

// refusalText returns a sentence about a refusal, with what would help. It contains no ids and
// none of the policy but the title of the permission that a denied viewer lacks.
func (v *viewer) refusalText(r *account.Refusal) string {
	if r.Code == account.CodeDenied {
		if r.Request.Permission.IsZero() {
			return v.text.plain("refused.denied")
		}
		return v.denialText(r.Request.Permission, r.Decision)
	}
	return v.text.plain("refused." + r.Code.String())
}

// conflict is what other users changed since a form was made.
type conflict struct {
	Who     string           `json:"who"`
	When    template.HTML    `json:"-"`
	Changes []template.HTML  `json:"-"`
	Texts   []string         `json:"changes"`
	Users   []versionsOfUser `json:"users,omitempty"`
}

// versionsOfUser is a user when the form was made, and now.
type versionsOfUser struct {
	Person person     `json:"person"`
	Rows   []versions `json:"rows"`
}

type versions struct {
	Label string `json:"label"`
	Then  string `json:"then"`
	Now   string `json:"now"`
}

// conflictOf returns what a viewer may see of the changes that made a form void.
func (v *viewer) conflictOf(e *engine.ChangedError, b engine.Batch) *conflict {
	last := e.Commits[len(e.Commits)-1]
	c := &conflict{Who: v.actor(last.Actor), When: v.Time(last.Time)}
	concerns := account.Concerns(b.Actor, b.Commands...)
	for _, commit := range e.Commits {
		for _, change := range commit.Changes {
			if !concerns(change) || slices.ContainsFunc(account.UsersOf(change), func(id usher.UserID) bool { return !v.sees(id).exists }) {
				continue
			}
			c.Changes = append(c.Changes, v.sentence(change))
			c.Texts = append(c.Texts, v.sentenceText(change))
		}
	}
	before, err := v.options.Engine.At(v.subject.Account, e.Expected).View(v.ctx, v.subject.Account)
	if err != nil {
		v.fail(err)
		return c
	}
	for _, command := range b.Commands {
		id := userOf(command)
		now := v.sees(id)
		then, existed := before.User(id)
		if !now.exists || !existed {
			continue
		}
		if rows := v.versions(then, now.member); len(rows) > 0 {
			c.Users = append(c.Users, versionsOfUser{v.person(id), rows})
		}
	}
	return c
}

// versions returns what differs between two versions of a user.
func (v *viewer) versions(then, now account.Member) (rows []versions) {
	a, b := v.facts(then), v.facts(now)
	for i := range a {
		if a[i].Text != b[i].Text {
			rows = append(rows, versions{a[i].Label, a[i].Text, b[i].Text})
		}
	}
	return rows
}

// writeProblem responds with a problem document that also has the parts of a rejected form.
func (v *viewer) writeProblem(w http.ResponseWriter, s *submitted) error {
	data, err := json.Marshal(struct {
		usherhttp.Problem
		Field   string        `json:"field,omitempty"`
		Lines   []refusedLine `json:"lines,omitempty"`
		Changed *conflict     `json:"changed,omitempty"`
	}{s.problem, s.Field, s.Lines, s.Changed})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/problem+json")
	v.write(w, s.problem.Status, append(printable.JSON(data), '\n'))
	return nil
}

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

func parseUint8(text string) (uint64, error) { return strconv.ParseUint(text, 10, 8) }
