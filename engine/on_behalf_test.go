package engine_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
)

// helped is office with a permission that depends on whether a user acts on behalf of another one.
var helped = strings.NewReplacer(
	"  mfa:     {context: mfa}", "  mfa:     {context: mfa}\n  helped:  {context: acting}",
	"      lock: {admin: any}", "      lock: {admin: any}\n      bolt: {admin: any, clerk: any if helped}\n      ring: {everyone: any if not helped}",
).Replace(office)

var (
	boltDoor = permission.MustParse("door.bolt")
	ringDoor = permission.MustParse("door.ring")
)

func onBehalf(user, by usher.UserID, p permission.Permission) usher.Request {
	r := ask(user, p)
	r.By = by
	return r
}

// helpedWorld returns acme with the clerks cleo and carl, of whom cleo has a seat, and the inactive user ina.
func helpedWorld(t *testing.T, change func(*engine.Options)) *world {
	w := open(t, func(o *engine.Options) {
		o.Policy = load(t, helped)
		if change != nil {
			change(o)
		}
	}).found()
	w.must("acme", host, account.AddUser{User: "carl", Role: "clerk"}, account.AssignSeat{User: "cleo", Pool: "desk"},
		account.AddUser{User: "ina", Role: "admin"}, account.SetStatus{User: "ina", Status: usher.Inactive})
	return w
}

// Every call of an engine allows on behalf of a user what both users may do, and hides what one of them may not see.
func TestOnBehalf(t *testing.T) {
	w := helpedWorld(t, nil)
	for _, row := range []struct {
		user, by usher.UserID
		p        permission.Permission
		want     usher.Reason
		hides    bool
	}{
		{"adam", "cleo", openDoor, usher.ReasonGranted, false},
		{"adam", "carl", openDoor, usher.ReasonConditionUnmet, false},
		{"carl", "adam", openDoor, usher.ReasonConditionUnmet, false},
		{"adam", "max", openDoor, usher.ReasonNoPermission, false},
		{"adam", "olivia", seeDoor, usher.ReasonGranted, false},
		{"adam", "cleo", seeDoor, usher.ReasonGranted, true},
		{"cleo", "adam", seeDoor, usher.ReasonGranted, true},
		{"adam", "cleo", boltDoor, usher.ReasonGranted, false},
		{"cleo", "cleo", boltDoor, usher.ReasonConditionUnmet, false},
		{"cleo", "", boltDoor, usher.ReasonConditionUnmet, false},
		{"adam", "cleo", ringDoor, usher.ReasonConditionUnmet, false},
		{"adam", "adam", ringDoor, usher.ReasonGranted, false},
		{"adam", "ina", openDoor, usher.ReasonInactive, false},
		{"ina", "adam", openDoor, usher.ReasonInactive, false},
		{"adam", "nobody", openDoor, usher.ReasonUnknownUser, false},
	} {
		r := onBehalf(row.user, row.by, row.p)
		words := string(row.user) + " by " + string(row.by) + " " + row.p.String()
		d, err := w.Check(ctx, r)
		require.NoError(t, err, words)
		assert.Equal(t, row.want, d.Reason(), words)
		assert.Equal(t, row.hides, d.Allowed() && d.Hides("code"), words)
		x, err := w.Explain(ctx, r)
		require.NoError(t, err, words)
		assert.Equal(t, row.want, x.Decision.Reason(), words)
		assert.Equal(t, row.hides, x.Decision.Allowed() && x.Decision.Hides("code"), words)

		front := &usher.Object{Type: "door", ID: "front", Account: "acme"}
		f, err := w.Filter(ctx, r)
		require.NoError(t, err, words)
		shown, err := f.Match(front)
		require.NoError(t, err, words)
		assert.Equal(t, d.Allowed(), shown, words)

		r.Resource = front
		actions, err := w.Actions(ctx, r)
		require.NoError(t, err, words)
		found := false
		for _, a := range actions {
			found = found || a.Permission == row.p
		}
		assert.Equal(t, d.Allowed(), found, words)

		// Of the users on whose behalf the user acts, WhoMay yields those for whom Check allows.
		r.Resource = nil
		yielded := false
		for s, err := range w.WhoMay(ctx, r, "") {
			require.NoError(t, err, words)
			yielded = yielded || s.ID == row.user
		}
		assert.Equal(t, d.Allowed(), yielded, words)
	}
}

// A commit on behalf of a user needs both users, and names both to every engine that reads the journal.
func TestCommitOnBehalf(t *testing.T) {
	w := helpedWorld(t, nil)
	assisted := account.AsUser("olivia").By("adam")
	_, err := w.Do(ctx, account.AsUser("olivia").By("cleo"), "acme", setRole("max", "clerk"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	_, err = w.Do(ctx, account.AsUser("cleo").By("olivia"), "acme", setRole("max", "clerk"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	_, err = w.Do(ctx, account.AsUser("olivia").By("ina"), "acme", setRole("max", "clerk"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	_, err = w.Preview(ctx, engine.Batch{Actor: account.AsUser("olivia").By("cleo"), Account: "acme", Commands: []account.Command{setRole("max", "clerk")}})
	assert.ErrorIs(t, err, usher.ErrDenied)
	before := w.journal()

	result, err := w.Do(ctx, assisted, "acme", setRole("max", "clerk"))
	require.NoError(t, err)
	other := openOn(t, w.mem, func(o *engine.Options) { o.Policy = load(t, helped) })
	for _, on := range []*world{w, other} {
		all := on.journal()
		require.Len(t, all, len(before)+1)
		last := all[len(all)-1]
		assert.Equal(t, result.Version, last.Version)
		assert.Equal(t, assisted, last.Actor)
		assert.Equal(t, usher.UserID("adam"), last.Actor.OnBehalf())
	}
}

// The same idempotency key with the same commands, made by another user on behalf of the same user, is not the same
// batch.
func TestKeyOnBehalf(t *testing.T) {
	w := helpedWorld(t, nil)
	b := engine.Batch{Actor: account.AsUser("olivia").By("adam"), Account: "acme", IdempotencyKey: "k1", Commands: []account.Command{setRole("max", "clerk")}}
	first, err := w.Submit(ctx, b)
	require.NoError(t, err)
	again, err := w.Submit(ctx, b)
	require.NoError(t, err)
	assert.Equal(t, first.Version, again.Version)
	for _, actor := range []account.Actor{account.AsUser("olivia"), account.AsUser("olivia").By("cleo")} {
		b.Actor = actor
		_, err = w.Submit(ctx, b)
		assert.Error(t, err)
		assert.NotErrorIs(t, err, usher.ErrDenied, "the key is compared first")
	}
	assert.Equal(t, first.Version, w.journal()[len(w.journal())-1].Version)
}

// A role that one of the two users gets or loses counts in the next check of both.
func TestOnBehalfFollowsChanges(t *testing.T) {
	w := helpedWorld(t, nil)
	allowed := func() bool {
		d, err := w.Check(ctx, onBehalf("adam", "max", openDoor))
		require.NoError(t, err)
		return d.Allowed()
	}
	assert.False(t, allowed())
	w.must("acme", host, setRole("max", "admin"))
	assert.True(t, allowed())
	w.must("acme", host, account.SetStatus{User: "max", Status: usher.Inactive})
	assert.False(t, allowed())
	w.must("acme", host, account.SetStatus{User: "max", Status: usher.Active}, setRole("adam", "member"))
	assert.False(t, allowed())
}

// The log names both users.
func TestLogOnBehalf(t *testing.T) {
	w, lines := logged(t, slog.LevelDebug)
	w.found()
	lines()
	_, err := w.Check(ctx, onBehalf("adam", "olivia", openDoor))
	require.NoError(t, err)
	assert.Contains(t, lines(), "msg=allowed account=acme user=adam permission=door.open by=olivia")
	w.must("acme", account.AsUser("olivia").By("adam"), setRole("max", "clerk"))
	assert.Contains(t, lines(), `actor="adam for olivia"`)
	_, err = w.Do(ctx, account.AsUser("olivia").By("max"), "acme", setRole("max", "admin"))
	var refusal *account.Refusal
	require.True(t, errors.As(err, &refusal))
	assert.Contains(t, lines(), `actor="max for olivia"`)
}

// A check on behalf of a user allocates nothing.
func TestOnBehalfDoesNotAllocate(t *testing.T) {
	w := helpedWorld(t, nil)
	r := onBehalf("adam", "cleo", openDoor)
	r.Time = noon
	assert.Zero(t, allocations(func() { decide(w, r) }))
}
