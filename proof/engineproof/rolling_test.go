package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// The policies of the deployment. The new one has tellers in place of clerks, lets them lock doors,
// and opens doors to members without a seat.
var (
	oldOffice = officeText
	newOffice = []byte(strings.NewReplacer(
		"clerk", "teller", "member: any if seated", "member: any", "lock: {admin: any}", "lock: {admin: any, teller: any}",
	).Replace(string(officeText)))
)

// rolling is a service of several instances over one store, whose policies are replaced one after
// the other while requests run.
type rolling struct {
	t         testing.TB
	old, new  *policy.Policy
	instances []*engine.Engine
	seen      counts

	mu        sync.Mutex
	decisions map[rollingDecision]bool // whether the decision allowed
	stored    map[uint64]string        // the ids of acknowledged commits, by their versions
}

// rollingDecision is a decision that an instance made: under one policy, on one version.
type rollingDecision struct {
	digest  string
	version uint64
	user    usher.UserID
	p       permission.Permission
}

// TestRollingDeployment replaces the policies of three instances in turn, and back, while clients
// commit and check on all of them.
func TestRollingDeployment(t *testing.T) {
	shared := new(memstore.Store)
	testRolling(t, func() store.Store { return shared })
}

// testRolling runs a deployment on instances whose stores open returns. The stores have the same
// data, and report commits of each other.
func testRolling(t *testing.T, open func() store.Store) {
	const instances = 3
	deployments := raced.Part(3, 1) // of the new policy, and back
	d := &rolling{
		t: t, old: loadPolicy(t, oldOffice), new: loadPolicy(t, newOffice),
		decisions: map[rollingDecision]bool{}, stored: map[uint64]string{},
	}
	start := func(p *policy.Policy) *engine.Engine {
		e, err := engine.Open(engine.Options{Policy: p, Store: open(), Tries: 1000})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, e.Close()) })
		return e
	}
	for range instances {
		d.instances = append(d.instances, start(d.old))
	}
	auditors := map[string]*engine.Engine{d.old.Digest(): start(d.old), d.new.Digest(): start(d.new)}
	_, err := d.instances[0].Do(t.Context(), host.actor(), "acme",
		account.CreateAccount{Owner: names[0]}, account.SetSeats{Pool: desk, Total: 3}, account.AddUser{User: names[1], Role: "admin"},
		account.AddUser{User: names[2]}, account.AddUser{User: names[3]}, account.AddUser{User: names[4]})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	for n := range 2 * instances {
		clients.Go(func() { d.write(ctx, rand.New(rand.NewPCG(1, uint64(n)))) })
		clients.Go(func() { d.check(ctx, rand.New(rand.NewPCG(2, uint64(n)))) })
	}
	events := []string{"lists", "commits", "decisions", "undecided", "unknown roles"}
	for n := 0; d.seen.goOn(n, deployments, events) && !t.Failed(); n++ {
		for _, next := range []*policy.Policy{d.new, d.old} {
			for _, e := range d.instances {
				d.deploy(ctx, e, next)
				d.wait("commits", "decisions") // with the instances on both policies
			}
		}
	}
	cancel()
	clients.Wait()
	t.Logf("counts:\n%v", &d.seen)
	assert.Empty(t, d.seen.missing(events...))
	d.audit(auditors)
}

// deploy replaces the policy of an instance, with the mismatches that there are.
func (d *rolling) deploy(ctx context.Context, e *engine.Engine, p *policy.Policy) {
	err := e.SetPolicy(ctx, p)
	for err != nil {
		var list *engine.PolicyMismatchError
		require.ErrorAs(d.t, err, &list)
		assert.NotEqual(d.t, p, e.Policy(), "nothing changed")
		d.seen.add("lists", 1)
		err = e.SetPolicy(ctx, p, engine.Accept(list)) // fails again if there is another mismatch by now
	}
	assert.Same(d.t, p, e.Policy())
}

// wait waits until each of these events has occurred 20 times more.
func (d *rolling) wait(events ...string) {
	for _, what := range events {
		for goal := d.seen.of(what) + 20; d.seen.of(what) < goal && !d.t.Failed(); {
			time.Sleep(time.Millisecond)
		}
	}
}

// write gives users roles of either policy, on any instance, as the host or as a user.
func (d *rolling) write(ctx context.Context, r *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		e := d.instances[r.IntN(len(d.instances))]
		user, name := names[2+r.IntN(3)], []role.Name{"member", "admin", "clerk", "teller"}[r.IntN(4)]
		actor := []modelUser{host, 0, 1, 2}[r.IntN(4)].actor()
		result, err := e.Do(ctx, actor, "acme", account.SetRole{User: user, Role: name})
		var unfit *account.PolicyMismatchError
		switch {
		case err == nil && result.Commit != nil:
			d.mu.Lock()
			assert.Empty(d.t, d.stored[result.Version], "version %d twice", result.Version)
			d.stored[result.Version] = result.Commit.ID
			d.mu.Unlock()
			d.seen.add("commits", 1)
		case err == nil, errors.Is(err, usher.ErrDenied), errors.Is(err, account.CodeEscalation):
			d.seen.add("refused or unchanged", 1)
		case errors.Is(err, account.CodeUnknownRole):
			d.seen.add("unknown roles", 1)
		case errors.As(err, &unfit):
			assert.False(d.t, unfit.Whole)
			d.seen.add("unfit actors", 1)
		case ctx.Err() == nil:
			assert.NoError(d.t, err)
			return
		}
	}
}

// check checks users on any instance, and notes the decisions.
func (d *rolling) check(ctx context.Context, r *rand.Rand) {
	for n := 1; ctx.Err() == nil; n++ {
		if n%32 == 0 {
			time.Sleep(time.Millisecond) // leaves time for the writers
		}
		q := rollingDecision{user: names[r.IntN(len(names))], p: doors[r.IntN(len(doors))]}
		e := d.instances[r.IntN(len(d.instances))]
		got, err := e.Check(ctx, usher.Request{Account: "acme", Subject: q.user, Permission: q.p})
		if err != nil {
			var unfit *account.PolicyMismatchError
			if ctx.Err() == nil && assert.ErrorAs(d.t, err, &unfit) {
				assert.Equal(d.t, q.user, unfit.User, "only users whose role the policy lacks are undecided")
				assert.False(d.t, got.Allowed())
				d.seen.add("undecided", 1)
			}
			continue
		}
		q.digest, q.version = got.Detail().Digest, got.Detail().Version
		d.mu.Lock()
		before, known := d.decisions[q]
		d.decisions[q] = got.Allowed()
		d.mu.Unlock()
		assert.False(d.t, known && before != got.Allowed(), "%+v differs", q)
		d.seen.add("decisions", 1)
	}
}

// audit compares every decision and every commit with the policy and the version that it names, as
// an engine of its own reads them from the journal.
func (d *rolling) audit(auditors map[string]*engine.Engine) {
	d.t.Helper()
	ctx := context.Background()
	type basis struct {
		digest  string
		version uint64
	}
	readers := map[basis]*engine.Reader{} // each reads the journal once
	decide := func(digest string, version uint64, q usher.Request) (usher.Decision, error) {
		on := basis{digest, version}
		if readers[on] == nil {
			auditor, known := auditors[digest]
			require.True(d.t, known, "a decision under neither policy: %s", digest)
			readers[on] = auditor.At("acme", version)
		}
		return readers[on].Check(ctx, q)
	}
	allowed := map[string]int{}
	for q, was := range d.decisions {
		want, err := decide(q.digest, q.version, usher.Request{Account: "acme", Subject: q.user, Permission: q.p})
		require.NoError(d.t, err)
		assert.Equal(d.t, want.Allowed(), was, "%+v", q)
		if was {
			allowed[q.digest]++
		}
	}
	assert.Len(d.t, allowed, 2, "each policy has allowed something")

	made := map[string]int{}
	var last uint64
	for c, err := range auditors[d.old.Digest()].Journal(ctx, "acme", 0) {
		require.NoError(d.t, err)
		last++
		require.Equal(d.t, last, c.Version)
		made[c.Policy]++
		if id, known := d.stored[c.Version]; known {
			assert.Equal(d.t, id, c.ID, "the acknowledged commit of version %d is lost", c.Version)
			delete(d.stored, c.Version)
		}
		if id := c.Actor.User(); id != "" {
			r := usher.Request{Account: "acme", Subject: id, Permission: permission.MustParse("user.set-role")}
			by, err := decide(c.Policy, c.Version-1, r)
			require.NoError(d.t, err, "version %d", c.Version)
			assert.True(d.t, by.Allowed(), "version %d by %s", c.Version, id)
		}
	}
	assert.Empty(d.t, d.stored, "acknowledged commits that the journal does not have")
	assert.Len(d.t, made, 2, "each policy has made commits")

	// All instances are on the old policy again. When the last tellers have another role, the
	// policy decides for all users, on every instance.
	for _, user := range names[2:] {
		_, err := d.instances[0].Do(ctx, host.actor(), "acme", account.SetRole{User: user, Role: "member"})
		require.NoError(d.t, err)
	}
	v, err := d.instances[0].View(ctx, "acme")
	require.NoError(d.t, err)
	for n, e := range d.instances {
		require.NoError(d.t, e.SetPolicy(ctx, d.old), "no mismatches are left")
		for _, user := range names {
			_, err := e.AtLeast("acme", v.Version()).Check(ctx, usher.Request{Account: "acme", Subject: user, Permission: doorOpen})
			assert.NoError(d.t, err, fmt.Sprint("instance ", n))
		}
	}
}
