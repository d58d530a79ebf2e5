package sqljournal

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// postgres is the dialect of PostgreSQL 13 and later.
//
// The column xid of a row is the number of the transaction that wrote it. With it, Watch finds the
// changes of others, and a transaction finds out which commits are its own.
type postgres struct {
	schema string
	names  Tables
	texts  map[form]string      // the statements of append, except their ends
	many   map[groupForm]string // the statements of group, except their ends
}

// PostgreSQL returns the dialect for tables in a schema.
func PostgreSQL(schema string) Dialect {
	in := Quoted(schema) + "."
	d := &postgres{schema: schema, texts: map[form]string{}, many: map[groupForm]string{}, names: Tables{
		Accounts: in + "accounts", Commits: in + "commits", Snapshots: in + "snapshots",
		Records: in + "records", LastActive: in + "last_active", Migrations: in + "migrations",
		UserAccounts: in + "user_accounts",
	}}
	for _, inline := range []bool{false, true} {
		for _, records := range []bool{false, true} {
			for _, users := range []bool{false, true} {
				g := groupForm{records, users, inline}
				d.many[g] = d.groupText(g)
				for _, isNew := range []bool{false, true} {
					for _, wait := range []lockWait{asHost, skip, forAWhile} {
						f := form{isNew: isNew, records: records, users: users, wait: wait, inline: inline}
						d.texts[f] = d.appendText(f)
					}
				}
			}
		}
	}
	return d
}

func (d *postgres) place() string { return printable.Sprintf("the schema %q", d.schema) }

// Quoted returns an identifier in quotes, for statements.
func Quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (d *postgres) Tables() Tables { return d.names }

func (d *postgres) Migrations() Files {
	literal := "'" + strings.ReplaceAll(d.schema, "'", "''") + "'"
	return files("migrations/postgres", d.names.Migrations, strings.NewReplacer("{schema}", Quoted(d.schema), "{schema literal}", literal))
}

func (d *postgres) ownStatement() bool { return true }

// thisXID is the number of the transaction of a statement, also within a savepoint.
const thisXID = "pg_current_xact_id()::text::bigint"

// form is the form of a statement that appends one entry.
type form struct {
	isNew   bool // version 1
	records bool // there are records
	users   bool // it adds or removes users
	wait    lockWait
	inline  bool // the mirror is written too
}

// lockWait is what a statement does if the account is locked.
type lockWait uint8

const (
	asHost    lockWait = iota // what the settings of the transaction say
	skip                      // stores nothing
	forAWhile                 // waits for a limited time
)

// shortWait is how long a statement that does not wait for accounts waits for other rows, in
// milliseconds. Last-active times are locked for a moment.
const shortWait = "1000"

// appendText returns the statement of a form, except its end. It is one statement, so that it needs
// one round trip and no transaction: a change of the account's row, from whose result all others
// follow. A version that is not the next one changes no row, which is not an error, so that the
// transaction of a host goes on.
func (d *postgres) appendText(f form) string {
	t, n := d.names, 5 // $1 account, $2 version, $3 data, $4 mirrored, $5 indexed
	arg := func() string { n++; return "$" + strconv.Itoa(n) }
	var b strings.Builder
	b.WriteString("WITH moved AS (")
	if f.isNew {
		fmt.Fprintf(&b, "INSERT INTO %s (account, version, xid, base, mirrored, indexed, mirrored_at) SELECT $1, $2, %s, 0, $4::boolean, CASE WHEN $5::boolean THEN 1 ELSE 0 END, CASE WHEN $4::boolean THEN 1 ELSE 0 END", t.Accounts, thisXID)
	} else {
		fmt.Fprintf(&b, "UPDATE %s SET base = CASE WHEN xid = %s THEN base ELSE version END, xid = %[2]s, version = $2, indexed = CASE WHEN $5::boolean AND indexed = version THEN $2 ELSE indexed END,"+
			" mirrored_at = CASE WHEN $4::boolean AND mirrored_at = version THEN $2 ELSE mirrored_at END WHERE account = ", t.Accounts, thisXID)
		if f.wait == skip {
			fmt.Fprintf(&b, "(SELECT account FROM %s WHERE account = $1 AND version = $2 - 1 FOR NO KEY UPDATE SKIP LOCKED)", t.Accounts)
		} else {
			b.WriteString("$1")
		}
		b.WriteString(" AND version = $2 - 1 AND (NOT mirrored OR $4::boolean)")
		if f.inline {
			// A mirror that was rebuilt while the statement waited for the lock is not visible to it.
			fmt.Fprintf(&b, " AND (mirrored, rebuilt) = (SELECT s.mirrored, s.rebuilt FROM %s s WHERE s.account = $1)", t.Accounts)
		}
	}
	if f.wait != asHost {
		// The setting ends with the transaction, which is this statement.
		b.WriteString(map[bool]string{true: " WHERE ", false: " AND "}[f.isNew])
		fmt.Fprintf(&b, "(SELECT set_config('lock_timeout', %s, true)) IS NOT NULL", arg())
	}
	if f.isNew {
		b.WriteString(" ON CONFLICT DO NOTHING")
	}
	b.WriteString(" RETURNING xid, account, mirrored)")
	if f.records {
		wiped, removed, users, data := arg(), arg(), arg(), arg()
		fmt.Fprintf(&b, ", wiped AS (DELETE FROM %s l USING moved WHERE l.account = $1 AND l.user_id = ANY (%s::bytea[]))", t.LastActive, wiped)
		fmt.Fprintf(&b, ", removed AS (DELETE FROM %s r USING moved WHERE r.account = $1 AND r.user_id = ANY (%s::bytea[]))", t.Records, removed)
		fmt.Fprintf(&b, ", kept AS (INSERT INTO %s (account, user_id, data) SELECT $1, k.user_id, k.data FROM moved, unnest(%s::bytea[], %s::bytea[]) AS k (user_id, data)"+
			" ON CONFLICT (account, user_id) DO UPDATE SET data = excluded.data)", t.Records, users, data)
	}
	if f.users {
		cleared, left, added := arg(), arg(), arg()
		fmt.Fprintf(&b, ", cleared AS (DELETE FROM %s u USING moved WHERE %s::boolean AND u.account = $1 AND u.user_id <> ALL (%s::bytea[]))", t.UserAccounts, cleared, added)
		fmt.Fprintf(&b, ", gone AS (DELETE FROM %s u USING moved WHERE u.account = $1 AND u.user_id = ANY (%s::bytea[]))", t.UserAccounts, left)
		fmt.Fprintf(&b, ", came AS (INSERT INTO %s (user_id, account) SELECT a.user_id, $1 FROM moved, unnest(%s::bytea[]) AS a (user_id) ON CONFLICT DO NOTHING)", t.UserAccounts, added)
	}
	return b.String()
}

// marked is the query for the accounts that a statement changes and that the mirror has.
const marked = "SELECT account FROM moved WHERE mirrored"

// withInline adds the parts of a mirror to the text of a statement.
func withInline(text string, args []any, inline Inline) (string, []any) {
	if inline == nil {
		return text, args
	}
	parts, more := inline(len(args)+1, marked)
	for i, part := range parts {
		text += ", m" + strconv.Itoa(i) + " AS (" + part + ")"
	}
	return text, append(args, more...)
}

func (d *postgres) append(ctx context.Context, c Conn, e *entry, wait time.Duration) (bool, error) {
	f := form{isNew: e.Version == 1, records: len(e.Records) > 0, users: e.changesUsers(), inline: e.inline != nil}
	args := []any{key(e.account), bounded(e.Version), e.Data, e.mirrored, e.Users.Known}
	switch {
	case wait == noWait:
		f.wait = skip
		args = append(args, shortWait)
	case wait != hostWait:
		f.wait = forAWhile
		args = append(args, milliseconds(wait))
	}
	if f.records {
		users, data := columns(e.kept)
		args = append(args, array(e.wiped), array(e.removed), users, data)
	}
	if f.users {
		args = append(args, e.Users.Cleared, array(e.left), array(e.added))
	}
	text, args := withInline(d.texts[f], args, e.inline)
	text += " INSERT INTO " + d.names.Commits + " (account, version, xid, data) SELECT $1, $2, moved.xid, $3 FROM moved"
	n, err := c.Exec(ctx, text, args...)
	return n == 1, err
}

// atomic just calls f: after an error of a statement, the server commits nothing.
func (d *postgres) atomic(_ context.Context, _ Conn, f func() error) error { return f() }

// milliseconds returns a duration as a value of a setting.
func milliseconds(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

// columns returns the users and the data of records.
func columns(records []store.Record) (users, data [][]byte) {
	users, data = make([][]byte, len(records)), make([][]byte, len(records))
	for i, r := range records {
		users[i], data[i] = key(r.User), r.Data
	}
	return users, data
}

// array returns ids that are not nil, since nil stands for NULL.
func array(ids [][]byte) [][]byte {
	if ids == nil {
		return [][]byte{}
	}
	return ids
}

func (d *postgres) lock(ctx context.Context, c Conn, account usher.AccountID, mode lockMode) (p position, found bool, err error) {
	how := map[lockMode]string{lookOnly: "", lockAlive: " FOR KEY SHARE", lockShared: " FOR SHARE", lockWrite: " FOR NO KEY UPDATE"}[mode]
	statement := "SELECT version, CASE WHEN xid = pg_current_xact_id_if_assigned()::text::bigint THEN base ELSE version END, mirrored FROM " +
		d.names.Accounts + " WHERE account = $1" + how
	err = rows(ctx, c, func(r Rows) error {
		found = true
		return r.Scan(&p.last, &p.committed, &p.mirrored)
	}, statement, key(account))
	return p, found, err
}

func (d *postgres) erase() []string {
	t := d.names
	return []string{
		fmt.Sprintf("INSERT INTO %s (account, version, xid, base) VALUES ($1, -1, %s, 0) ON CONFLICT DO NOTHING", t.Accounts, thisXID),
		// This lock, unlike the one of an UPDATE, excludes lockAlive.
		fmt.Sprintf("SELECT FROM %s WHERE account = $1 FOR UPDATE", t.Accounts),
		fmt.Sprintf("UPDATE %s SET version = -1, xid = %s, base = 0, indexed = 0, shortened = 0, seal = NULL WHERE account = $1", t.Accounts, thisXID),
		fmt.Sprintf("DELETE FROM %s WHERE account = $1", t.Commits),
		fmt.Sprintf("DELETE FROM %s WHERE account = $1", t.Snapshots),
		fmt.Sprintf("DELETE FROM %s WHERE account = $1", t.Records),
		fmt.Sprintf("DELETE FROM %s WHERE account = $1", t.LastActive),
		fmt.Sprintf("DELETE FROM %s WHERE account = $1", t.UserAccounts),
		fmt.Sprintf("INSERT INTO %s (account, version, xid, data) VALUES ($1, -1, %s, '')", t.Commits, thisXID), // for changes
	}
}

func (d *postgres) saveLastActive(ctx context.Context, c Conn, account usher.AccountID, times []store.LastActive) error {
	users, at := make([][]byte, len(times)), make([]int64, len(times))
	for i, t := range times {
		users[i], at[i] = key(t.User), t.At.UnixMilli()
	}
	_, err := c.Exec(ctx, "INSERT INTO "+d.names.LastActive+" AS l (account, user_id, at) SELECT $1, u.user_id, u.at FROM unnest($2::bytea[], $3::bigint[])"+
		" AS u (user_id, at) ORDER BY u.user_id ON CONFLICT (account, user_id) DO UPDATE SET at = excluded.at WHERE l.at < excluded.at", key(account), users, at)
	return err
}

func (d *postgres) addUsers(ctx context.Context, c Conn, account usher.AccountID, users [][]byte) error {
	_, err := c.Exec(ctx, "INSERT INTO "+d.names.UserAccounts+" (user_id, account) SELECT u, $1 FROM unnest($2::bytea[]) AS u ON CONFLICT DO NOTHING", key(account), users)
	return err
}

func (*postgres) stale() string { return "stale" }

func (d *postgres) versions(ctx context.Context, c Conn, accounts []usher.AccountID) (map[usher.AccountID]int64, error) {
	keys := make([][]byte, len(accounts))
	for i, id := range accounts {
		keys[i] = key(id)
	}
	versions := make(map[usher.AccountID]int64, len(accounts))
	err := rows(ctx, c, func(r Rows) error {
		var id []byte
		var version int64
		err := r.Scan(&id, &version)
		versions[usher.AccountID(id)] = version
		return err
	}, "SELECT account, version FROM "+d.names.Accounts+" WHERE account = ANY ($1::bytea[])", keys)
	return versions, err
}

// changes uses the numbers of transactions. All transactions before the xmin of a snapshot have
// ended, so their changes were visible in it; a later look needs only those from xmin on. A
// transaction that stays open holds xmin back, so that looks find changes again, but delays none.
// Rows with a number after xmax come from another cluster, by a restore, and are not new.
func (d *postgres) changes(ctx context.Context, c Conn, since int64, limit int) (map[usher.AccountID]int64, int64, error) {
	if since < 0 {
		since = math.MaxInt64
	}
	var next int64
	changed := map[usher.AccountID]int64{}
	err := rows(ctx, c, func(r Rows) error {
		var id []byte
		var number int64
		if err := r.Scan(&id, &number); err != nil {
			return err
		}
		if id == nil {
			next = number
		} else {
			changed[usher.AccountID(id)] = number
		}
		return nil
	}, "SELECT NULL::bytea, pg_snapshot_xmin(pg_current_snapshot())::text::bigint UNION ALL (SELECT account, max(version) FROM "+d.names.Commits+
		" WHERE xid >= $1 AND xid < (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint) GROUP BY account LIMIT $2)", since, int64(limit))
	return changed, next, err
}

func (d *postgres) tableExists(ctx context.Context, c Conn, table string) (exists bool, err error) {
	err = rows(ctx, c, func(r Rows) error { exists = true; return nil },
		"SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2", d.schema, table)
	return exists, err
}
