// Rolecolumn replaces checks of a role column, in two steps.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

const schema = `
	CREATE TABLE users (company TEXT, id TEXT, role TEXT, PRIMARY KEY (company, id));
	INSERT INTO users VALUES ('acme', 'olivia', 'OWNER'), ('acme', 'adam', 'ADMIN'),
		('acme', 'mia', 'USER'), ('acme', 'old', 'GUEST');`

// roles translates the values of the column. A value that is missing here gives nothing.
var roles = map[string]role.Name{"OWNER": "owner", "ADMIN": "admin", "USER": "member"}

var editCalendar = permission.MustParse("calendar.edit")

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "rolecolumn"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", filepath.Join(dir, "app.db")))
	defer db.Close()
	must(db.ExecContext(ctx, schema))
	oncehub := must(preset.Load("oncehub"))
	calendar := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"mia"}}}

	// Step 1: the column stays, and the policy decides. Log where the old code differs.
	users := readUsers(ctx, db, "acme")
	for _, id := range []usher.UserID{"olivia", "adam", "mia", "old"} {
		r := usher.Request{
			Account: "acme", Subject: id, Permission: editCalendar, Resource: calendar,
			Time: time.Now(),
		}
		d := must(oncehub.Decide(facts(users), &r))
		old := users[id].Role == "owner" || users[id].Role == "admin" // if user.role in (…)
		fmt.Printf("%s: before %t, now %t (%s)\n", id, old, d.Allowed(), d.Reason())
	}

	// Step 2: the users move into the engine, which also guards changes of roles.
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("migration"), "acme",
		account.Import{Seed: account.Seed{Users: users}}))
	_, err := az.Do(ctx, account.AsUser("mia"), "acme", account.SetRole{User: "mia", Role: "admin"})
	fmt.Println(err)
}

// facts implements policy.Facts on users that were read before.
type facts map[usher.UserID]policy.User

// User implements policy.Facts.
func (f facts) User(id usher.UserID) (*policy.User, error) {
	u, ok := f[id]
	if !ok {
		return nil, nil
	}
	return &u, nil
}

// Account implements policy.Facts.
func (f facts) Account() (*policy.Account, error) { return &policy.Account{}, nil }

func readUsers(ctx context.Context, db *sql.DB, company string) map[usher.UserID]policy.User {
	rows := must(db.QueryContext(ctx, `SELECT id, role FROM users WHERE company = ?1`, company))
	defer rows.Close()
	users := map[usher.UserID]policy.User{}
	for rows.Next() {
		var id usher.UserID
		var column string
		if err := rows.Scan(&id, &column); err != nil {
			log.Fatal(err)
		}
		if name, ok := roles[column]; ok {
			users[id] = policy.User{Role: name, Status: usher.Active}
		} else {
			log.Printf("%s has the role %s, which the policy does not have", id, column)
		}
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	return users
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
