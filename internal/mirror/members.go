package mirror

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

// Members keeps the tables of a journal. It is the sqljournal.Mirror of the journal.
//
// The column mirrored of the accounts says whether the tables have the rows of an account. Either
// they have all of them, or none: an account that is created has the mark, and RebuildMembers sets it
// for an account that was created by a journal without a Mirror. A journal without a Mirror does not write
// accounts with the mark.
type Members struct {
	tables   Tables
	accounts string
	state    string
}

// NewMembers returns the Members for tables with these names.
func NewMembers(in Tables) *Members {
	return &Members{tables: in, accounts: in.named("accounts"), state: in.named("mirror_state")}
}

// Prepare implements sqljournal.Mirror.
func (m *Members) Prepare(id usher.AccountID, e store.Entry) (any, error) { return NewDelta(id, e) }

// Inline implements sqljournal.Mirror.
func (m *Members) Inline(prepared []any) sqljournal.Inline {
	var b Batch
	for _, p := range prepared {
		b.Add(p.(*Delta))
	}
	return m.tables.inline(&b)
}

// Committed implements sqljournal.Mirror.
func (m *Members) Committed(ctx context.Context, c sqljournal.Conn, entries []sqljournal.Change) error {
	marked, err := m.marked(ctx, c, entries)
	if err != nil {
		return err
	}
	var b Batch
	for _, e := range entries {
		if e.Version == 1 || marked[e.Account] {
			b.Add(e.Prepared.(*Delta))
		}
	}
	return b.Exec(ctx, c, m.tables)
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
			found, err := readText(ctx, c, "SELECT 'yes' FROM "+m.accounts+" WHERE account = $1 AND mirrored", id)
			if err != nil {
				return nil, err
			}
			marked[usher.AccountID(id)] = found != ""
		}
		return marked, nil
	}
	found, err := c.Query(ctx, "SELECT account FROM "+m.accounts+" WHERE account = ANY ($1::bytea[]) AND mirrored", ids)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var id []byte
		if err := found.Scan(&id); err != nil {
			return nil, err
		}
		marked[usher.AccountID(id)] = true
	}
	return marked, found.Err()
}

func (m *Members) mark(ctx context.Context, c sqljournal.Conn, id usher.AccountID) error {
	_, err := c.Exec(ctx, "UPDATE "+m.accounts+" SET mirrored = true WHERE account = $1", []byte(id))
	return err
}

// Erased implements sqljournal.Mirror.
func (m *Members) Erased(ctx context.Context, c sqljournal.Conn, id usher.AccountID) error {
	return Erase(ctx, c, m.tables, string(id))
}

// Rebuild implements store.MembersStore.
func (m *Members) Rebuild(ctx context.Context, j *sqljournal.Journal, accounts ...usher.AccountID) error {
	if j.Mirror == nil {
		return ErrNoMembers
	}
	if len(accounts) > 0 {
		for _, id := range accounts {
			if err := m.rebuild(ctx, j, id); err != nil {
				return err
			}
		}
		return nil
	}
	var refused []error
	for id, err := range m.unmarked(ctx, j.Database) {
		if err == nil {
			err = m.rebuild(ctx, j, id)
		}
		switch {
		case errors.Is(err, store.ErrErased):
		case errors.Is(err, store.ErrRefused):
			refused = append(refused, err)
		case err != nil:
			return err
		}
	}
	return errors.Join(refused...)
}

// rebuild replaces the rows of an account. It reads most of the journal before it locks the account.
func (m *Members) rebuild(ctx context.Context, j *sqljournal.Journal, id usher.AccountID) error {
	return m.withState(ctx, j, id, store.WriteLock, func(c sqljournal.Conn, s *account.State) error {
		if s.Version() == 0 {
			return usher.ErrUnknownAccount
		}
		if err := Rebuild(ctx, c, m.tables, s); err != nil {
			return err
		}
		return m.mark(ctx, c, id)
	})
}

// withState calls f in a transaction that has locked an account, with the account as it is then.
func (m *Members) withState(ctx context.Context, j *sqljournal.Journal, id usher.AccountID, mode store.LockMode, f func(sqljournal.Conn, *account.State) error) error {
	before, err := load(ctx, j, id)
	if err != nil {
		return err
	}
	return j.Locked(ctx, id, mode, func(c sqljournal.Conn, tx store.Tx) error {
		s, err := replay(ctx, tx, before)
		if err != nil {
			return err
		}
		return f(c, s)
	})
}

// unmarked yields the accounts that have commits and no rows.
func (m *Members) unmarked(ctx context.Context, db sqljournal.Database) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		for after := []byte{}; ; {
			page, err := readIDs(ctx, db, "SELECT account FROM "+m.accounts+" WHERE account > $1 AND version > 0 AND NOT mirrored ORDER BY account LIMIT 1000", after)
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page {
				if !yield(id, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			after = []byte(page[len(page)-1])
		}
	}
}

func readIDs(ctx context.Context, c sqljournal.Conn, query string, args ...any) (ids []usher.AccountID, err error) {
	found, err := c.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var id []byte
		if err := found.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, usher.AccountID(id))
	}
	return ids, found.Err()
}

// CheckAll implements store.MembersStore.
func (m *Members) CheckAll(ctx context.Context, j *sqljournal.Journal) iter.Seq2[store.MembersDifference, error] {
	return func(yield func(store.MembersDifference, error) bool) {
		if j.Mirror == nil {
			yield(store.MembersDifference{}, ErrNoMembers)
			return
		}
		for id, err := range j.Accounts(ctx, "") {
			var wrong []string
			if err == nil {
				wrong, err = m.checkAccount(ctx, j, id)
			}
			if errors.Is(err, store.ErrErased) {
				continue
			}
			if err != nil {
				yield(store.MembersDifference{}, err)
				return
			}
			for _, text := range wrong {
				if !yield(store.MembersDifference{Account: id, Text: text}, nil) {
					return
				}
			}
		}
		strays, err := m.strays(ctx, j)
		if err != nil {
			yield(store.MembersDifference{}, err)
			return
		}
		for _, id := range strays {
			if !yield(store.MembersDifference{Account: id, Text: "there are rows of " + printable.Word(id) + ", which has no journal or was not copied (want none)"}, nil) {
				return
			}
		}
	}
}

func (m *Members) checkAccount(ctx context.Context, j *sqljournal.Journal, id usher.AccountID) (wrong []string, err error) {
	err = m.withState(ctx, j, id, store.ShareLock, func(c sqljournal.Conn, s *account.State) error {
		marked, err := readText(ctx, c, "SELECT 'yes' FROM "+m.accounts+" WHERE account = $1 AND mirrored", []byte(id))
		if err != nil {
			return err
		}
		if marked == "" {
			wrong = []string{"the tables of members lack " + printable.Word(id)}
			return nil
		}
		wrong, err = Check(ctx, c, m.tables, s)
		return err
	})
	if damaged := (unreadable{}); errors.As(err, &damaged) {
		return []string{printable.Cause(err)}, nil
	}
	return wrong, err
}

// strays returns accounts that have rows although they have no journal or no mark.
func (m *Members) strays(ctx context.Context, j *sqljournal.Journal) ([]usher.AccountID, error) {
	bytes := "convert_to(t.account, 'UTF8')"
	if m.tables.SQLite {
		bytes = "cast(t.account AS blob)"
	}
	var parts []string
	for t := range tables {
		parts = append(parts, "SELECT "+bytes+" AS account FROM (SELECT DISTINCT account FROM "+m.tables.name(table(t))+") AS t")
	}
	return readIDs(ctx, j.Database, "SELECT DISTINCT r.account FROM ("+strings.Join(parts, " UNION ALL ")+") AS r"+
		" WHERE NOT EXISTS (SELECT 1 FROM "+m.accounts+" AS a WHERE a.account = r.account AND a.version > 0 AND a.mirrored) ORDER BY 1")
}

// Open prepares the tables for a store that keeps them or does not. It returns an error if a store is
// to keep tables that lack accounts, unless they may, and if a store is not to keep tables that another
// one has kept.
func (m *Members) Open(ctx context.Context, db sqljournal.Database, keeps, mayLack bool) error {
	used, err := readText(ctx, db, "SELECT 'yes' FROM "+m.state)
	if err != nil {
		return err
	}
	if !keeps {
		if used != "" {
			return ErrInUse
		}
		return nil
	}
	if err := m.checkEncoding(ctx, db); err != nil {
		return err
	}
	if used == "" {
		if _, err := db.Exec(ctx, "INSERT INTO "+m.state+" (enabled) VALUES (true) ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
	}
	if mayLack {
		return nil
	}
	for id, err := range m.unmarked(ctx, db) {
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

// ErrNoMembers is the error of a call that needs the tables, for a store that does not keep them.
var ErrNoMembers = errors.New("the store does not keep tables of members; open it with Members")

// checkEncoding returns an error for a database whose texts are not UTF-8, or that takes those of
// this program for another encoding. It would change ids, and then miss the rows of their accounts.
func (m *Members) checkEncoding(ctx context.Context, db sqljournal.Database) error {
	if m.tables.SQLite {
		return nil
	}
	for _, setting := range []string{"server_encoding", "client_encoding"} {
		encoding, err := readText(ctx, db, "SELECT current_setting($1)", setting)
		if err != nil {
			return err
		}
		if encoding != "UTF8" {
			return printable.Errorf("the %s of the database is %s, and the tables of members require UTF8", setting, encoding)
		}
	}
	return nil
}
