package mirror

import (
	"context"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// batch contains rows of many accounts to delete and to write. The zero batch is empty. It is not
// safe for concurrent use.
type batch struct {
	wiped   rows              // accounts
	cleared rows              // accounts and users
	deleted [len(tables)]rows // keys
	written [len(tables)]rows // keys and values
	updated rows              // keys and values of members; empty values stay as they are
	heirs   []heir
	len     int // rows written
}

// rows are the columns of some rows.
type rows [][]string

// heir is a user who gets the unique role, which another user had before the commit.
type heir struct {
	account, owner string
	in             *rows // at the row's index
	at             int
}

func (r *rows) add(cells ...string) {
	if *r == nil {
		*r = make(rows, len(cells))
	}
	for i, c := range cells {
		(*r)[i] = append((*r)[i], c)
	}
}

func (r rows) count() int {
	if len(r) == 0 {
		return 0
	}
	return len(r[0])
}

// add adds what a commit changes. A batch may contain one commit of an account.
func (b *batch) add(d *delta) {
	if d.wiped {
		b.wiped.add(d.account)
	}
	for user := range d.cleared {
		b.cleared.add(d.account, user)
	}
	for k, c := range d.rows {
		switch {
		case c.gone:
			b.deleted[k.table].add(cells(d.account, k, nil)...)
			continue
		case c.partial:
			b.updated.add(cells(d.account, k, c.values[:])...)
		default:
			b.written[k.table].add(cells(d.account, k, c.values[:])...)
		}
		b.len++
		if c.heir {
			in := &b.written[members]
			if c.partial {
				in = &b.updated
			}
			b.heirs = append(b.heirs, heir{d.account, d.owner, in, in.count() - 1})
		}
	}
}

// wipe deletes all rows of an account before others are written.
func (b *batch) wipe(account string) { b.wiped.add(account) }

// write adds a row to write.
func (b *batch) write(account string, k key, v values) {
	b.written[k.table].add(cells(account, k, v[:])...)
	b.len++
}

// cells returns the columns of a row: the account, the key and the values.
func cells(account string, k key, v []string) []string {
	t := tables[k.table]
	list := make([]string, 0, 6)
	list = append(list, account)
	list = append(list, k.parts[:len(t.key)]...)
	return append(list, v[:min(len(v), len(t.values))]...)
}

// exec writes the rows, and empties the batch. The Conn must be a transaction, which also wrote the
// commits.
func (b *batch) exec(ctx context.Context, conn sqljournal.Conn, in Tables) error {
	if err := b.findUniqueRoles(ctx, conn, in); err != nil {
		return err
	}
	for _, s := range in.statements(b) {
		if _, err := conn.Exec(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	*b = batch{}
	return nil
}

// findUniqueRoles reads the names of the unique roles, which a commit that transfers one does not
// contain.
func (b *batch) findUniqueRoles(ctx context.Context, conn sqljournal.Conn, in Tables) error {
	for _, h := range b.heirs {
		role, err := readText(ctx, conn, "SELECT role FROM "+in.name(members)+" WHERE account = $1 AND user_id = $2", h.account, h.owner)
		if err != nil {
			return err
		}
		if role == "" {
			return printable.Errorf("the tables of members lack %s, the owner of %s; rebuild them", h.owner, h.account)
		}
		(*h.in)[2][h.at] = role // the account, the user, the role
	}
	return nil
}

// readText returns the first column of the first row of a query, or "" if there is none.
func readText(ctx context.Context, conn sqljournal.Conn, query string, args ...any) (s string, err error) {
	found, err := conn.Query(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer found.Close()
	if found.Next() {
		if err := found.Scan(&s); err != nil {
			return "", err
		}
	}
	return s, found.Err()
}
