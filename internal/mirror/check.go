package mirror

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// check compares the rows of an account with a state, and returns a sentence for each difference:
// "members of acme: mia has role admin (want member)". It returns none if they are equal. The Conn
// must be a transaction that sees the rows as they were at the version of the state.
func check(ctx context.Context, conn sqljournal.Conn, in Tables, s *account.State, made map[uint64]time.Time) ([]string, error) {
	id := string(s.ID())
	stored := map[key]values{}
	if checkText("account", id) == nil {
		for t := range tables {
			if err := in.read(ctx, conn, table(t), id, stored); err != nil {
				return nil, err
			}
		}
	}
	return in.compare(id, stored, s, made)
}

func (in Tables) compare(id string, stored map[key]values, s *account.State, made map[uint64]time.Time) ([]string, error) {
	var wrong []string
	rows, err := requestRows(s, made)
	if err != nil {
		return nil, err
	}
	for k, want := range rowsOf(s, rows) {
		want = in.stored(k.table, want)
		got, found := stored[k]
		if k.table == requests && want[sinceOf] == "" {
			want[sinceOf] = got[sinceOf] // the journal does not have the commit any more
		}
		delete(stored, k)
		switch {
		case !found:
			wrong = append(wrong, k.where(id)+": the row of "+k.describe()+" is missing"+k.wanted(want))
		case got != want:
			wrong = append(wrong, k.where(id)+": "+k.differs(got, want))
		}
	}
	for k := range stored {
		wrong = append(wrong, k.where(id)+": there is a row of "+k.describe()+" (want none)")
	}
	slices.Sort(wrong)
	return wrong, nil
}

// read adds the rows of an account to a map.
func (in Tables) read(ctx context.Context, conn sqljournal.Conn, t table, id string, into map[key]values) error {
	var names []string
	for _, name := range tables[t].key {
		if name == "request" {
			name = "cast(request AS text)"
		}
		names = append(names, name)
	}
	for _, name := range tables[t].values {
		names = append(names, in.text(name))
	}
	found, err := conn.Query(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+in.name(t)+" WHERE account = $1", id)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		k, v := key{table: t}, values{}
		var to []any
		for i := range tables[t].key {
			to = append(to, &k.parts[i])
		}
		for i := range tables[t].values {
			to = append(to, &v[i])
		}
		if err := found.Scan(to...); err != nil {
			return err
		}
		into[k] = v
	}
	return found.Err()
}

// text returns the expression that reads a column as a text.
func (in Tables) text(name string) string {
	switch {
	case isTime(name) && !in.SQLite:
		return `coalesce(to_char(` + name + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')`
	case name == "role" || name == "status" || name == "kind" || name == "user_id" || name == "commands":
		return name
	}
	return "coalesce(cast(" + name + " AS text), '')"
}

func (k key) where(account string) string {
	return tables[k.table].name + " of " + printable.Word(account)
}

// describe names the row: "mia", or "mia in sales".
func (k key) describe() string {
	var list []string
	for i, name := range tables[k.table].key {
		list = append(list, name+" "+printable.Word(k.parts[i]))
	}
	return strings.Join(list, ", ")
}

func (k key) wanted(want values) string {
	var list []string
	for i, name := range tables[k.table].values {
		list = append(list, name+" "+show(want[i]))
	}
	if list == nil {
		return ""
	}
	return " (want " + strings.Join(list, ", ") + ")"
}

func (k key) differs(got, want values) string {
	var has, wants []string
	for i, name := range tables[k.table].values {
		if got[i] != want[i] {
			has = append(has, name+" "+show(got[i]))
			wants = append(wants, show(want[i]))
		}
	}
	return k.describe() + " has " + strings.Join(has, ", ") + " (want " + strings.Join(wants, ", ") + ")"
}

func show(v string) string {
	if v == "" {
		return "NULL"
	}
	return printable.Word(v)
}
