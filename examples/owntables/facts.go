package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

var (
	_ policy.Facts      = (*tables)(nil)
	_ policy.TeamLister = (*tables)(nil)
)

// tables has the facts of one company. It reads them in a transaction, so that they do not
// change during an evaluation. It is not safe for concurrent use.
type tables struct {
	ctx     context.Context
	tx      *sql.Tx
	company usher.AccountID
}

// User implements policy.Facts.
func (t *tables) User(id usher.UserID) (*policy.User, error) {
	u := &policy.User{Status: usher.Inactive}
	var active bool
	err := t.tx.QueryRowContext(t.ctx,
		`SELECT role, active FROM people WHERE company = ?1 AND id = ?2`, t.company, id,
	).Scan(&u.Role, &active)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil // not a user of the company; that is not an error
	case err != nil:
		return nil, err
	case active:
		u.Status = usher.Active
	}
	rows, err := t.tx.QueryContext(t.ctx,
		`SELECT team, manages FROM memberships WHERE company = ?1 AND person = ?2`, t.company, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m policy.Membership
		var manages bool
		if err := rows.Scan(&m.Team, &manages); err != nil {
			return nil, err
		}
		if manages {
			m.Roles = []role.Name{"manager"}
		}
		u.Teams = append(u.Teams, m)
	}
	return u, rows.Err()
}

// Account implements policy.Facts.
func (t *tables) Account() (*policy.Account, error) {
	rows, err := t.tx.QueryContext(t.ctx,
		`SELECT id, coalesce(above, '') FROM teams WHERE company = ?1`, t.company)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	parents := map[usher.TeamID]usher.TeamID{}
	for rows.Next() {
		var id, above usher.TeamID
		if err := rows.Scan(&id, &above); err != nil {
			return nil, err
		}
		parents[id] = above
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	tree, err := team.New(parents)
	return &policy.Account{Teams: tree}, err
}

// UsersIn implements policy.TeamLister. A list in SQL needs the users of the subject's teams.
func (t *tables) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) {
		ids, err := json.Marshal(teams)
		if err != nil {
			yield("", err)
			return
		}
		rows, err := t.tx.QueryContext(t.ctx, `
			SELECT DISTINCT person FROM memberships
			WHERE company = ?1 AND team IN (SELECT value FROM json_each(?2))`,
			t.company, string(ids))
		if err != nil {
			yield("", err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var id usher.UserID
			if err := rows.Scan(&id); !yield(id, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield("", err)
		}
	}
}
