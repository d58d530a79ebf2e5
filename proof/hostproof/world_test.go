package hostproof_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
)

var book = permission.MustParse("booking.create")

// world is a database with several instances of a host application, and what happened to them.
type world struct {
	kind      *kind
	address   string
	seen      counts
	findings  findings
	hidden    hidden
	instances []*instance

	mu       sync.Mutex
	outcomes map[string]outcome // of jobs that have ended, by key
	plain    map[string]string  // of batches by Submit: the id of the commit, "" for none; by key
	deck     []ending           // of the next attempts

	crashing atomic.Bool
	crashes  atomic.Int64 // of the server
	writes   atomic.Int64 // counts batches by Submit
	undone   atomic.Int64 // counts users that are added after a savepoint, and never committed

	fault  fault       // of a broken variant
	enough func() bool // ends the jobs of a broken variant
	tell   func(verb, key string)
}

// fault changes the hosts of a broken variant. The zero value changes nothing.
type fault struct {
	tx          func(*instance, store.Tx) store.Tx
	rowsOutside bool // writes rows outside of the transaction
	assumesNone bool // assumes that a COMMIT without an answer has stored nothing
}

// outcome is how an attempt at a job ended.
type outcome uint8

const (
	again  outcome = iota // the host must run the transaction again
	stored                // the transaction was committed
	absent                // it was not, and will not be
)

func newWorld(k *kind, address string) *world {
	return &world{kind: k, address: address, outcomes: map[string]outcome{}, plain: map[string]string{}, enough: func() bool { return false }, tell: func(string, string) {}}
}

// start opens an instance: a store with a pool of its own, and an engine.
func (w *world) start(ctx context.Context, o pool) (*instance, error) {
	in, err := w.kind.open(ctx, w.address, o)
	if err != nil {
		return nil, err
	}
	p, err := policyfile.Load("clinic.yaml", []byte(policyText))
	if err != nil {
		return nil, err
	}
	// Some accounts leave memory.
	if in.engine, err = engine.Open(engine.Options{Policy: p, Store: in.store, Accounts: len(accountIDs) - 1}); err != nil {
		return nil, err
	}
	begin := in.begin
	in.begin = func(ctx context.Context, mode string) (*transaction, error) {
		tx, err := begin(ctx, mode)
		if err == nil && w.fault.tx != nil {
			tx.usher = w.fault.tx(in, tx.usher)
		}
		return tx, err
	}
	w.instances = append(w.instances, in)
	return in, nil
}

// startAll starts instances with pools of several connections and one with a pool of one.
func (w *world) startAll(ctx context.Context) error {
	for _, o := range []pool{{name: "first", connections: 12}, {name: "second", connections: 12, poll: true}, {name: "one", connections: 1}} {
		if _, err := w.start(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// stop closes all instances.
func (w *world) stop() {
	for _, in := range w.instances {
		_ = in.engine.Close()
		in.close()
	}
	w.instances = nil
}

// createAccounts creates the accounts.
func (w *world) createAccounts(ctx context.Context) error {
	for _, id := range accountIDs {
		commands := []account.Command{account.CreateAccount{Owner: "olivia"}, account.CreateTeam{Team: front}}
		for _, c := range clerks {
			commands = append(commands, account.AddUser{User: c, Role: "clerk"})
		}
		if _, err := w.instances[0].engine.Do(ctx, setup, id, commands...); err != nil {
			return err
		}
	}
	return nil
}

// text returns a statement as the database writes its parameters.
func (w *world) text(statement string) string {
	if w.kind == lite {
		return strings.ReplaceAll(statement, "$", "?")
	}
	return statement
}

// ended notes how a job ended.
func (w *world) ended(j *job, o outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes[j.key] = o
}

// mayBook reports whether a user may book, by the answer of an engine or a reader.
func mayBook(ctx context.Context, a usher.Authorizer, id usher.AccountID, user usher.UserID) (bool, error) {
	d, err := a.Check(ctx, usher.Request{Account: id, Subject: user, Permission: book})
	return err == nil && d.Allowed(), err
}

func nameOf(host string, n int) string { return fmt.Sprintf("%s-%04d", host, n) }
