// Package storefeed reads the journals of all accounts of a store as one feed, for a SIEM, a data
// warehouse or another audit log. Each commit of each account is in the feed, and those of one
// account are in the order of their versions.
//
// A Cursor says how far a reader has read. The reader keeps it with the data that it stores: if it
// stores an entry and then the cursor, it gets each entry at least once, also after a crash. An
// entry that comes twice has the same account and version. New accounts and new commits of known
// accounts come with a later call of Read with the cursor.
//
// The lines of the feed (Entry.Line) are JSON, and ReadCursor makes a cursor from them. A reader
// that keeps the lines, or the last one of each account, so needs no other cursor.
//
// Values of custom fields and last-active times are not in the journal, and so not in the feed.
// The journal has ids, names of teams and roles, and the notes of commits.
package storefeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Entry is an entry of a feed: a commit, the erasure of an account, or a problem. The zero Entry is
// none of them.
type Entry struct {
	Account usher.AccountID

	Commit *account.Commit // nil if the entry is not a commit
	Head   account.Head    // the version of the commit and the hash of its bytes
	Data   []byte          // the bytes of the commit in the journal, which the reader may keep

	// Erased reports that the account, of which the cursor or an earlier entry has commits, was
	// erased. Its data must then be deleted elsewhere too. An account that was erased before the
	// reader had read a commit of it is not in the feed.
	Erased bool

	// Problem is why the account cannot be read on: the store returned an error, its journal is
	// damaged, or it is not the one that the cursor is of, since commits were lost or replaced. A problem does not prevent the
	// feed of the other accounts. The cursor of the account does not change, so the problem comes
	// again.
	Problem error
}

// Read yields the entries after a cursor, account by account in the order of their ids. It reads up
// to the last commit that an account has when its turn comes. Accounts that are created during the
// loop may or may not be in it. Read verifies that each commit contains the hash of the commit
// before it, also of the last one in the cursor.
//
// The loop body may append to accounts, and may change the cursor with Note. An error ends the loop:
// the accounts cannot be listed, or the context is done. The entries so far are valid then, and
// another call goes on after them.
func Read(ctx context.Context, s store.Store, after Cursor) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f := &feed{ctx: ctx, store: s, yield: yield}
		known := slices.Sorted(maps.Keys(after)) // before the loop body adds to it
		for id, err := range s.Accounts(ctx, "") {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for len(known) > 0 && known[0] <= id {
				if known[0] < id && !f.missing(known[0], after[known[0]]) {
					return
				}
				known = known[1:]
			}
			if !f.account(id, after[id]) {
				return
			}
		}
		for _, id := range known {
			if !f.missing(id, after[id]) {
				return
			}
		}
	}
}

// feed is a loop. Its methods return false if the loop has ended.
type feed struct {
	ctx   context.Context
	store store.Store
	yield func(Entry, error) bool
}

var errErasedBefore = errors.New("the cursor says that the account was erased, and the store has its commits; the store was restored from an older copy, or is another one")

// missing reads an account of the cursor that the store did not list: one that was erased, or that
// the store does not have.
func (f *feed) missing(id usher.AccountID, m Mark) bool {
	if m.Erased {
		return true
	}
	return f.account(id, m)
}

func (f *feed) problem(id usher.AccountID, err error) bool {
	return f.yield(Entry{Account: id, Problem: err}, nil)
}

// account yields the commits of an account after a mark.
func (f *feed) account(id usher.AccountID, m Mark) bool {
	if m.Erased {
		return f.problem(id, errErasedBefore)
	}
	last := m.Head
	from := last.Version
	if from > 0 {
		from-- // the commit of the mark is compared
	} else {
		last.Hash = account.HashOf(nil)
	}
	compared, chained := m.Head.Version == 0, false
	for stored, err := range f.store.Commits(f.ctx, id, from) {
		switch {
		case errors.Is(err, store.ErrErased):
			return last.Version == 0 || f.yield(Entry{Account: id, Erased: true}, nil)
		case err != nil && f.ctx.Err() != nil:
			f.yield(Entry{}, err)
			return false
		case err != nil:
			return f.problem(id, err)
		}
		var c *account.Commit
		if !compared {
			c, last, err = compare(id, stored, last)
		} else {
			c, err = next(id, stored, last, chained)
		}
		if err != nil {
			return f.problem(id, err)
		}
		chained = !c.Previous.IsZero()
		if !compared {
			compared = true
			continue
		}
		last = account.Head{Version: c.Version, Hash: account.HashOf(stored.Data)}
		if !f.yield(Entry{Account: id, Commit: c, Head: last, Data: stored.Data}, nil) {
			return false
		}
	}
	if !compared {
		return f.problem(id, printable.Errorf("the store lacks version %d of the cursor; commits were lost, or the cursor is of another store", last.Version))
	}
	return true
}

// compare compares the stored commit of a mark with the mark, and returns the commit and its head.
func compare(id usher.AccountID, stored store.Commit, mark account.Head) (*account.Commit, account.Head, error) {
	c, err := decode(id, stored, mark.Version)
	if err != nil {
		return nil, mark, err
	}
	head := account.Head{Version: c.Version, Hash: account.HashOf(stored.Data)}
	if mark.Hash.IsZero() || mark.Hash == head.Hash {
		return c, head, nil
	}
	if same, err := c.Encode(); err == nil && account.HashOf(same) == mark.Hash {
		return c, head, nil // it is stored in another spelling
	}
	return nil, mark, printable.Errorf("the cursor has commit %s, and the store has %s; commits were replaced, or the cursor is of another store", mark, head)
}

// next decodes the commit after another one.
func next(id usher.AccountID, stored store.Commit, last account.Head, chained bool) (*account.Commit, error) {
	c, err := decode(id, stored, last.Version+1)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Previous.IsZero() && chained:
		return nil, printable.Errorf("commit %d lacks the hash of the commit before it, and earlier commits have one; commits were replaced", c.Version)
	case !c.Previous.IsZero() && c.Previous != last.Hash: // commits of older releases have none
		return nil, printable.Errorf("commit %d follows the commit %s, and commit %d is %s; commits were lost or replaced", c.Version, c.Previous, last.Version, last.Hash)
	}
	return c, nil
}

func decode(id usher.AccountID, stored store.Commit, version uint64) (*account.Commit, error) {
	c, err := account.DecodeCommit(stored.Data)
	switch {
	case err != nil:
		return nil, printable.Errorf("commit %d cannot be read: %w", stored.Version, err)
	case c.Account != id || c.Version != stored.Version || stored.Version != version:
		return nil, printable.Errorf("the store returned commit %d of %q as commit %d (want %d of %q)", c.Version, c.Account, stored.Version, version, id)
	}
	return c, nil
}

// Line returns the entry as one line of JSON, without a line break at its end. A commit has the form
// of the journal, which account/FORMAT.md describes. An erasure is
//
//	{"account":"acme","erased":true}
//
// Characters that are not safe to print are escaped. The zero Entry and a problem have no line.
func (e Entry) Line() []byte {
	switch {
	case e.Commit != nil:
		return printable.JSON(e.Data)
	case e.Erased:
		return markLine(e.Account, Mark{Erased: true})
	}
	return nil
}

// markLine returns a mark as a line of JSON.
func markLine(id usher.AccountID, m Mark) []byte {
	line := cursorLine{Account: id, Version: m.Head.Version, Erased: m.Erased}
	if m.Erased {
		line.Version = 0
	} else if !m.Head.Hash.IsZero() {
		line.Hash = m.Head.Hash.String()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(line) // it cannot fail
	return printable.JSON(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
