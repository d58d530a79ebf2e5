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

// store keeps calendars and bookings in a SQLite file. It decides nothing: each list
// takes a filter, and each change the resource that was decided on.
type store struct {
	reads  *sql.DB
	writes *sql.DB // a single connection, so that writers queue here and not in SQLite

	calendars *filter.Table
	bookings  *filter.Table
}

// What a store refuses.
var (
	errNoRow   = sql.ErrNoRows
	errChanged = problem(http.StatusConflict, "changed-meanwhile", "It has changed meanwhile. Please look at it again.")
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
	host_id     TEXT NOT NULL, -- who receives it; empty: a host who is no user any more
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

// openStore opens the file, and makes it if there is none. What it acknowledges
// survives the end of the process, and of the machine.
func openStore(ctx context.Context, path string, p *policy.Policy) (_ *store, err error) {
	st := &store{}
	if st.calendars, err = tableOf(p, calendarMapping, viewCalendar); err != nil {
		return nil, err
	}
	if st.bookings, err = tableOf(p, bookingMapping, viewBooking); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600) // SQLite would let others read it
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

// tableOf holds a mapping against the policy when the service starts: a party that it
// lacks would else show with the first user whose rules look at it.
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

// affected makes an error of a statement that found no row to change.
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

// forgetUser takes a user out of all that names them in an account, so that a user who is
// added later under the same id has nothing of it: they host no calendar any more, and
// their bookings stay without a host.
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

// forgetAccount deletes all that there is of an account.
func (st *store) forgetAccount(ctx context.Context, in usher.AccountID) error {
	_, err := st.writes.ExecContext(ctx, `DELETE FROM calendars WHERE account_id = ?1`, in)
	return err
}

// scanAll reads all rows, and closes them. The list is not nil, so that it is [] in JSON.
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

// named returns the users who host a calendar or a booking, by account, and accounts
// without any.
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
