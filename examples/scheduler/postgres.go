package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	journal "github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

// The ids are compared by their bytes, as in SQLite, so that lists have the same order.
var postgresDialect = dialect{
	filters:   filter.PostgreSQL,
	journals:  sqlstore.PostgreSQL,
	parameter: "$$$1",
	hosts: `(SELECT coalesce(json_agg(h.user_id ORDER BY h.user_id), '[]') FROM calendar_hosts h
		WHERE h.account_id = c.account_id AND h.calendar_id = c.id)`,
	share:    ` FOR SHARE`,
	lockHost: `SELECT pg_advisory_xact_lock(hashtextextended(?1::text || ' ' || ?2::text, 0))`,
	begin:    `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'`, // each statement sees what it has waited for
	failure:  postgresFailure,
	schema: `
SELECT pg_advisory_xact_lock(hashtextextended('scheduler', 0)); -- instances may start at the same time
CREATE SCHEMA IF NOT EXISTS scheduler;
CREATE TABLE IF NOT EXISTS calendars (
	account_id text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	title      text NOT NULL,
	team_id    text COLLATE "C",
	revision   bigint NOT NULL DEFAULT 1, -- counts the changes
	PRIMARY KEY (account_id, id)
);
CREATE TABLE IF NOT EXISTS calendar_hosts (
	account_id  text COLLATE "C" NOT NULL,
	calendar_id text COLLATE "C" NOT NULL,
	user_id     text COLLATE "C" NOT NULL,
	PRIMARY KEY (account_id, calendar_id, user_id),
	FOREIGN KEY (account_id, calendar_id) REFERENCES calendars ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS calendar_hosts_user ON calendar_hosts (account_id, user_id);
CREATE TABLE IF NOT EXISTS bookings (
	account_id  text COLLATE "C" NOT NULL,
	id          text COLLATE "C" NOT NULL,
	calendar_id text COLLATE "C" NOT NULL,
	host_id     text COLLATE "C" NOT NULL, -- empty if the host is not a user any more
	starts      bigint NOT NULL, -- seconds since 1970
	ends        bigint NOT NULL,
	title       text NOT NULL,
	guest       text NOT NULL,
	notes       text NOT NULL,
	PRIMARY KEY (account_id, id),
	FOREIGN KEY (account_id, calendar_id) REFERENCES calendars ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS bookings_calendar ON bookings (account_id, calendar_id, starts, id);
CREATE INDEX IF NOT EXISTS bookings_host ON bookings (account_id, host_id, starts);
`,
}

// openPostgres opens a database, and creates the tables that are missing.
func openPostgres(ctx context.Context, url string, p *policy.Policy) (st *store, err error) {
	if st, err = newStore(&postgresDialect, p); err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	// The tables of this service are in a schema of their own. By default they could get into that of
	// usher, if the name of the database user is usher.
	config.RuntimeParams["search_path"] = "scheduler"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	st.reads, st.writes, st.journals = db, db, db
	err = st.change(ctx, func(tx *tx) error {
		_, err := tx.exec(ctx, st.dialect.schema)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// postgresFailure recognizes conflicts of transactions, and text that PostgreSQL cannot store.
func postgresFailure(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return errors.Join(journal.ErrRetry, err)
	case "22021", "22P05": // not UTF-8, or NUL
		return badRequest("The request contains characters that are not allowed.")
	}
	return err
}
