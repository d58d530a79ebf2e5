package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

type verifiedJSON struct {
	File     string         `json:"file"`
	Fine     int            `json:"fine"`
	Damaged  int            `json:"damaged"`
	Accounts []verifiedItem `json:"accounts"`
}

// verifiedItem is the result for one account.
type verifiedItem struct {
	Account  string `json:"account"`
	Version  uint64 `json:"version"`  // the last version without damage
	Head     string `json:"head"`     // VERSION:HASH of that version, "" if it is 0
	Chained  uint64 `json:"chained"`  // the first commit that contains the hash of the previous one, 0 for none
	Snapshot uint64 `json:"snapshot"` // the version of the snapshot, 0 for none
	Problem  string `json:"problem"`  // "" for none

	archived bool // the problem is that commits are in an archive that was not given
}

// verify checks the journal of an account, or of all accounts if id is empty. The
// journal of one account must contain the noted head, unless that is zero.
func (r *run) verify(ctx context.Context, path string, s store.Store, id usher.AccountID, noted account.Head) error {
	out := verifiedJSON{File: path, Accounts: []verifiedItem{}}
	add := func(v verifiedItem) {
		out.Accounts = append(out.Accounts, v)
		if v.Problem == "" {
			out.Fine++
		} else {
			out.Damaged++
		}
		if !r.json() {
			r.writeVerified(v)
		}
	}
	if id != "" {
		there := false
		for _, err := range s.Commits(ctx, id, 0) {
			there = !errors.Is(err, store.ErrErased)
			break
		}
		if !there {
			return missingAccount(ctx, path, s, id)
		}
		add(verifyAccount(ctx, s, id, noted))
	} else {
		for id, err := range s.Accounts(ctx, "") {
			if err != nil {
				return err
			}
			add(verifyAccount(ctx, s, id, account.Head{}))
		}
	}
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	} else {
		last := fmt.Sprintf("%s fine, %d damaged", count(out.Fine, "account"), out.Damaged)
		if out.Damaged == 0 {
			last = r.stdout.paint(green, last)
		} else {
			last = r.stdout.paint(red, last)
		}
		r.stdout.line("%s", last)
	}
	if out.Damaged > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// verifyAccount replays a journal, and compares the snapshot and a noted head with it.
func verifyAccount(ctx context.Context, s store.Store, id usher.AccountID, noted account.Head) verifiedItem {
	v := verifiedItem{Account: string(id)}
	snapshot, err := s.Snapshot(ctx, id)
	v.Snapshot = snapshot.Version
	if err != nil {
		v.Problem = err.Error()
		return v
	}
	var saved *account.State
	if snapshot.Version != 0 {
		saved, err = snapshotState(id, snapshot)
		if errors.Is(err, account.ErrOlder) {
			v.Snapshot, saved = 0, nil // an old format: the engine ignores and later replaces it
		} else if err != nil {
			v.Problem = err.Error()
			return v
		}
	}
	state, err := replay(ctx, s, account.New(id), func(_ *account.Commit, state *account.State) error {
		if state.Chained() && v.Chained == 0 {
			v.Chained = state.Version()
		}
		if state.Version() == noted.Version && state.Head() != noted {
			return printable.Errorf("the noted head is %[3]s, but commit %[1]d is %[2]s; commits were replaced; restore the store from a backup", noted.Version, state.Head(), noted)
		}
		if saved != nil && state.Version() == snapshot.Version && !bytes.Equal(state.Encode(), saved.Encode()) {
			return printable.Errorf("the snapshot of version %d does not match the journal", snapshot.Version)
		}
		return nil
	})
	if v.Version = state.Version(); v.Version > 0 {
		v.Head = state.Head().String()
	}
	switch {
	case err != nil:
	case snapshot.Version > state.Version():
		err = errNewerSnapshot(snapshot.Version)
	case noted.Version > state.Version():
		err = printable.Errorf("commits were lost: the journal ends before version %d of the noted head; restore the store from a backup", noted.Version)
	}
	if err != nil {
		v.Problem, v.archived = err.Error(), errors.Is(err, store.ErrShortened)
	}
	return v
}

func (r *run) writeVerified(v verifiedItem) {
	id := r.stdout.paint(bold, printable.Text(v.Account)+":")
	if v.Problem != "" {
		if v.archived {
			r.stdout.line("%s %s: %s", id, r.stdout.paint(red, "not verified"), printable.Text(v.Problem))
			return
		}
		r.stdout.line("%s %s after version %d: %s", id, r.stdout.paint(red, "damaged"), v.Version, printable.Text(v.Problem))
		return
	}
	text := ""
	if v.Snapshot > 0 {
		text = fmt.Sprintf(", and so is the snapshot of version %d", v.Snapshot)
	}
	r.stdout.line("%s fine up to version %d%s, head %s", id, v.Version, text, v.Head)
	if v.Chained != 1 {
		first := v.Chained
		if first == 0 {
			first = v.Version + 1
		}
		r.stdout.line("%s an older release of usher wrote the commits before version %d, without the hash of the previous commit", id, first)
	}
}
