package main

import (
	"context"
	"database/sql"
	"errors"
	"log"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

var bookSlot = permission.MustParse("slot.book")

// app is an application with tables of its own beside those of usher.
type app struct {
	db     *sql.DB
	store  *sqlstore.Store
	engine *engine.Engine
}

const tables = `
	CREATE TABLE staff (id TEXT PRIMARY KEY, name TEXT NOT NULL);
	CREATE TABLE slots (host TEXT NOT NULL, starts TEXT NOT NULL, PRIMARY KEY (host, starts));
	CREATE TABLE cursors (account TEXT PRIMARY KEY, version INTEGER NOT NULL);
	CREATE TABLE outbox (account TEXT, version INTEGER, message TEXT NOT NULL)`

// hire adds a row to the staff, and a user with a seat to the account: both, or neither.
func (a *app) hire(ctx context.Context, by, user usher.UserID, name, key string) (uint64, error) {
	var result engine.Result
	err := a.inTx(ctx, func(tx *sql.Tx) (err error) {
		result, err = a.engine.SubmitTx(ctx, a.store.Tx(tx), engine.Batch{
			Actor: account.AsUser(by), Account: "acme", IdempotencyKey: key,
			Commands: []account.Command{
				account.AddUser{User: user},
				account.AssignSeat{User: user, Pool: "booking"},
			},
		})
		if err != nil || result.Repeated {
			return err // rejected, or an earlier try has stored both
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO staff VALUES (?1, ?2)", user, name)
		return err
	})
	if err != nil {
		return 0, err
	}
	// The transaction is committed. The engine of this process reads the commit now, or soon.
	if _, err := a.engine.AtLeast("acme", result.Version).View(ctx, "acme"); err != nil {
		log.Print(err)
	}
	return result.Version, nil
}

// book stores a slot if its host may book it. Until the transaction ends, no commit can take the
// host's seat away.
func (a *app) book(ctx context.Context, host usher.UserID, starts string) error {
	return a.inTx(ctx, func(tx *sql.Tx) error {
		holder := a.engine.HolderTx(a.store.Tx(tx))
		_, err := usher.Require(ctx, holder, usher.Request{
			Account: "acme", Subject: host, Permission: bookSlot,
			Resource: &usher.Object{
				Type: "slot", ID: starts, Account: "acme",
				Parties: map[string][]string{"host": {string(host)}},
			},
		})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO slots VALUES (?1, ?2)", host, starts)
		return err
	})
}

// publish handles the commits of an account after its cursor. The message and the new cursor are
// stored together, so each commit has one message, also after a crash.
func (a *app) publish(ctx context.Context, id usher.AccountID) error {
	var cursor uint64
	row := a.db.QueryRowContext(ctx, "SELECT version FROM cursors WHERE account = ?1", id)
	if err := row.Scan(&cursor); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for commit, err := range a.engine.Journal(ctx, id, cursor) {
		if err != nil {
			return err
		}
		err := a.inTx(ctx, func(tx *sql.Tx) error { return handle(ctx, tx, commit) })
		if err != nil {
			return err
		}
	}
	return nil
}

func handle(ctx context.Context, tx *sql.Tx, c *account.Commit) error {
	for _, change := range c.Changes {
		_, err := tx.ExecContext(ctx, "INSERT INTO outbox (account, version, message) VALUES (?1, ?2, ?3)",
			c.Account, c.Version, account.DescribeChange(change))
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (account, version) VALUES (?1, ?2)
		ON CONFLICT (account) DO UPDATE SET version = excluded.version`, c.Account, c.Version)
	return err
}

// inTx runs a transaction. If the database has ended it because of a concurrent one, inTx runs it
// again from its beginning.
func (a *app) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		err := a.once(ctx, do)
		if !errors.Is(err, store.ErrRetry) || try == 5 {
			return err
		}
	}
}

func (a *app) once(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
