// Members joins a table of the host application with usher's tables of members.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/sqlstore"
)

//go:embed policy.yaml
var policySource []byte

// staff is the host application's table of people.
const staff = `
	CREATE TABLE staff (id TEXT PRIMARY KEY, name TEXT NOT NULL);
	INSERT INTO staff VALUES
		('u1', 'Olivia'), ('u2', 'Mia'), ('u3', 'Max'), ('u4', 'Ann'), ('u5', 'Ben');
`

// byName is a page of the active users with a role, sorted by name.
const byName = `
	SELECT s.name, m.role FROM usher_members AS m JOIN staff AS s ON s.id = m.user_id
	WHERE m.account = ?1 AND m.role = ?2 AND m.status = 'active'
	ORDER BY s.name LIMIT ?3 OFFSET ?4`

// managers are the managers of teams, also of teams above the one where a user is.
const managers = `
	WITH RECURSIVE above (team) AS (
		SELECT team FROM usher_team_members WHERE account = ?1 AND user_id = ?2
		UNION
		SELECT t.parent FROM usher_teams AS t JOIN above ON t.team = above.team
		WHERE t.account = ?1 AND t.parent IS NOT NULL
	)
	SELECT s.name, r.team FROM usher_team_roles AS r JOIN above ON r.team = above.team
	JOIN staff AS s ON s.id = r.user_id
	WHERE r.account = ?1 AND r.role = 'manager' ORDER BY s.name`

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "members"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_txlock=immediate"))
	defer db.Close()
	must(db.ExecContext(ctx, staff))

	options := sqlstore.Options{Dialect: sqlstore.SQLite, Members: true}
	if err := sqlstore.Migrate(ctx, db, options); err != nil {
		log.Fatal(err)
	}
	s := must(sqlstore.Open(ctx, db, options))
	defer s.Close()
	p := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: p, Store: s}))
	defer az.Close()

	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "u1"},
		account.CreateTeam{Team: "sales"},
		account.CreateTeam{Team: "berlin", Parent: "sales"},
		account.AddUser{User: "u2"},
		account.AddUser{User: "u3", Teams: []usher.TeamID{"berlin"}},
		account.AddUser{User: "u4"},
		account.AddUser{User: "u5", Role: "admin"},
		account.AddToTeam{Team: "sales", User: "u2"},
		account.SetTeamRole{Team: "sales", User: "u2", Role: "manager"}))

	fmt.Println("page 1:", list(ctx, db, byName, "acme", "staff", 2, 0))
	fmt.Println("page 2:", list(ctx, db, byName, "acme", "staff", 2, 2))
	fmt.Println("managers of Max:", list(ctx, db, managers, "acme", "u3"))

	// The tables and the journals agree.
	for difference, err := range s.CheckMembers(ctx) {
		log.Fatal(difference.Text, err)
	}
}

// list returns the rows of a query with two columns.
func list(ctx context.Context, db *sql.DB, query string, args ...any) (found []string) {
	rows := must(db.QueryContext(ctx, query, args...))
	defer rows.Close()
	for rows.Next() {
		var name, of string
		if err := rows.Scan(&name, &of); err != nil {
			log.Fatal(err)
		}
		found = append(found, name+" ("+of+")")
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	return found
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
