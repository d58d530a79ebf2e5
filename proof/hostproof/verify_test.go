package hostproof_test

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// change is a row of the host, or what the journal says that it must be.
type change struct {
	account usher.AccountID
	key     string
}

type commitRef struct {
	version uint64
	id      string
}

// verify compares what is stored with the rows and the outcomes, through an instance of its own.
func (w *world) verify(ctx context.Context) error {
	others := w.instances
	in, err := w.start(ctx, pool{name: "verify", connections: 4})
	if err != nil {
		return err
	}
	defer func() {
		_ = in.engine.Close()
		in.close()
		w.instances = others
	}()
	rows, err := w.rows(ctx)
	if err != nil {
		return err
	}
	commits, plain := map[change]commitRef{}, map[string]string{}
	for _, id := range accountIDs {
		if err := w.readJournal(ctx, in, id, commits, plain); err != nil {
			return err
		}
		for _, other := range others {
			if err := w.compareViews(ctx, in, other, id); err != nil {
				return err
			}
		}
	}
	for at, row := range rows {
		if commit, ok := commits[at]; !ok {
			w.findings.add("rows", "the row of %s in %s has no commit", at.key, at.account)
		} else if commit != row {
			w.findings.add("rows", "the row of %s in %s is of %v, and the commit is %v", at.key, at.account, row, commit)
		}
	}
	for at := range commits {
		if _, ok := rows[at]; !ok {
			w.findings.add("rows", "the commit of %s in %s has no row", at.key, at.account)
		}
	}
	w.verifyOutcomes(commits, plain)
	if err := w.verifyBookings(ctx, in); err != nil {
		return err
	}
	for d, err := range in.store.CheckMembers(ctx) {
		if err != nil {
			return err
		}
		w.findings.add("members", "%s", d.Text)
	}
	return nil
}

// rows returns the rows of the host.
func (w *world) rows(ctx context.Context) (map[change]commitRef, error) {
	db, err := w.kind.admin(w.address)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	found, err := db.QueryContext(ctx, "SELECT account, key, version, commit_id FROM changes")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	rows := map[change]commitRef{}
	for found.Next() {
		var at change
		var to commitRef
		if err := found.Scan(&at.account, &at.key, &to.version, &to.id); err != nil {
			return nil, err
		}
		rows[at] = to
	}
	return rows, found.Err()
}

// readJournal sorts the commits of an account: those of hosts, and those of Submit.
func (w *world) readJournal(ctx context.Context, in *instance, id usher.AccountID, commits map[change]commitRef, plainCommits map[string]string) error {
	for c, err := range in.engine.Journal(ctx, id, 0) {
		if err != nil {
			return err
		}
		for _, each := range c.Changes {
			if added, ok := each.(account.UserAdded); ok && w.hidden.has(member{id, added.User}) {
				w.findings.add("shown", "commit %d of %s adds %s, which was never committed", c.Version, id, added.User)
			}
		}
		switch c.Actor {
		case setup:
		case plain:
			if _, twice := plainCommits[c.Key]; twice {
				w.findings.add("twice", "the batch %s was committed again in version %d of %s", c.Key, c.Version, id)
			}
			plainCommits[c.Key] = c.ID
		default:
			at := change{id, c.Key}
			if before, twice := commits[at]; twice {
				w.findings.add("twice", "%s was committed to %s in version %d and %d", c.Key, id, before.version, c.Version)
			}
			commits[at] = commitRef{c.Version, c.ID}
		}
	}
	return nil
}

// compareViews compares the accounts of two instances.
func (w *world) compareViews(ctx context.Context, fresh, other *instance, id usher.AccountID) error {
	want, err := fresh.engine.View(ctx, id)
	if err != nil {
		return err
	}
	got, err := other.engine.AtLeast(id, want.Version()).View(ctx, id)
	if err != nil {
		return err
	}
	if got.Version() != want.Version() || !maps.Equal(usersOf(got), usersOf(want)) {
		w.findings.add("shown", "an instance has version %d of %s with %d users (want version %d with %d)", got.Version(), id, got.Len(), want.Version(), want.Len())
	}
	return nil
}

func usersOf(v account.View) map[usher.UserID]string {
	users := map[usher.UserID]string{}
	for u := range v.Users("") {
		users[u.ID] = fmt.Sprint(u.Role, u.Status, u.Beside, u.Outside)
	}
	return users
}

// verifyOutcomes compares the commits with what hosts know about their jobs and batches.
func (w *world) verifyOutcomes(commits map[change]commitRef, plainCommits map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, o := range w.outcomes {
		j := drawJob(key)
		for _, id := range j.accounts {
			for _, b := range j.batches(id) {
				if _, found := commits[change{id, b.IdempotencyKey}]; found != (o == stored) {
					w.findings.add("lost", "%s in %s: committed %v (want %v)", b.IdempotencyKey, id, found, o == stored)
				}
			}
		}
	}
	for key, commit := range w.plain {
		if plainCommits[key] != commit {
			w.findings.add("lost", "the batch %s has commit %q (want %q)", key, plainCommits[key], commit)
		}
	}
}

// verifyBookings checks that each clerk was allowed to book at the version of the booking, and that
// no later commit came before the booking.
func (w *world) verifyBookings(ctx context.Context, in *instance) error {
	db, err := w.kind.admin(w.address)
	if err != nil {
		return err
	}
	defer db.Close()
	var id string
	late, err := db.QueryContext(ctx, w.kind.late)
	if err != nil {
		return err
	}
	defer late.Close()
	for late.Next() {
		if err := late.Scan(&id); err != nil {
			return err
		}
		w.findings.add("bookings", "%s was committed after a commit that came later than its check", id)
	}
	all, err := db.QueryContext(ctx, "SELECT id, account, clerk, version FROM bookings")
	if err != nil {
		return errors.Join(err, late.Err())
	}
	defer all.Close()
	for all.Next() {
		var of usher.AccountID
		var clerk usher.UserID
		var version uint64
		if err := all.Scan(&id, &of, &clerk, &version); err != nil {
			return err
		}
		if allowed, err := mayBook(ctx, in.engine.At(of, version), of, clerk); err != nil || !allowed {
			w.findings.add("bookings", "%s: at version %d of %s, %s may book: %v %v", id, version, of, clerk, allowed, err)
		}
	}
	return errors.Join(all.Err(), late.Err())
}
