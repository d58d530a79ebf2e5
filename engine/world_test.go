package engine_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// office is a minimal policy for the tests.
const office = `
usher: 1
name: office
seats:
  desk: {holds: [active]}
settings: {open: false}
conditions:
  seated:  {seat: desk}
  mfa:     {context: mfa}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
resources:
  account: {permissions: {configure: {admin: any}, transfer: {owner: any}, delete: {owner: any if mfa}}}
  user:
    permissions:
      create: {admin: any}
      edit: {admin: any, everyone: own as user}
      delete: {admin: any}
      set-role: {admin: any}
      set-status: {admin: any}
      leave: {everyone: own}
  seat: {permissions: {assign: {admin: any}, unassign: {admin: any}, purchase: {admin: any}}}
  grant: {permissions: {give: {admin: any}}}
  field: {permissions: {manage: {admin: any}}}
  door:
    fields: {keypad: [code]}
    permissions:
      open: {admin: any, clerk: any if seated}
      see:  {admin: any, clerk: any hiding keypad}
      lock: {admin: any}
`

// noClerks is office without the role clerk.
var noClerks = strings.NewReplacer("  clerk:  {}\n", "", ", clerk: any if seated", "", ", clerk: any hiding keypad", "").Replace(office)

// shutDoors is office with doors that only the owner opens.
var shutDoors = strings.Replace(office, "open: {admin: any, clerk: any if seated}", "open: {owner: any}", 1)

func load(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("office.yaml", []byte(text))
	require.NoError(t, err)
	return p
}

var (
	host     = account.AsHost("test")
	openDoor = permission.MustParse("door.open")
	seeDoor  = permission.MustParse("door.see")
	noon     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ctx      = context.Background()
)

// world is an engine with its store and the faults between them.
type world struct {
	*engine.Engine
	t     testing.TB
	mem   *memstore.Store
	clock *clock
	calls *calls
}

// open returns a world that is closed when the test ends. Change may be nil.
func open(t testing.TB, change func(*engine.Options)) *world {
	t.Helper()
	return openOn(t, new(memstore.Store), change)
}

// openOn does what open does, over a store that others may use, too.
func openOn(t testing.TB, mem *memstore.Store, change func(*engine.Options)) *world {
	t.Helper()
	w := &world{t: t, mem: mem, clock: &clock{now: noon}, calls: &calls{}}
	options := engine.Options{
		Policy: load(t, office), Store: storefault.Wrap(mem, w.calls.befall), Clock: w.clock.Now,
		CommitTimeout: 50 * time.Millisecond,
	}
	if change != nil {
		change(&options)
	}
	var err error
	w.Engine, err = engine.Open(options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// unwatched removes Watch from the store, so that only loads find changes.
func unwatched(o *engine.Options) { o.Store = userDataOnly{o.Store.(store.UserDataStore)} }

// longTimeout sets a long CommitTimeout, so that writers retry until they know the outcome.
func longTimeout(o *engine.Options) { o.CommitTimeout = time.Hour }

// journalsOnly reduces the store to the methods of store.Store.
func journalsOnly(o *engine.Options) { o.Store = storeOnly{o.Store} }

type userDataOnly struct{ store.UserDataStore }

type storeOnly struct{ store.Store }

// found creates the account acme: olivia owns it, adam is an admin, cleo a clerk, max a
// member.
func (w *world) found() *world {
	w.t.Helper()
	w.must("acme", host,
		account.CreateAccount{Owner: "olivia"},
		account.SetSeats{Pool: "desk", Total: 2},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "cleo", Role: "clerk"},
		account.AddUser{User: "max"},
	)
	return w
}

func (w *world) must(id usher.AccountID, actor account.Actor, commands ...account.Command) engine.Result {
	w.t.Helper()
	result, err := w.Do(ctx, actor, id, commands...)
	require.NoError(w.t, err)
	return result
}

// opens reports whether a user of acme may open the door. It fails the test on an error.
func (w *world) opens(user usher.UserID) bool {
	w.t.Helper()
	d, err := w.Check(ctx, ask(user, openDoor))
	require.NoError(w.t, err)
	return d.Allowed()
}

func ask(user usher.UserID, p permission.Permission) usher.Request {
	return usher.Request{Account: "acme", Subject: user, Permission: p}
}

func setRole(user usher.UserID, name role.Name) account.Command {
	return account.SetRole{User: user, Role: name}
}

// journal returns the journal of acme.
func (w *world) journal() (all []*account.Commit) {
	w.t.Helper()
	for c, err := range w.Journal(ctx, "acme", 0) {
		require.NoError(w.t, err)
		all = append(all, c)
	}
	return all
}

// clock is a clock that tests advance.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// calls counts the calls of a store, and injects faults.
type calls struct {
	mu     sync.Mutex
	count  map[string]int
	faults func(ctx context.Context, c storefault.Call) storefault.Fault // nil for none
}

func (c *calls) befall(ctx context.Context, call storefault.Call) storefault.Fault {
	c.mu.Lock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[call.Method]++
	faults := c.faults
	c.mu.Unlock()
	if faults == nil {
		return storefault.Fault{}
	}
	return faults(ctx, call)
}

// of returns the number of calls of a method.
func (c *calls) of(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[method]
}

// all returns the number of calls of each method.
func (c *calls) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.count)
}

// set injects faults from now on.
func (c *calls) set(faults func(ctx context.Context, c storefault.Call) storefault.Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = faults
}

var errDown = errors.New("the store is down")

// on injects a fault into the calls of one method.
func on(method string, fault storefault.Fault) func(context.Context, storefault.Call) storefault.Fault {
	return func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == method {
			return fault
		}
		return storefault.Fault{}
	}
}

// times injects a fault into the first n calls of a method.
func times(n int, method string, fault storefault.Fault) func(context.Context, storefault.Call) storefault.Fault {
	var mu sync.Mutex
	return func(_ context.Context, c storefault.Call) storefault.Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Method != method || n == 0 {
			return storefault.Fault{}
		}
		n--
		return fault
	}
}

// eventually waits for a condition. It gives up long after it should hold on the slowest machine.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for begun := time.Now(); !happened(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 5*time.Minute {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
