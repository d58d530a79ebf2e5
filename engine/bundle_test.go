package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
)

// A bundle hides what any of its permissions hides, in every method of an Engine.
func TestBundleHides(t *testing.T) {
	w := open(t, func(o *engine.Options) {
		o.Policy = load(t, `
usher: 1
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
bundles: {both: [calendar.view, calendar.edit]}
resources:
  calendar:
    fields: {contact: [phone], money: [price]}
    permissions:
      view: {everyone: any hiding contact}
      edit: {everyone: any hiding money}
`)
	})
	w.must("acme", host, account.CreateAccount{Owner: "mia"})
	both, err := permission.ParseBundle("both")
	require.NoError(t, err)
	r := usher.Request{Account: "acme", Subject: "mia", Permission: both, Resource: &usher.Object{Type: "calendar"}}

	hides := func(d usher.Decision) {
		t.Helper()
		assert.Equal(t, []string{"phone", "price"}, d.Hidden())
		assert.Equal(t, uint64(1), d.Detail().Version)
	}
	d, err := w.Check(ctx, r)
	require.NoError(t, err)
	hides(d)
	d, err = w.At("acme", 1).Check(ctx, r)
	require.NoError(t, err)
	hides(d)
	x, err := w.Explain(ctx, r)
	require.NoError(t, err)
	hides(x.Decision)
	for who, err := range w.WhoMay(ctx, r, "") {
		require.NoError(t, err)
		hides(who.Decision)
	}
}
