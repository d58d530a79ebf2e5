package mirror

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

// Members keeps the tables of a journal. It is the sqljournal.Mirror of the journal.
//
// The column mirrored of the accounts says whether the tables have the rows of an account. Either
// they have all of them, or none: an account that is created has the mark, and RebuildMembers sets it
// for an account that was created by a journal without a Mirror. A journal without a Mirror does not
// write accounts with the mark.
//
// The column mirrored_at is the version up to which the rows of a marked account are complete. Versions
// of usher that do not know all tables do not write it, and so an account that they wrote is incomplete.
type Members struct {
	db       sqljournal.Database
	tables   Tables
	accounts string // the name of the table of accounts
	keeps    bool   // the store keeps the tables
}

// Prepare implements sqljournal.Mirror.
func (m *Members) Prepare(id usher.AccountID, e store.Entry) (any, error) { return newDelta(id, e) }

// Inline implements sqljournal.Mirror.
func (m *Members) Inline(prepared []any) sqljournal.Inline {
	var b batch
	for _, p := range prepared {
		b.add(p.(*delta))
	}
	return m.tables.inline(&b)
}

// Committed implements sqljournal.Mirror.
func (m *Members) Committed(ctx context.Context, c sqljournal.Conn, entries []sqljournal.Change) error {
	marked, err := m.marked(ctx, c, entries)
	if err != nil {
		return err
	}
	var b batch
	for _, e := range entries {
		if e.Version == 1 || marked[e.Account] {
			b.add(e.Prepared.(*delta))
		}
	}
	return b.exec(ctx, c, m.tables)
}

// marked returns the accounts of entries, except new ones, whose rows the tables have.
func (m *Members) marked(ctx context.Context, c sqljournal.Conn, entries []sqljournal.Change) (map[usher.AccountID]bool, error) {
	marked := map[usher.AccountID]bool{}
	var ids [][]byte
	for _, e := range entries {
		if e.Version > 1 {
			ids = append(ids, []byte(e.Account))
		}
	}
	if ids == nil {
		return marked, nil
	}
	if m.tables.SQLite { // it has no arrays, and its queries cost little
		for _, id := range ids {
			is, err := m.isMarked(ctx, c, usher.AccountID(id))
			if err != nil {
				return nil, err
			}
			marked[usher.AccountID(id)] = is
		}
		return marked, nil
	}
	found, err := readIDs(ctx, c, "SELECT account FROM "+m.accounts+" WHERE account = ANY ($1::bytea[]) AND mirrored", ids)
	for _, id := range found {
		marked[id] = true
	}
	return marked, err
}

func (m *Members) isMarked(ctx context.Context, c sqljournal.Conn, id usher.AccountID) (bool, error) {
	found, err := readText(ctx, c, "SELECT 'yes' FROM "+m.accounts+" WHERE account = $1 AND mirrored", []byte(id))
	return found != "", err
}

func (m *Members) mark(ctx context.Context, c sqljournal.Conn, id usher.AccountID) error {
	_, err := c.Exec(ctx, "UPDATE "+m.accounts+" SET mirrored = true, mirrored_at = version, rebuilt = rebuilt + 1 WHERE account = $1", []byte(id))
	return err
}

// Erased implements sqljournal.Mirror.
func (m *Members) Erased(ctx context.Context, c sqljournal.Conn, id usher.AccountID) error {
	return erase(ctx, c, m.tables, string(id))
}

// Open returns the Members for a store that keeps the tables, or does not. It returns an error if a
// store is to keep tables that lack accounts, unless they may, and ErrInUse if a store is not to keep
// tables that another one has kept.
func Open(ctx context.Context, db sqljournal.Database, in Tables, keeps, mayLack bool) (*Members, error) {
	m := &Members{db: db, tables: in, accounts: in.named("accounts"), keeps: keeps}
	if err := m.open(ctx, mayLack); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Members) open(ctx context.Context, mayLack bool) error {
	state := m.tables.named("mirror_state")
	used, err := readText(ctx, m.db, "SELECT 'yes' FROM "+state)
	switch {
	case err != nil:
		return err
	case !m.keeps && used != "":
		return ErrInUse
	case !m.keeps:
		return nil
	}
	if err := m.checkEncoding(ctx); err != nil {
		return err
	}
	if used == "" {
		if _, err := m.db.Exec(ctx, "INSERT INTO "+state+" (enabled) VALUES (true) ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
	}
	if mayLack {
		return nil
	}
	for id, err := range m.lacking(ctx, unmarked) {
		if err != nil {
			return err
		}
		return printable.Errorf("the tables of members lack accounts, such as %s: open the store with LacksMembers and call RebuildMembers, or run: usher mirror STORE --rebuild", id)
	}
	return nil
}

// ErrInUse is the error of Open for a store that is not to keep the tables, although another one has
// kept them.
var ErrInUse = errors.New("the tables of members are in use, and this store would not change them with the commits; open it with Members")

// checkEncoding returns an error for a database whose texts are not UTF-8, or that takes those of
// this program for another encoding. It would change ids, and then miss the rows of their accounts.
func (m *Members) checkEncoding(ctx context.Context) error {
	if m.tables.SQLite {
		return nil
	}
	for _, setting := range []string{"server_encoding", "client_encoding"} {
		encoding, err := readText(ctx, m.db, "SELECT current_setting($1)", setting)
		if err != nil {
			return err
		}
		if encoding != "UTF8" {
			return printable.Errorf("the %s of the database is %s, and the tables of members require UTF8", setting, encoding)
		}
	}
	return nil
}
