package hostproof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// host runs transactions that end in random ways.
type host struct {
	*world
	random *rand.Rand
	name   string
}

func (w *world) host(name string) *host {
	return &host{w, rand.New(rand.NewPCG(rand.Uint64(), 0)), name}
}

// maxAttempts limits the attempts at a job.
const maxAttempts = 1000

// patience is a limit for attempts that should not take long.
const patience = 3 * time.Minute

// attempt is one transaction for a job.
type attempt struct {
	*host
	*job
	in      *instance
	tx      *transaction
	mode    string
	crashes int64 // of the server before the transaction
	cut     bool  // the host has cut the connection
	changed map[usher.AccountID]uint64
}

// run runs a job until it ends.
func (h *host) run(j *job) {
	if !j.unsure {
		for _, m := range j.members() {
			h.hidden.hide(m)
		}
	}
	h.tell("asks", j.key)
	for range maxAttempts {
		if h.enough() {
			return
		}
		o := h.try(j)
		if o == again {
			continue
		}
		h.ended(j, o)
		h.tell(map[outcome]string{stored: "stored", absent: "absent"}[o], j.key)
		return
	}
	h.findings.add("progress", "job %s does not end", j.key)
}

// try runs the transaction of a job once.
func (h *host) try(j *job) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a := &attempt{
		host: h, job: j, in: h.instances[h.random.IntN(len(h.instances))], mode: h.kind.modes[h.random.IntN(len(h.kind.modes))],
		crashes: h.crashes.Load(), changed: map[usher.AccountID]uint64{},
	}
	var err error
	if a.tx, err = a.in.begin(ctx, a.mode); err != nil {
		return a.cannotBegin(err)
	}
	defer func() { _ = a.tx.rollback(context.Background()) }()
	ids := slices.Clone(j.accounts)
	if wrong := h.random.IntN(4) == 0 && len(ids) > 1; wrong {
		h.seen.add("accounts in the wrong order")
		slices.Reverse(ids)
	}
	for _, id := range ids {
		if err := a.change(ctx, id); err != nil {
			return a.failed(err)
		}
	}
	o, err := a.end(ctx)
	if err != nil {
		return a.failed(err)
	}
	if o == stored {
		a.seen.add("jobs in " + a.mode)
		a.seen.add("jobs by " + ways[j.way])
		if a.in.connections == 1 {
			a.seen.add("jobs with a pool of one connection")
		}
		if len(j.accounts) > 1 {
			a.seen.add("jobs with several accounts")
		}
		_ = a.tx.rollback(ctx) // releases the connection
		a.readOwn(ctx)
	}
	return o
}

// cannotBegin handles the error of a transaction that did not begin.
func (a *attempt) cannotBegin(err error) outcome {
	a.failed(err)
	time.Sleep(5 * time.Millisecond)
	return again
}

// failed handles an error after which the host rolls the transaction back and runs it again.
func (a *attempt) failed(err error) outcome {
	switch {
	case errors.Is(err, store.ErrRetry):
		a.seen.add("ErrRetry in " + a.mode)
		for code, what := range map[string]string{"40P01": "ErrRetry: deadlock", "40001": "ErrRetry: serialization", "55P03": "ErrRetry: lock timeout"} {
			if strings.Contains(err.Error(), code) {
				a.seen.add(what)
			}
		}
		if a.mode == deferred && !strings.Contains(err.Error(), "BEGIN IMMEDIATE") {
			a.findings.add("errors", "a deferred transaction of SQLite fails with: %v", err)
		}
	case errors.Is(err, engine.ErrContention):
		a.seen.add("ErrContention")
	case isSerialization(err):
		a.seen.add("a statement of the host: serialization failure")
	case a.kind == lite && a.tx == nil && strings.Contains(err.Error(), "SQLITE_BUSY"):
		a.seen.add("cannot begin: busy")
	case a.cut, a.crashing.Load(), a.crashes != a.world.crashes.Load(), a.tx == nil && a.crashes > 0:
		a.seen.add("connection lost")
	default:
		a.findings.add("errors", "%s: unexpected error: %v", a.mode, err)
	}
	return again
}

// isSerialization reports whether the server has ended a transaction because of a concurrent one.
func isSerialization(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Severity == "ERROR" && (server.Code == "40001" || server.Code == "40P01")
}

// change makes the changes of the job to an account, with checks around them.
func (a *attempt) change(ctx context.Context, id usher.AccountID) error {
	before, err := a.in.engine.ReaderTx(a.tx.usher).View(ctx, id)
	if err != nil {
		return err
	}
	_, existed := before.User(a.user())
	if a.surely && !existed {
		a.findings.add("lost", "job %s: its commits to %s are not there", a.key, id)
	}
	for _, b := range a.batches(id) {
		repeated, err := a.submit(ctx, b)
		if err != nil {
			return err
		}
		if existed && !repeated {
			a.findings.add("twice", "job %s: committed to %s again", a.key, id)
		}
	}
	for _, extra := range []func(context.Context, usher.AccountID) error{a.refused, a.undo, a.fail, a.checkOwn, a.checkOthers} {
		if a.random.IntN(3) == 0 {
			if err := extra(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// submit commits a batch and stores its row. If the commit is there already, so is the row.
func (a *attempt) submit(ctx context.Context, b engine.Batch) (repeated bool, err error) {
	result, err := a.in.engine.SubmitTx(ctx, a.tx.usher, b)
	if err != nil {
		return false, err
	}
	if result.Commit == nil || result.Commit.Version == 0 {
		a.findings.add("errors", "job %s: no commit in %s", a.key, b.Account)
		return false, nil
	}
	a.changed[b.Account] = result.Version
	if !result.Repeated {
		insert, statement := a.tx.exec, "INSERT INTO changes VALUES ($1, $2, $3, $4)"
		if a.fault.rowsOutside {
			insert, statement = a.in.exec, statement+" ON CONFLICT DO NOTHING"
		}
		return false, insert(ctx, a.text(statement), string(b.Account), b.IdempotencyKey, int64(result.Commit.Version), result.Commit.ID)
	}
	a.seen.add("a retry found its commit")
	var version uint64
	var commit string
	found, err := a.tx.row(ctx, []any{&version, &commit}, a.text("SELECT version, commit_id FROM changes WHERE account = $1 AND key = $2"), string(b.Account), b.IdempotencyKey)
	if err == nil && (!found || version != result.Commit.Version || commit != result.Commit.ID) {
		a.findings.add("rows", "job %s: commit %d of %s has no row", a.key, result.Commit.Version, b.Account)
	}
	return true, err
}

// refused submits a batch that is rejected, after which the transaction is usable.
func (a *attempt) refused(ctx context.Context, id usher.AccountID) error {
	_, err := a.in.engine.SubmitTx(ctx, a.tx.usher, engine.Batch{Actor: account.AsUser("stranger"), Account: id, Commands: []account.Command{account.AddUser{User: "stranger"}}})
	if !errors.As(err, new(*account.Refusal)) {
		return firstOf(err, errors.New("a stranger was not refused"))
	}
	a.seen.add("a batch was refused")
	return nil
}

// undo makes a change after a savepoint, and rolls back to it.
func (a *attempt) undo(ctx context.Context, id usher.AccountID) error {
	user := usher.UserID(fmt.Sprintf("%s+undone-%d", a.key, a.undone.Add(1)))
	a.hidden.hide(member{id, user})
	if err := a.tx.exec(ctx, "SAVEPOINT before"); err != nil {
		return err
	}
	b := engine.Batch{Actor: hosting, Account: id, IdempotencyKey: string(user), Commands: []account.Command{account.AddUser{User: user, Role: "clerk"}, account.SetRoleBeside{User: user, Role: "desk"}}}
	at := a.changed[id]
	if _, err := a.submit(ctx, b); err != nil {
		return err
	}
	a.changed[id] = at
	for _, want := range []bool{true, false} {
		view, err := a.in.engine.ReaderTx(a.tx.usher).View(ctx, id)
		if err != nil {
			return err
		}
		if _, found := view.User(user); found != want {
			a.findings.add("own", "job %s: the user of a savepoint in %s: %v (want %v)", a.key, id, found, want)
		}
		if want {
			if err := a.tx.exec(ctx, "ROLLBACK TO SAVEPOINT before"); err != nil {
				return err
			}
		}
	}
	a.seen.add("a savepoint was rolled back")
	return nil
}

// fail runs a statement that fails after a savepoint, and rolls back to it.
func (a *attempt) fail(ctx context.Context, _ usher.AccountID) error {
	if err := a.tx.exec(ctx, "SAVEPOINT before"); err != nil {
		return err
	}
	if err := a.tx.exec(ctx, "SELECT missing FROM changes"); err == nil {
		return errors.New("the statement did not fail")
	}
	a.seen.add("a statement failed after a savepoint")
	return a.tx.exec(ctx, "ROLLBACK TO SAVEPOINT before")
}

// checkOwn checks that the transaction sees its own changes.
func (a *attempt) checkOwn(ctx context.Context, id usher.AccountID) error {
	for _, r := range []*engine.Reader{a.in.engine.ReaderTx(a.tx.usher), a.in.engine.HolderTx(a.tx.usher)} {
		allowed, err := mayBook(ctx, r, id, a.user())
		if err != nil {
			return err
		}
		if !allowed {
			a.findings.add("own", "job %s: its change to %s is not seen in its transaction", a.key, id)
		}
	}
	return nil
}

// checkOthers checks that others do not see the changes of the transaction. An instance with a pool
// of one connection may have to wait for this transaction.
func (a *attempt) checkOthers(ctx context.Context, id usher.AccountID) error {
	in := a.instances[a.random.IntN(len(a.instances))]
	if in.connections == 1 {
		return nil
	}
	allowed, err := mayBook(ctx, in.engine, id, a.user())
	if allowed && a.hidden.has(member{id, a.user()}) {
		a.findings.add("shown", "job %s: its change to %s was allowed before it was committed", a.key, id)
	}
	if err == nil {
		a.seen.add("others were asked during a transaction")
	}
	return nil
}

// readOwn checks that an instance sees the changes of the job after its end.
func (a *attempt) readOwn(ctx context.Context) {
	in := a.instances[a.random.IntN(len(a.instances))]
	for id, version := range a.changed {
		allowed, err := mayBook(ctx, in.engine.AtLeast(id, version), id, a.user())
		if err != nil {
			a.failed(err)
			continue
		}
		if !allowed {
			a.findings.add("lost", "job %s: version %d of %s does not have its change", a.key, version, id)
		}
		a.seen.add("seen with AtLeast after the commit")
	}
}
