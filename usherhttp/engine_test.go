package usherhttp_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

const office = `
usher: 1
conditions:
  mfa:    {context: mfa}
roles:
  owner:  {unique: true, all: true, hands-over-to: member}
  member: {default: true}
resources:
  calendar:
    permissions:
      view:   {everyone: any}
      edit:   {member: any if mfa}
      delete: {}
`

// withEngine makes an Engine the Authorizer of the guard. In it mia owns acme and max is a
// member.
func (w *world) withEngine(t testing.TB) *engine.Engine { return w.withPolicy(t, office) }

// withPolicy is withEngine under another policy. If it has the role admin, ada has it.
func (w *world) withPolicy(t testing.TB, source string) *engine.Engine {
	p, err := policyfile.Load("office.yaml", []byte(source))
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	_, err = e.Do(context.Background(), account.AsHost("test"), "acme", account.CreateAccount{Owner: "mia"}, account.AddUser{User: "max"})
	require.NoError(t, err)
	if _, has := p.Role("admin"); has {
		_, err = e.Do(context.Background(), account.AsHost("test"), "acme", account.AddUser{User: "ada", Role: "admin"})
		require.NoError(t, err)
	}
	w.guard.Authorizer, w.guard.MarkActive = e, e.MarkActive
	return e
}

func TestWithAnEngine(t *testing.T) {
	w := newWorld(t)
	w.guard.Disclose = []string{"mfa"}
	e := w.withEngine(t)
	guarded := w.guard.Require(edit, w.load)
	assert.Equal(t, 200, w.call(guarded, "PUT /calendars/c1", "User=mia").Code)
	denied := problem(t, w.call(guarded, "PUT /calendars/c1", "User=max"))
	assert.Equal(t, "condition-unmet", denied.Reason)
	assert.Equal(t, []string{"mfa"}, denied.Unmet)
	assert.Contains(t, w.log.String(), "(office.yaml:12)")

	stranger := w.call(guarded, "PUT /calendars/c1", "User=eve")
	nowhere := w.call(guarded, "PUT /calendars/c1", "User=eve", "Account=initech")
	assert.Equal(t, 403, stranger.Code)
	assert.Equal(t, 404, nowhere.Code, "the calendar is of another account than the one that she claims")
	concealed := w.guard.Conceal(edit, w.load)
	assert.Equal(t, w.call(concealed, "PUT /calendars/none", "User=eve").Body.String(), w.call(concealed, "PUT /calendars/c1", "User=eve").Body.String())

	answer := send(w.actions(), "GET /actions?on=calendar:c1&on=calendar:g1&on=calendar:none", "User=mia")
	assert.Equal(t, `{"resources":[{"type":"calendar","id":"c1","actions":["calendar.view","calendar.edit","calendar.delete"]},`+
		`{"type":"calendar","id":"g1","actions":[]},{"type":"calendar","id":"none","actions":[]}]}`+"\n", answer.Body.String())

	var seen []usher.UserID
	for s, err := range e.LastActiveTimes(context.Background(), "acme", "") {
		require.NoError(t, err)
		seen = append(seen, s.User)
	}
	assert.Equal(t, []usher.UserID{"max", "mia"}, seen)
}
