package console

import (
	"encoding/json"
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
	if len(ids) < 2 || len(b.Commands) > account.MaxCommands {
		return nil
	}
	v.lookUp(ids...)
	for _, id := range ids {
		if r := asRefusal(v.try(own[id]...)); r != nil {
			text := v.refusalText(r)
			if v.deniedOnHidden(r) {
				text = v.text.plain("refused.denied")
			}
			lines = append(lines, refusedLine{v.named(id), text})
		}
	}
	if len(lines) == 0 && refusal.Index < len(b.Commands) {
		lines = append(lines, refusedLine{v.named(userOf(b.Commands[refusal.Index])), v.refusalText(refusal)})
	}
	return lines
}

// deniedOnHidden reports whether a refusal is the denial of a command on a user that the viewer
// may not see. Its reason would disclose whether the user exists, and which user is the owner.
// It is false for a command that adds the user.
func (v *viewer) deniedOnHidden(r *account.Refusal) bool {
	if r.Code != account.CodeDenied || r.Command == nil {
		return false
	}
	switch r.Command.(type) {
	case account.AddUser, account.Invite:
		return false
	}
	id := userOf(r.Command)
	return id != "" && !v.sees(id).exists
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
