package mirror

import (
	"context"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// batch contains rows of many accounts to delete and to write. The zero batch is empty. It is not
// safe for concurrent use.
type batch struct {
	replaced rows // accounts, roles, and the roles that their holders get

	wiped   rows // accounts
	cleared rows // accounts and users

	withdrawn rows     // accounts and users whose requests are deleted
	renaming  []leftOf // of accounts that rename users
	disbanded rows     // accounts and teams, whose roles on resources are deleted
	forgotten rows     // accounts and resources, on which all roles are deleted

	deleted [len(tables)]rows // keys
	written [len(tables)]rows // keys and values
	updated rows              // keys and values of members; empty values stay as they are
	moved   rows              // accounts, requests, authors and commands
	heirs   []heir
	len     int // rows written

	then *batch // what is written after all of this; nil for nothing
}

// rows are the columns of some rows.
type rows [][]string

// heir is a user who gets what another user had before the commit: the unique role, or the kind.
type heir struct {
	account, owner string
	column         int   // the index in values
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
	if d.replaced[0] != "" {
		b.replaced.add(d.account, d.replaced[0], d.replaced[1])
	}
	if d.then != nil {
		if b.then == nil {
			b.then = &batch{}
		}
		b.then.add(d.then)
	}
	if d.wiped {
		b.wiped.add(d.account)
	}
	for user := range d.cleared {
		b.cleared.add(d.account, user)
	}
	switch {
	case renames(d.left):
		b.renaming = append(b.renaming, leftOf{d.account, d.left})
	default:
		for _, l := range d.left {
			b.withdrawn.add(d.account, l.from)
		}
	}
	for team := range d.disbanded {
		b.disbanded.add(d.account, team)
	}
	for on := range d.forgotten {
		b.forgotten.add(d.account, on[0], on[1])
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
		in := &b.written[members]
		if c.partial {
			in = &b.updated
		}
		if c.heir {
			b.heirs = append(b.heirs, heir{d.account, d.owner, 0, in, in.count() - 1})
		}
		if c.kindOf != "" {
			b.heirs = append(b.heirs, heir{d.account, c.kindOf, 2, in, in.count() - 1})
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
	list := make([]string, 0, 7)
	list = append(list, account)
	list = append(list, k.parts[:len(t.key)]...)
	return append(list, v[:min(len(v), len(t.values))]...)
}

// exec writes the rows, and empties the batch. The Conn must be a transaction, which also wrote the
// commits.
func (b *batch) exec(ctx context.Context, conn sqljournal.Conn, in Tables) error {
	if err := b.findInherited(ctx, conn, in); err != nil {
		return err
	}
	if err := b.moveRequests(ctx, conn, in); err != nil {
		return err
	}
	for _, s := range in.statements(b) {
		if _, err := conn.Exec(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	then := b.then
	*b = batch{}
	if then != nil {
		return then.exec(ctx, conn, in)
	}
	return nil
}

// findInherited reads the names of the unique roles, which a commit that transfers one does not
// contain, and the kinds of users that a commit renames.
func (b *batch) findInherited(ctx context.Context, conn sqljournal.Conn, in Tables) error {
	for _, h := range b.heirs {
		value, err := readText(ctx, conn, "SELECT "+tables[members].values[h.column]+" FROM "+in.name(members)+" WHERE account = $1 AND user_id = $2", h.account, h.owner)
		if err != nil {
			return err
		}
		if value == "" {
			return printable.Errorf("the tables of members lack the user %s of %s; rebuild them", h.owner, h.account)
		}
		(*h.in)[2+h.column][h.at] = value // after the account and the user
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
