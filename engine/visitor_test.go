package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

const lobby = `
usher: 1
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true}
  clerk:  {}
resources:
  door: {permissions: {open: {visitor: any}, lock: {member: any}}}
  user: {permissions: {create: {visitor: any}, leave: {visitor: any}}}
`

// Visitors have the rules of visitors in every call. A user whom the policy does not fit has none of
// them: each check of such a user stays an error.
func TestVisitors(t *testing.T) {
	p, err := policyfile.Load("lobby.yaml", []byte(lobby))
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	ctx := t.Context()
	_, err = e.Do(ctx, account.AsHost("test"), "acme",
		account.CreateAccount{Owner: "olga"}, account.AddUser{User: "mia"}, account.AddUser{User: "cleo", Role: "clerk"},
		account.AddUser{User: "ivo", Role: "clerk"}, account.SetStatus{User: "ivo", Status: usher.Inactive})
	require.NoError(t, err)
	open, lock := permission.MustParse("door.open"), permission.MustParse("door.lock")
	ask := func(subject usher.UserID, visitor bool, p permission.Permission) usher.Request {
		return usher.Request{Account: "acme", Subject: subject, Visitor: visitor, Permission: p}
	}
	allowed := func(r usher.Request) bool {
		d, err := e.Check(ctx, r)
		require.NoError(t, err)
		x, err := e.Explain(ctx, r)
		require.NoError(t, err)
		assert.Equal(t, d.Allowed(), x.Decision.Allowed())
		r.Resource = &usher.Object{Type: "door", Account: "acme"}
		d, err = e.AtLeast("acme", 1).Check(ctx, r)
		require.NoError(t, err)
		return d.Allowed()
	}
	assert.True(t, allowed(ask("", true, open)))
	assert.True(t, allowed(ask("zoe", false, open)))
	assert.True(t, allowed(ask("ivo", false, open)))
	assert.False(t, allowed(ask("", false, open)))
	assert.False(t, allowed(ask("", true, lock)))
	_, err = e.Check(ctx, ask("mia", true, open))
	assert.ErrorIs(t, err, usher.ErrVisitor)
	none := ask("", true, open)
	none.Account = "none"
	_, err = e.Check(ctx, none)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)

	// "Visitors run no commands", whatever their rules allow.
	for _, actor := range []usher.UserID{"zoe", "ivo"} {
		_, err = e.Do(ctx, account.AsUser(actor), "acme", account.AddUser{User: "kim"})
		assert.ErrorIs(t, err, account.CodeDenied, actor)
		_, err = e.Do(ctx, account.AsUser(actor), "acme", account.Leave{})
		assert.ErrorIs(t, err, account.CodeDenied, actor)
	}
	_, err = e.Do(ctx, account.AsUser("mia"), "acme", account.AddUser{User: "kim"})
	assert.NoError(t, err, "an active user has the rules of visitors")

	who := func() (ids, errs []string) {
		for s, err := range e.WhoMay(ctx, ask("", false, open), "") {
			id := string(s.ID)
			if s.Visitor {
				id = "(visitor)"
			}
			if err != nil {
				errs = append(errs, id)
				continue
			}
			assert.NotZero(t, s.Decision.Detail().Version)
			ids = append(ids, id)
		}
		return ids, errs
	}
	ids, errs := who()
	assert.Equal(t, []string{"(visitor)", "cleo", "ivo", "kim", "mia", "olga"}, ids)
	assert.Empty(t, errs)

	p, err = policyfile.Load("lobby.yaml", []byte(`
usher: 1
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true}
resources:
  door: {permissions: {open: {visitor: any}, lock: {member: any}}}
`))
	require.NoError(t, err)
	var list *engine.PolicyMismatchError
	require.ErrorAs(t, e.SetPolicy(ctx, p), &list)
	require.NoError(t, e.SetPolicy(ctx, p, engine.Accept(list)))
	assert.True(t, allowed(ask("", true, open)))
	for _, subject := range []usher.UserID{"cleo", "ivo"} {
		_, err = e.Check(ctx, ask(subject, false, open))
		var mismatch *account.PolicyMismatchError
		assert.ErrorAs(t, err, &mismatch, subject)
	}
	ids, errs = who()
	assert.Equal(t, []string{"(visitor)", "kim", "mia", "olga"}, ids)
	assert.Equal(t, []string{"cleo", "ivo"}, errs)
}
