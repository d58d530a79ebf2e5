package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/sqlstore"
)

var sqliteDialect = dialect{
	filters:  filter.SQLite,
	journals: sqlstore.SQLite,
	hosts:    `(SELECT json_group_array(h.user_id) FROM calendar_hosts h WHERE h.account_id = c.account_id AND h.calendar_id = c.id)`,
	failure:  func(err error) error { return err },
	schema: `
CREATE TABLE IF NOT EXISTS calendars (
	account_id TEXT NOT NULL,
	id         TEXT NOT NULL,
	title      TEXT NOT NULL,
	team_id    TEXT,
	revision   INTEGER NOT NULL DEFAULT 1, -- counts the changes
	PRIMARY KEY (account_id, id)
) STRICT;
CREATE TABLE IF NOT EXISTS calendar_hosts (
	account_id  TEXT NOT NULL,
	calendar_id TEXT NOT NULL,
	user_id     TEXT NOT NULL,
	PRIMARY KEY (account_id, calendar_id, user_id),
	FOREIGN KEY (account_id, calendar_id) REFERENCES calendars ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calendar_hosts_user ON calendar_hosts (account_id, user_id);
CREATE TABLE IF NOT EXISTS bookings (
	account_id  TEXT NOT NULL,
	id          TEXT NOT NULL,
	calendar_id TEXT NOT NULL,
	host_id     TEXT NOT NULL, -- empty if the host is not a user any more
	starts      INTEGER NOT NULL, -- seconds since 1970
	ends        INTEGER NOT NULL,
	title       TEXT NOT NULL,
	guest       TEXT NOT NULL,
	notes       TEXT NOT NULL,
	PRIMARY KEY (account_id, id),
	FOREIGN KEY (account_id, calendar_id) REFERENCES calendars ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS bookings_calendar ON bookings (account_id, calendar_id, starts, id);
CREATE INDEX IF NOT EXISTS bookings_host ON bookings (account_id, host_id, starts);
`,
}

// openSQLite opens a file, and creates it if there is none. Acknowledged writes survive a crash of
// the process and of the machine.
func openSQLite(ctx context.Context, path string, p *policy.Policy) (st *store, err error) {
	if st, err = newStore(&sqliteDialect, p); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600) // SQLite would create it readable by other users
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	source := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"
	if st.writes, err = sql.Open("sqlite", source); err != nil {
		return nil, err
	}
	if st.reads, err = sql.Open("sqlite", source+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, st.writes.Close())
	}
	if st.journals, err = sql.Open("sqlite", source); err != nil {
		return nil, errors.Join(err, st.reads.Close(), st.writes.Close())
	}
	st.writes.SetMaxOpenConns(1) // so that writers queue here and not in SQLite
	st.reads.SetMaxOpenConns(8)
	st.journals.SetMaxOpenConns(8)
	if err := st.create(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// create creates the tables. While another instance turns on write-ahead logging in a new file, SQLite
// rejects statements at once, whatever busy_timeout says; so it tries again.
func (st *store) create(ctx context.Context) error {
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, err := st.writes.ExecContext(ctx, st.dialect.schema)
		busy := (*sqlite.Error)(nil)
		if !errors.As(err, &busy) || busy.Code()&0xff != sqlite3.SQLITE_BUSY || time.Since(begun) > 5*time.Second {
			return err
		}
	}
}
