package hostproof_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// reserve checks that a clerk may book, and inserts the booking in the same transaction. Another
// writer takes roles away meanwhile.
func (h *host) reserve(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a := &attempt{
		host: h, job: &job{key: name}, in: h.instances[h.random.IntN(len(h.instances))], mode: h.kind.modes[h.random.IntN(len(h.kind.modes))],
		crashes: h.crashes.Load(),
	}
	var err error
	if a.tx, err = a.in.begin(ctx, a.mode); err != nil {
		a.cannotBegin(err)
		return
	}
	defer func() { _ = a.tx.rollback(context.Background()) }()
	if err := a.reserve(ctx, name); err != nil {
		a.failed(err)
	}
}

func (a *attempt) reserve(ctx context.Context, name string) error {
	id, clerk := accountIDs[a.random.IntN(len(accountIDs))], clerks[a.random.IntN(len(clerks))]
	holder := a.in.engine.HolderTx(a.tx.usher)
	allowed, err := mayBook(ctx, holder, id, clerk)
	if err != nil {
		return err
	}
	if !allowed {
		a.seen.add("a booking was denied")
		return nil
	}
	view, err := holder.View(ctx, id)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(a.random.Int64N(int64(3 * time.Millisecond))))
	if err := a.tx.exec(ctx, a.text("INSERT INTO bookings VALUES ($1, $2, $3, $4)"), name, string(id), string(clerk), int64(view.Version())); err != nil {
		return err
	}
	if _, err := a.commit(ctx); err != nil {
		return err
	}
	a.seen.add("a booking was committed")
	return nil
}

// submitted are the commands that are submitted in turn. Each one before those that take something
// away changes something.
var submitted = []func(user, clerk usher.UserID) account.Command{
	func(user, _ usher.UserID) account.Command { return account.AddUser{User: user} },
	func(user, _ usher.UserID) account.Command { return account.RequestToJoin{User: user} },
	func(_, clerk usher.UserID) account.Command { return account.SetRoleBeside{User: clerk, Role: "desk"} },
	func(_, clerk usher.UserID) account.Command {
		return account.SetTeamRole{Team: front, User: clerk, Role: "head"}
	},
	func(_, clerk usher.UserID) account.Command { return account.SetRole{User: clerk, Role: "member"} },
	func(_, clerk usher.UserID) account.Command { return account.SetRole{User: clerk, Role: "clerk"} },
	func(_, clerk usher.UserID) account.Command { return account.SetRole{User: clerk, Role: "member"} },
	func(_, clerk usher.UserID) account.Command { return account.UnsetRoleBeside{User: clerk, Role: "desk"} },
	func(_, clerk usher.UserID) account.Command {
		return account.UnsetTeamRole{Team: front, User: clerk, Role: "head"}
	},
}

// write submits a batch without a transaction. It repeats the batch until its outcome is known, or until
// the fault of a broken variant has been found. It changes the role of a clerk, or the one beside it or
// outside a team; or it adds a user, or a user who asks to join.
func (h *host) write(key string) {
	id := accountIDs[h.random.IntN(len(accountIDs))]
	command := submitted[h.writes.Add(1)%int64(len(submitted))](usher.UserID(key), clerks[h.random.IntN(len(clerks))])
	b := engine.Batch{Actor: plain, Account: id, IdempotencyKey: key, Commands: []account.Command{command}}
	unsure := false
	for begun := time.Now(); !h.enough(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begun) > patience {
			h.findings.add("progress", "batch %s has no outcome", key)
			return
		}
		a := &attempt{host: h, mode: "Submit", crashes: h.crashes.Load()}
		result, err := h.instances[h.random.IntN(len(h.instances))].engine.Submit(context.Background(), b)
		switch {
		case err == nil && result.Commit == nil:
			h.seen.add("Submit: nothing to change")
			h.noteCommit(key, "")
			return
		case err == nil:
			if result.Repeated && !unsure {
				h.findings.add("twice", "batch %s was stored after an error that says that it is not", key)
			}
			h.seen.add("Submit: committed")
			h.seen.add("Submit: " + strings.TrimPrefix(account.NameOf(command), "un"))
			h.noteCommit(key, result.Commit.ID)
			return
		case errors.Is(err, engine.ErrOutcomeUnknown):
			h.seen.add("Submit: unknown outcome")
			unsure = true
		case h.crashes.Load() > 0 && !errors.Is(err, engine.ErrContention):
			h.seen.add("Submit: the server has crashed")
		default:
			a.failed(err)
		}
	}
}

// noteCommit notes the commit of a batch by Submit.
func (w *world) noteCommit(key, commit string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plain[key] = commit
}

// watch reads the accounts of an instance again and again. Versions never go back, and hidden
// members are never seen.
func (w *world) watch(in *instance, stop *atomic.Bool) {
	last := map[usher.AccountID]uint64{}
	for ; !stop.Load(); time.Sleep(2 * time.Millisecond) {
		for _, id := range accountIDs {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			w.look(ctx, in, id, last)
			cancel()
		}
	}
}

func (w *world) look(ctx context.Context, in *instance, id usher.AccountID, last map[usher.AccountID]uint64) {
	view, err := in.engine.View(ctx, id)
	if err != nil {
		if !w.crashing.Load() && w.crashes.Load() == 0 {
			w.findings.add("errors", "view %s: %v", id, err)
		}
		return
	}
	if view.Version() < last[id] {
		w.findings.add("shown", "%s went back from version %d to %d", id, last[id], view.Version())
	}
	last[id] = view.Version()
	for u := range view.Users("") {
		if w.hidden.has(member{id, u.ID}) {
			w.findings.add("shown", "version %d of %s has %s, which is not committed", view.Version(), id, u.ID)
		}
	}
	if m, ok := w.hidden.one(); ok {
		if allowed, _ := mayBook(ctx, in.engine, m.account, m.user); allowed && w.hidden.has(m) {
			w.findings.add("shown", "%s of %s is allowed and not committed", m.user, m.account)
		}
		w.seen.add("a check of a user that is not committed")
	}
	w.seen.add("a look at an account")
}
