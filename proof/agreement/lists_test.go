package agreement_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
)

var ctx = context.Background()

// lists compares the lists of all rows with checks of each row: in Go, and in SQL over tables with
// rows of other accounts, too. Parameters of a query are numbered from first.
func (s *host) lists(q question, user usher.UserID, first int) error {
	f, err := s.Filter(ctx, q.by(user, nil))
	if err != nil {
		return err
	}
	if f.Account() != q.account {
		return disagree("the filter", q, user, nil, f.Account(), q.account)
	}
	types := s.types(q.permission)
	if !slices.Equal(f.Types(), types) {
		return disagree("the filter", q, user, nil, f.Types(), types)
	}
	for _, row := range s.rows[q.account] {
		if slices.Contains(types, row.typ) {
			continue
		}
		if selected, err := f.Match(row); selected || err != nil {
			return disagree("Match", q, user, row, fmt.Sprint(selected, err), "it is of another type")
		}
	}
	for _, typ := range types {
		if len(s.rowsOf(q.account, typ)) == 0 {
			continue
		}
		if err := s.list(q, user, typ, f, first); err != nil {
			return err
		}
	}
	return nil
}

// list compares the rows of one type.
func (s *host) list(q question, user usher.UserID, typ string, f filter.Filter, first int) error {
	rows := s.rowsOf(q.account, typ)
	want, got := map[int][]string{}, map[int][]string{}
	for _, row := range rows {
		d, err := s.Check(ctx, q.by(user, row))
		if err != nil {
			return err
		}
		if d.Allowed() {
			want[row.id] = d.Hidden()
		}
		if err := s.nested(q, user, row, d.Allowed()); err != nil {
			return err
		}
		selected, err := f.Match(row)
		if err != nil {
			return err
		}
		if selected {
			got[row.id] = f.Masks(row)
		}
	}
	s.seen.filter(f, want, len(rows))
	if !maps.EqualFunc(want, got, slices.Equal) {
		return differ("Match and Masks", q, user, rows, want, got, "")
	}
	for _, b := range s.bases {
		got, query, err := b.selected(s.layouts[typ], f, s.policy.Fields(typ), first)
		if err != nil {
			return fmt.Errorf("%v: %q asks for %v: %w\n%s", b.dialect, user, q, err, query)
		}
		agrees := maps.EqualFunc(want, got, slices.Equal)
		if members := s.layouts[typ].members; members != noMembers {
			s.seen.members(members, query, got)
			agrees = agrees || members == hollowMembers && selectsNoMore(got, want)
		}
		if !agrees {
			return differ(b.dialect.String(), q, user, rows, want, got, fmt.Sprintf("layout %v\n%s", s.layouts[typ], query))
		}
	}
	return nil
}

func differ(path string, q question, user usher.UserID, rows []*resource, want, got map[int][]string, query string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %q asks for %v\nit selects and masks %v\nchecks allow         %v\n", path, user, q, got, want)
	for _, row := range rows {
		fmt.Fprintln(&b, row)
	}
	b.WriteString(query)
	return errors.New(b.String())
}

// selected returns the rows that a query selects, with the fields that it masks. A filter of a
// bundle can mask fields of other types, too; such a field is an error if this type does not have
// it.
func (b *base) selected(l layout, f filter.Filter, fields []string, first int) (selected map[int][]string, query string, err error) {
	table, err := l.mapping(b.dialect).Compile(b.dialect)
	if err != nil {
		return nil, "", err
	}
	where, err := f.SQL(table, first)
	if err != nil {
		return nil, "", err
	}
	args := make([]any, first-1, first-1+len(where.Args))
	columns := []string{"t.id"}
	for i := range args {
		args[i] = fmt.Sprintf("before %d", i)
		columns = append(columns, mark(b.dialect, i+1)+" AS before"+fmt.Sprint(i))
	}
	args = append(args, where.Args...)
	var masked []string
	for _, field := range f.Fields() {
		shown, err := f.Shown(field, table, len(args)+1)
		if err != nil && len(f.Types()) > 1 && !slices.Contains(fields, field) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		masked = append(masked, field)
		columns = append(columns, "CASE WHEN "+shown.SQL+" THEN 1 END")
		args = append(args, shown.Args...)
	}
	query = "SELECT " + strings.Join(columns, ", ") + " FROM things t WHERE t.kind = '" + l.typ + "' AND " + where.SQL
	found, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, query, err
	}
	defer found.Close()
	selected, err = read(found, first-1, masked)
	return selected, fmt.Sprintf("%s\n%q", query, args), err
}

// read reads the id of each row, ignores some columns after it, and reads whether each field is
// shown.
func read(found *sql.Rows, skip int, fields []string) (map[int][]string, error) {
	rows := map[int][]string{}
	for found.Next() {
		var id int
		shows := make([]*int, len(fields))
		targets := []any{&id}
		for range skip {
			targets = append(targets, new(any))
		}
		for i := range shows {
			targets = append(targets, &shows[i])
		}
		if err := found.Scan(targets...); err != nil {
			return nil, err
		}
		if _, twice := rows[id]; twice {
			return nil, fmt.Errorf("row %d comes twice", id)
		}
		var hidden []string
		for i, shown := range shows {
			if shown == nil {
				hidden = append(hidden, fields[i])
			}
		}
		rows[id] = hidden
	}
	return rows, found.Err()
}

func mark(d filter.Dialect, n int) string {
	if d == filter.SQLite {
		return fmt.Sprintf("?%d", n)
	}
	return fmt.Sprintf("$%d::text", n)
}
