package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

type accountsJSON struct {
	File     string        `json:"file"`
	Accounts []accountJSON `json:"accounts"`
}

type accountJSON struct {
	Account string    `json:"account"`
	Version uint64    `json:"version"`
	Time    time.Time `json:"time"` // of the last commit
	Users   int       `json:"users"`
	Deleted bool      `json:"deleted"`
	Head    string    `json:"head,omitempty"`    // VERSION:HASH of the last commit
	Problem string    `json:"problem,omitempty"` // if the account cannot be read
}

// logAccounts lists the accounts of a store. It reports an account that cannot be read,
// and lists the others.
func (r *run) logAccounts(ctx context.Context, path string, s store.Store) error {
	list := []accountJSON{}
	code := exitFine
	for id, err := range s.Accounts(ctx, "") {
		if err != nil {
			return err
		}
		a := accountJSON{Account: string(id)}
		state, err := lastState(ctx, s, id)
		if err != nil {
			a.Problem, code = err.Error(), exitInvalid
		} else {
			a.Version, a.Time, a.Users, a.Deleted = state.Version(), state.Time(), state.Users(), state.Deleted()
			a.Head = state.Head().String()
		}
		list = append(list, a)
	}
	if r.json() {
		if err := r.stdout.json(accountsJSON{path, list}); err != nil {
			return err
		}
		return exitWith(code)
	}
	if len(list) == 0 {
		r.stderr.line("usher: %s has no accounts", printable.Text(path))
		return nil
	}
	t := table{head: []string{"account", "version", "last commit", "users", "head"}}
	for _, a := range list {
		switch {
		case a.Problem != "":
			r.stderr.problem(problem{File: path, Severity: severityError, Message: a.Problem})
		case a.Deleted:
			t.rows = append(t.rows, []cell{{printable.Text(a.Account)}, {strconv.FormatUint(a.Version, 10)}, {timeText(a.Time)}, {"deleted"}, {a.Head}})
		default:
			t.rows = append(t.rows, []cell{{printable.Text(a.Account)}, {strconv.FormatUint(a.Version, 10)}, {timeText(a.Time)}, {strconv.Itoa(a.Users)}, {a.Head}})
		}
	}
	t.write(r.stdout, "", wide)
	return exitWith(code)
}

// lastState loads an account from its snapshot and the later commits. It replays all
// commits if the snapshot cannot be used.
func lastState(ctx context.Context, s store.Store, id usher.AccountID) (*account.State, error) {
	from := account.New(id)
	if snapshot, err := s.Snapshot(ctx, id); err == nil && snapshot.Version != 0 {
		if state, err := snapshotState(id, snapshot); err == nil {
			last, err := headAt(ctx, s, id, snapshot.Version)
			switch {
			case err != nil:
				return nil, err
			case last == account.Head{}:
				return nil, errNewerSnapshot(snapshot.Version)
			case last == state.Head():
				from = state
			}
		}
	}
	state, err := replay(ctx, s, from, nil)
	if err != nil && from.Version() != 0 {
		state, err = replay(ctx, s, account.New(id), nil)
	}
	return state, err
}

// headAt returns the head of a journal at a version, and the zero Head if the journal
// has no such version.
func headAt(ctx context.Context, s store.Store, id usher.AccountID, version uint64) (account.Head, error) {
	for stored, err := range s.Commits(ctx, id, version-1) {
		if err != nil {
			return account.Head{}, err
		}
		return account.Head{Version: stored.Version, Hash: account.HashOf(stored.Data)}, nil
	}
	return account.Head{}, nil
}

func errNewerSnapshot(version uint64) error {
	return printable.Errorf("commits were lost: there is a snapshot of version %d, but no such commit; restore the store from a backup", version)
}

func snapshotState(id usher.AccountID, snapshot store.Snapshot) (*account.State, error) {
	state, err := account.DecodeState(snapshot.Data)
	if err == nil && (state.ID() != id || state.Version() != snapshot.Version) {
		err = printable.Errorf("the snapshot of version %d is of %q at version %d", snapshot.Version, state.ID(), state.Version())
	}
	return state, err
}

// replay applies the commits after a state, and returns the last state. It calls see,
// if that is not nil, with the state after each commit.
func replay(ctx context.Context, s store.Store, state *account.State, see func(*account.Commit, *account.State) error) (*account.State, error) {
	for stored, err := range s.Commits(ctx, state.ID(), state.Version()) {
		if err != nil {
			return state, err
		}
		c, err := account.DecodeCommit(stored.Data)
		if err != nil {
			return state, err
		}
		next, err := state.ApplyEncoded(c, stored.Data)
		if err != nil {
			return state, err
		}
		state = next
		if see == nil {
			continue
		}
		if err := see(c, state); err != nil {
			return state, err
		}
	}
	return state, nil
}
