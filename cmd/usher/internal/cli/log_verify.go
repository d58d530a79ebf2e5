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

// verifiedItem is what came of going through one account.
type verifiedItem struct {
	Account  string `json:"account"`
	Version  uint64 `json:"version"`  // up to which each commit follows from those before
	Head     string `json:"head"`     // VERSION:HASH of that version, "" if it is 0
	Chained  uint64 `json:"chained"`  // the first commit with the hash of the one before it, 0 for none
	Snapshot uint64 `json:"snapshot"` // its version, 0 for none
	Problem  string `json:"problem"`  // "" for none
}

// verify goes through the journal of an account, or of all. That of one account must
// have the head that was noted, unless that is zero.
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
			return missing(ctx, path, s, id)
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
		return stop(exitInvalid)
	}
	return nil
}

// verifyAccount replays a journal, and holds the snapshot and a noted head against it.
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
			v.Snapshot, saved = 0, nil // it is not read, and replaced in time
		} else if err != nil {
			v.Problem = err.Error()
			return v
		}
	}
	state, err := replay(ctx, s, account.New(id), func(state *account.State) error {
		if state.Chained() && v.Chained == 0 {
			v.Chained = state.Version()
		}
		if state.Version() == noted.Version && state.Head() != noted {
			return printable.Errorf("the noted head is %[3]s, and commit %[1]d is %[2]s; commits were replaced; restore the store from a backup", noted.Version, state.Head(), noted)
		}
		if saved != nil && state.Version() == snapshot.Version && !bytes.Equal(state.Encode(), saved.Encode()) {
			return printable.Errorf("the snapshot of version %d is not what the journal says", snapshot.Version)
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
		v.Problem = err.Error()
	}
	return v
}

func (r *run) writeVerified(v verifiedItem) {
	id := r.stdout.paint(bold, printable.Text(v.Account)+":")
	if v.Problem != "" {
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
		r.stdout.line("%s an older version of usher wrote the commits before version %d, without the hash of the one before", id, first)
	}
}
