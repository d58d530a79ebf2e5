package sqljournal

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// sqlite is the Dialect of SQLite. A transaction that writes excludes all others, so statements
// need no locks of rows, and a change can have the number after the greatest one. Each statement
// that writes is run with Exec.
type sqlite struct {
	prefix string
	tables Tables
}

// SQLite returns the Dialect of SQLite for tables whose names begin with a prefix.
func SQLite(prefix string) Dialect {
	d := sqlite{prefix: prefix}
	d.tables = Tables{
		Accounts: d.name("accounts"), Commits: d.name("commits"), Snapshots: d.name("snapshots"),
		Records: d.name("records"), LastActive: d.name("last_active"), Migrations: d.name("migrations"),
		UserAccounts: d.name("user_accounts"),
	}
	return d
}

// name returns the name of a table or an index as it is written in a statement.
func (d sqlite) name(table string) string {
	return Quoted(d.prefix + table)
}

func (d sqlite) Tables() Tables { return d.tables }

func (d sqlite) place() string { return printable.Sprintf("the prefix %q", d.prefix) }

func (d sqlite) Migrations() Files {
	prefix := strings.ReplaceAll(d.prefix, `"`, `""`)
	return files("migrations/sqlite", d.tables.Migrations, strings.NewReplacer("{prefix}", prefix))
}

func (sqlite) ownStatement() bool { return false }

// nextChange is the number of the next change.
func (d sqlite) nextChange() string {
	return "(SELECT coalesce(max(changed), 0) + 1 FROM " + d.tables.Accounts + ")"
}

func (d sqlite) append(ctx context.Context, c Conn, e *entry, _ time.Duration) (stored bool, err error) {
	account, version := key(e.account), bounded(e.Version)
	advance := "UPDATE " + d.tables.Accounts + " SET version = $2, changed = " + d.nextChange() + ", indexed = CASE WHEN $4 AND indexed = version THEN $2 ELSE indexed END, mirrored_at = CASE WHEN $3 AND mirrored_at = version THEN $2 ELSE mirrored_at END" +
		" WHERE account = $1 AND version = $2 - 1 AND (NOT mirrored OR $3)"
	if version == 1 {
		advance = "INSERT INTO " + d.tables.Accounts + " (account, version, changed, mirrored, indexed, mirrored_at) VALUES ($1, $2, " + d.nextChange() + ", $3, CASE WHEN $4 THEN 1 ELSE 0 END, CASE WHEN $3 THEN 1 ELSE 0 END) ON CONFLICT DO NOTHING"
	}
	if n, err := c.Exec(ctx, advance, account, version, e.mirrored, e.Users.Known); n == 0 || err != nil {
		return false, err
	}
	if _, err := c.Exec(ctx, "INSERT INTO "+d.tables.Commits+" (account, version, data) VALUES ($1, $2, $3)", account, version, filled(e.Data)); err != nil {
		return false, err
	}
	for _, r := range e.kept {
		if _, err := c.Exec(ctx, "INSERT INTO "+d.tables.Records+" (account, user_id, data) VALUES ($1, $2, $3)"+
			" ON CONFLICT (account, user_id) DO UPDATE SET data = excluded.data", account, key(r.User), filled(r.Data)); err != nil {
			return false, err
		}
	}
	for _, user := range e.removed {
		if _, err := c.Exec(ctx, "DELETE FROM "+d.tables.Records+" WHERE account = $1 AND user_id = $2", account, user); err != nil {
			return false, err
		}
	}
	for _, user := range e.wiped {
		if _, err := c.Exec(ctx, "DELETE FROM "+d.tables.LastActive+" WHERE account = $1 AND user_id = $2", account, user); err != nil {
			return false, err
		}
	}
	return true, d.changeUsers(ctx, c, e)
}

// changeUsers changes the index of users.
func (d sqlite) changeUsers(ctx context.Context, c Conn, e *entry) error {
	if e.Users.Cleared {
		if _, err := c.Exec(ctx, "DELETE FROM "+d.tables.UserAccounts+" WHERE account = $1", key(e.account)); err != nil {
			return err
		}
	}
	for _, user := range e.left {
		if _, err := c.Exec(ctx, "DELETE FROM "+d.tables.UserAccounts+" WHERE user_id = $1 AND account = $2", user, key(e.account)); err != nil {
			return err
		}
	}
	return d.addUsers(ctx, c, e.account, e.added)
}

func (d sqlite) addUsers(ctx context.Context, c Conn, account usher.AccountID, users [][]byte) error {
	for _, user := range users {
		if _, err := c.Exec(ctx, "INSERT INTO "+d.tables.UserAccounts+" (user_id, account) VALUES ($1, $2) ON CONFLICT DO NOTHING", user, key(account)); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) stale() string { return "indexed <> max(version, 0)" }

// atomic uses a savepoint: after an error of a statement, SQLite would commit those before it.
func (sqlite) atomic(ctx context.Context, c Conn, f func() error) error {
	if _, err := c.Exec(ctx, "SAVEPOINT usher"); err != nil {
		return err
	}
	err := f()
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		_, _ = c.Exec(ctx, "ROLLBACK TO usher") // it fails if SQLite has rolled back the transaction
	}
	_, released := c.Exec(ctx, "RELEASE usher")
	return cmp.Or(err, released)
}

func (d sqlite) group(ctx context.Context, c Conn, entries []*entry) (err error) {
	for _, e := range entries {
		if e.stored, err = d.append(ctx, c, e, noWait); err != nil {
			return err
		}
	}
	return nil
}

func (d sqlite) lock(ctx context.Context, c Conn, account usher.AccountID, mode lockMode) (row position, found bool, err error) {
	if mode != lookOnly {
		// A statement that may write takes the lock of the database, even if it changes nothing.
		if _, err := c.Exec(ctx, "UPDATE "+d.tables.Accounts+" SET version = version WHERE 0"); err != nil {
			return position{}, false, err
		}
	}
	err = rows(ctx, c, func(r Rows) error {
		found = true
		return r.Scan(&row.last, &row.mirrored)
	}, "SELECT version, mirrored FROM "+d.tables.Accounts+" WHERE account = $1", key(account))
	return row, found, err
}

func (d sqlite) erase() []string {
	statements := []string{"INSERT INTO " + d.tables.Accounts + " (account, version, changed) VALUES ($1, -1, " + d.nextChange() + ")" +
		" ON CONFLICT (account) DO UPDATE SET version = excluded.version, changed = excluded.changed, indexed = 0, shortened = 0, seal = NULL WHERE version <> excluded.version"}
	for _, table := range []string{d.tables.Commits, d.tables.Snapshots, d.tables.Records, d.tables.LastActive, d.tables.UserAccounts} {
		statements = append(statements, "DELETE FROM "+table+" WHERE account = $1")
	}
	return statements
}

func (d sqlite) saveLastActive(ctx context.Context, c Conn, account usher.AccountID, times []store.LastActive) error {
	for _, l := range times {
		if _, err := c.Exec(ctx, "INSERT INTO "+d.tables.LastActive+" (account, user_id, at) VALUES ($1, $2, $3)"+
			" ON CONFLICT (account, user_id) DO UPDATE SET at = excluded.at WHERE excluded.at > at", key(account), key(l.User), l.At.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// versionsAtOnce is the number of accounts in one query of versions.
const versionsAtOnce = 256

func (d sqlite) versions(ctx context.Context, c Conn, accounts []usher.AccountID) (map[usher.AccountID]int64, error) {
	found := make(map[usher.AccountID]int64, len(accounts))
	for len(accounts) > 0 {
		n := min(len(accounts), versionsAtOnce)
		args := make([]any, n)
		for i, account := range accounts[:n] {
			args[i] = key(account)
		}
		accounts = accounts[n:]
		in := strings.Repeat("?, ", n-1) + "?"
		err := rows(ctx, c, func(r Rows) error {
			var account []byte
			var version int64
			err := r.Scan(&account, &version)
			found[usher.AccountID(account)] = version
			return err
		}, "SELECT account, version FROM "+d.tables.Accounts+" WHERE account IN ("+in+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (d sqlite) changes(ctx context.Context, c Conn, since int64, limit int) (changed map[usher.AccountID]int64, next int64, err error) {
	if since < 0 {
		err = rows(ctx, c, func(r Rows) error { return r.Scan(&next) }, "SELECT coalesce(max(changed), 0) FROM "+d.tables.Accounts)
		return nil, next, err
	}
	changed, next = map[usher.AccountID]int64{}, since
	err = rows(ctx, c, func(r Rows) error {
		var account []byte
		var version int64
		err := r.Scan(&account, &version, &next)
		changed[usher.AccountID(account)] = version
		return err
	}, "SELECT account, version, changed FROM "+d.tables.Accounts+" WHERE changed > $1 ORDER BY changed LIMIT $2", since, int64(limit))
	return changed, next, err
}

// lockMigrations does nothing: a transaction that may write excludes all others.
func (sqlite) lockMigrations(context.Context, Transaction) error { return nil }

func (d sqlite) tableExists(ctx context.Context, c Conn, table string) (exists bool, err error) {
	err = rows(ctx, c, func(Rows) error { exists = true; return nil },
		"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", d.prefix+table)
	return exists, err
}
