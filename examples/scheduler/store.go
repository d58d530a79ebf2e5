package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// store stores calendars and bookings in a SQLite file. It makes no decisions: lists take a
// filter, and changes take the resource on which the decision was made.
type store struct {
	reads  *sql.DB
	writes *sql.DB // a single connection, so that writers queue here and not in SQLite

	calendars *filter.Table
	bookings  *filter.Table
}

// The errors of a store.
var (
	errNoRow   = sql.ErrNoRows
	errChanged = problem(http.StatusConflict, "changed-meanwhile", "The calendar was changed at the same time. Please reload it and try again.")
	errTaken   = problem(http.StatusConflict, "slot-taken", "The host has another booking at that time.")
)

const schema = `
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
`

// openStore opens the file, and creates it if there is none. Acknowledged writes survive a
// crash of the process and of the machine.
func openStore(ctx context.Context, path string, p *policy.Policy) (_ *store, err error) {
	st := &store{}
	if st.calendars, err = tableOf(p, calendarMapping, viewCalendar); err != nil {
		return nil, err
	}
	if st.bookings, err = tableOf(p, bookingMapping, viewBooking); err != nil {
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
	st.writes.SetMaxOpenConns(1)
	st.reads.SetMaxOpenConns(8)
	if _, err := st.writes.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), st.Close())
	}
	return st, nil
}

// Close closes the file.
func (st *store) Close() error { return errors.Join(st.reads.Close(), st.writes.Close()) }

// tableOf compiles a mapping and checks it against the policy when the service starts.
// Otherwise, a missing party would be found only when a rule uses it.
func tableOf(p *policy.Policy, m filter.Mapping, list permission.Permission) (*filter.Table, error) {
	t, err := m.Compile(filter.SQLite)
	if err != nil {
		return nil, err
	}
	return t, p.CheckTable(t, list)
}

// change runs statements in one transaction.
func (st *store) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := st.writes.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// affected returns none if a statement changed no row.
func affected(result sql.Result, err error, none error) error {
	if err != nil {
		return err
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return none
	}
	return nil
}

// forgetUser removes all references to a user of an account, so that a later user with the
// same id does not inherit them. Calendars lose the host, and bookings are kept without a
// host.
func (st *store) forgetUser(ctx context.Context, in usher.AccountID, user string) error {
	return st.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE calendars SET revision = revision + 1 WHERE account_id = ?1
			AND id IN (SELECT calendar_id FROM calendar_hosts WHERE account_id = ?1 AND user_id = ?2)`, in, user)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM calendar_hosts WHERE account_id = ?1 AND user_id = ?2`, in, user)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE bookings SET host_id = '' WHERE account_id = ?1 AND host_id = ?2`, in, user)
		return err
	})
}

// forgetAccount deletes all calendars and bookings of an account.
func (st *store) forgetAccount(ctx context.Context, in usher.AccountID) error {
	_, err := st.writes.ExecContext(ctx, `DELETE FROM calendars WHERE account_id = ?1`, in)
	return err
}

// scanAll reads all rows, and closes them. The list is never nil, so it is [] in JSON.
func scanAll[T any](rows *sql.Rows, scan func(into func(...any) error) (T, error)) ([]T, error) {
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// named returns the hosts of calendars and bookings by account. For a calendar without
// hosts it contains the empty id.
func (st *store) named(ctx context.Context) (map[usher.AccountID][]string, error) {
	rows, err := st.reads.QueryContext(ctx, `SELECT DISTINCT c.account_id, h.user_id FROM calendars c
		LEFT JOIN calendar_hosts h ON h.account_id = c.account_id AND h.calendar_id = c.id
		UNION SELECT account_id, host_id FROM bookings WHERE host_id <> ''`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hosts := map[usher.AccountID][]string{}
	for rows.Next() {
		var in usher.AccountID
		var user sql.NullString
		if err := rows.Scan(&in, &user); err != nil {
			return nil, err
		}
		hosts[in] = append(hosts[in], user.String)
	}
	return hosts, rows.Err()
}
