package mirror

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

// Rebuild does what store.MembersStore promises of RebuildMembers, for a journal with the Members.
func (m *Members) Rebuild(ctx context.Context, j *sqljournal.Journal, accounts ...usher.AccountID) error {
	if !m.keeps {
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
	return m.rebuildLacking(ctx, j, unmarked+" OR "+incomplete)
}

// Complete rebuilds the accounts whose rows are incomplete because an older version of usher wrote
// them. Without such accounts, it writes nothing.
func (m *Members) Complete(ctx context.Context, j *sqljournal.Journal) error {
	if !m.keeps {
		return nil
	}
	return m.rebuildLacking(ctx, j, incomplete)
}

func (m *Members) rebuildLacking(ctx context.Context, j *sqljournal.Journal, condition string) error {
	var refused []error
	for id, err := range m.lacking(ctx, condition) {
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
	return m.withState(ctx, j, id, store.WriteLock, func(c sqljournal.Conn, s *account.State, made map[uint64]time.Time) error {
		if s.Version() == 0 {
			return usher.ErrUnknownAccount
		}
		if err := rebuild(ctx, c, m.tables, s, made); err != nil {
			return err
		}
		return m.mark(ctx, c, id)
	})
}

// withState calls f in a transaction that has locked an account, with the account as it is then.
func (m *Members) withState(ctx context.Context, j *sqljournal.Journal, id usher.AccountID, mode store.LockMode, f func(sqljournal.Conn, *account.State, map[uint64]time.Time) error) error {
	before, err := load(ctx, j, id)
	if err != nil {
		return err
	}
	return sqljournal.Locked(ctx, j, id, mode, func(c sqljournal.Conn, tx store.Tx) error {
		s, err := replay(ctx, tx, before)
		if err != nil {
			return err
		}
		made, err := timesOf(ctx, tx, s)
		if err != nil {
			return err
		}
		return f(c, s, made)
	})
}

// Conditions on accounts whose rows are to be written.
const (
	unmarked   = "NOT mirrored" // they have none
	incomplete = "mirrored AND mirrored_at <> version"
)

// lacking yields the accounts that have commits and meet a condition.
func (m *Members) lacking(ctx context.Context, condition string) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		for after := []byte{}; ; {
			page, err := readIDs(ctx, m.db, "SELECT account FROM "+m.accounts+" WHERE account > $1 AND version > 0 AND ("+condition+") ORDER BY account LIMIT 1000", after)
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

// CheckAll does what store.MembersStore promises of CheckMembers, for a journal with the Members.
func (m *Members) CheckAll(ctx context.Context, j *sqljournal.Journal) iter.Seq2[store.MembersDifference, error] {
	return func(yield func(store.MembersDifference, error) bool) {
		if !m.keeps {
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
		strays, err := m.strays(ctx)
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
	err = m.withState(ctx, j, id, store.ShareLock, func(c sqljournal.Conn, s *account.State, made map[uint64]time.Time) error {
		marked, err := m.isMarked(ctx, c, id)
		if err != nil {
			return err
		}
		if !marked {
			wrong = []string{"the tables of members lack " + printable.Word(id)}
			return nil
		}
		wrong, err = check(ctx, c, m.tables, s, made)
		return err
	})
	if damaged := (unreadable{}); errors.As(err, &damaged) {
		return []string{printable.Cause(err)}, nil
	}
	return wrong, err
}

// strays returns accounts that have rows although they have no journal or no mark.
func (m *Members) strays(ctx context.Context) ([]usher.AccountID, error) {
	bytes := "convert_to(t.account, 'UTF8')"
	if m.tables.SQLite {
		bytes = "cast(t.account AS blob)"
	}
	var parts []string
	for t := range tables {
		parts = append(parts, "SELECT "+bytes+" AS account FROM (SELECT DISTINCT account FROM "+m.tables.name(table(t))+") AS t")
	}
	return readIDs(ctx, m.db, "SELECT DISTINCT r.account FROM ("+strings.Join(parts, " UNION ALL ")+") AS r"+
		" WHERE NOT EXISTS (SELECT 1 FROM "+m.accounts+" AS a WHERE a.account = r.account AND a.version > 0 AND a.mirrored) ORDER BY 1")
}

// ErrNoMembers is the error of a call that needs the tables, for a store that does not keep them.
var ErrNoMembers = errors.New("the store does not keep tables of members; open it with Members")
