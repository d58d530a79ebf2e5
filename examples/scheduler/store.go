package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	journal "github.com/usher-go/usher/store"
)

// store stores calendars and bookings in SQLite or PostgreSQL. It makes no decisions: lists take a
// filter, and changes take the resource on which the decision was made.
type store struct {
	dialect  *dialect
	reads    *sql.DB
	writes   *sql.DB
	journals *sql.DB // for usher, if its journals are in this database

	calendars *filter.Table
	bookings  *filter.Table
}

// The errors of a store.
var (
	errNoRow   = sql.ErrNoRows
	errChanged = problem(http.StatusConflict, "changed-meanwhile", "The calendar was changed at the same time. Please reload it and try again.")
	errTaken   = problem(http.StatusConflict, "slot-taken", "The host has another booking at that time.")
)

func newStore(d *dialect, p *policy.Policy) (_ *store, err error) {
	st := &store{dialect: d}
	if st.calendars, err = tableOf(d, p, calendarMapping, viewCalendar); err != nil {
		return nil, err
	}
	if st.bookings, err = tableOf(d, p, bookingMapping, viewBooking); err != nil {
		return nil, err
	}
	return st, nil
}

// Close closes the database.
func (st *store) Close() error {
	return errors.Join(st.reads.Close(), st.writes.Close(), st.journals.Close())
}

// tableOf compiles a mapping and checks it against the policy when the service starts.
// Otherwise, a missing party would be found only when a rule uses it.
func tableOf(d *dialect, p *policy.Policy, m filter.Mapping, list permission.Permission) (*filter.Table, error) {
	t, err := m.Compile(d.filters)
	if err != nil {
		return nil, err
	}
	return t, p.CheckTable(t, list)
}

// read returns the statements for reading.
func (st *store) read() statements { return statements{st.dialect, st.reads} }

// tx is a transaction of this service.
type tx struct {
	statements
	sql *sql.Tx
}

// maxTries limits how often a transaction runs that conflicts with others.
const maxTries = 5

// change runs a transaction. If the database ends it because of a conflict with another transaction,
// change runs it again.
func (st *store) change(ctx context.Context, do func(*tx) error) error {
	for try := 1; ; try++ {
		err := st.try(ctx, do)
		if !errors.Is(err, journal.ErrRetry) || try == maxTries {
			return err
		}
	}
}

func (st *store) try(ctx context.Context, do func(*tx) error) error {
	begun, err := st.writes.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = begun.Rollback() }() // after Commit it does nothing
	tx := &tx{statements{st.dialect, begun}, begun}
	if st.dialect.begin != "" {
		if _, err := tx.exec(ctx, st.dialect.begin); err != nil {
			return err
		}
	}
	if err := do(tx); err != nil {
		return err
	}
	return st.dialect.failure(begun.Commit())
}

// affected returns none if a statement changed no row.
func affected(rows int64, err error, none error) error {
	if err == nil && rows == 0 {
		return none
	}
	return err
}

// forgetUser removes all references to a user of an account, so that a later user with the
// same id does not inherit them. Calendars lose the host, and bookings are kept without a
// host.
func (tx *tx) forgetUser(ctx context.Context, in usher.AccountID, user string) error {
	for _, statement := range []string{
		`UPDATE calendars SET revision = revision + 1 WHERE account_id = ?1
			AND id IN (SELECT calendar_id FROM calendar_hosts WHERE account_id = ?1 AND user_id = ?2)`,
		`DELETE FROM calendar_hosts WHERE account_id = ?1 AND user_id = ?2`,
		`UPDATE bookings SET host_id = '' WHERE account_id = ?1 AND host_id = ?2`,
	} {
		if _, err := tx.exec(ctx, statement, in, user); err != nil {
			return err
		}
	}
	return nil
}

// forgetAccount deletes all calendars and bookings of an account.
func (tx *tx) forgetAccount(ctx context.Context, in usher.AccountID) error {
	_, err := tx.exec(ctx, `DELETE FROM calendars WHERE account_id = ?1`, in)
	return err
}

// named returns the hosts of calendars and bookings by account. For a calendar without
// hosts it contains the empty id.
func (st *store) named(ctx context.Context) (map[usher.AccountID][]string, error) {
	rows, err := st.read().query(ctx, `SELECT DISTINCT c.account_id, h.user_id FROM calendars c
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
