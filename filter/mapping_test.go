package filter_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

func TestCompileRefuses(t *testing.T) {
	account := filter.Column{Name: "p.account"}
	page := func(change func(*filter.Mapping)) filter.Mapping {
		m := filter.Mapping{Type: "page", Account: account, Parties: map[string]filter.Party{}, Attributes: map[string]filter.Attribute{}}
		change(&m)
		return m
	}
	host := func(p filter.Party) filter.Mapping {
		return page(func(m *filter.Mapping) { m.Parties["host"] = p })
	}
	key, id := map[string]string{"page": "p.id"}, filter.Column{Name: "id"}
	for _, row := range []struct {
		m    filter.Mapping
		want string
	}{
		{filter.Mapping{}, "mapping without a type of resource"},
		{page(func(m *filter.Mapping) { m.Account = filter.Column{} }), "mapping of page: account: the column is missing (every condition requires it)"},
		{page(func(m *filter.Mapping) { m.Account.Name = "account" }), `mapping of page: account: column "account": qualify it with its table or alias, such as c.host_id`},
		{host(nil), "mapping of page: party host: it is nil; use Empty if it is always empty, or Unknown if the table does not have it"},
		{host(filter.Column{}), `mapping of page: party host: column "": qualify it with its table or alias, such as c.host_id`},
		{host(filter.Column{Name: "p.host", Kind: 9}), "mapping of page: party host: unknown Kind 9 (want Text, Integer or UUID)"},
		{host(filter.Column{Name: "p."}), "mapping of page: party host: column the name is empty"},
		{host(filter.Column{Name: "a.b.c.d"}), `mapping of page: party host: column "a.b.c.d" has 4 dot-separated parts`},
		{host(filter.Column{Name: "p.host id"}), `mapping of page: party host: column "host id" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Column{Name: `p.host"`}), `mapping of page: party host: column "host\"" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Column{Name: "p.1st"}), `mapping of page: party host: column "1st" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Column{Name: "p.host\x00"}), `mapping of page: party host: column "host\x00" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Column{Name: "p.\xff"}), `mapping of page: party host: column "\xff" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Column{Name: "usher_m.host"}), `mapping of page: party host: column "usher_m": names with the prefix usher_ are reserved`},
		{host(filter.Column{Name: "USHER_m.host"}), `mapping of page: party host: column "USHER_m": names with the prefix usher_ are reserved`},
		{host(filter.Column{Name: "p." + strings.Repeat("x", 64)}), `mapping of page: party host: column "` + strings.Repeat("x", 64) + `" is longer than 63 bytes`},
		{host(filter.Array{Name: "hosts"}), `mapping of page: party host: column "hosts": qualify it with its table or alias, such as c.host_id`},
		{host(filter.Join{}), "mapping of page: party host: table: the name is empty"},
		{host(filter.Join{Table: "a.b.c", Key: key, ID: id}), `mapping of page: party host: table: "a.b.c" has 3 dot-separated parts`},
		{host(filter.Join{Table: "hosts; --", Key: key, ID: id}), `mapping of page: party host: table: "hosts; --" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{host(filter.Join{Table: "hosts", Key: key}), "mapping of page: party host: id: the name is empty"},
		{host(filter.Join{Table: "hosts", Key: key, ID: filter.Column{Name: "h.id"}}), `mapping of page: party host: id: "h.id" has 2 dot-separated parts`},
		{host(filter.Join{Table: "hosts", ID: id}), "mapping of page: party host: a join needs a Key: its columns that must equal columns of the row"},
		{host(filter.Join{Table: "hosts", Key: map[string]string{"page": "id"}, ID: id}), `mapping of page: party host: key: column "id": qualify it with its table or alias, such as c.host_id`},
		{host(filter.Join{Table: "hosts", Key: map[string]string{"h.page": "p.id"}, ID: id}), `mapping of page: party host: key: "h.page" has 2 dot-separated parts`},
		{host(filter.Join{Table: "hosts", Key: key, ID: id, Account: filter.Column{Name: "h.account"}}), `mapping of page: party host: account: "h.account" has 2 dot-separated parts`},
		{host(filter.Join{Table: "hosts", Key: key, ID: id, Account: filter.Column{Kind: filter.UUID}}), "mapping of page: party host: account: the name is empty"},
		{page(func(m *filter.Mapping) { m.Attributes["public"] = nil }), "mapping of page: attribute public: it is nil; use Unknown if the table does not have it"},
		{page(func(m *filter.Mapping) { m.Attributes["public"] = filter.Column{Name: "1=1"} }), `mapping of page: attribute public: column "1=1": qualify it with its table or alias, such as c.host_id`},
	} {
		table, err := row.m.Compile(filter.PostgreSQL)
		assert.EqualError(t, err, row.want)
		assert.ErrorIs(t, err, filter.ErrMapping)
		assert.Nil(t, table)
	}
	_, err := page(func(*filter.Mapping) {}).Compile(0)
	assert.EqualError(t, err, "mapping of page: the dialect is missing (want PostgreSQL or SQLite)")
	_, err = page(func(*filter.Mapping) {}).Compile(7)
	assert.EqualError(t, err, "mapping of page: unknown dialect Dialect(7) (want PostgreSQL or SQLite)")
}

func TestTableNames(t *testing.T) {
	parties, attributes := compile(t, columns, filter.SQLite).Names()
	assert.Equal(t, []string{"host", "team"}, parties)
	assert.Equal(t, []string{"public"}, attributes)
	parties, attributes = (*filter.Table)(nil).Names()
	assert.Empty(t, parties)
	assert.Empty(t, attributes)
}

func TestDialectString(t *testing.T) {
	for d, want := range map[filter.Dialect]string{0: "no dialect", filter.PostgreSQL: "PostgreSQL", filter.SQLite: "SQLite", 3: "Dialect(3)"} {
		assert.Equal(t, want, d.String())
	}
}

// A name may have all the bytes that PostgreSQL looks at.
func TestLongestName(t *testing.T) {
	_, err := filter.Mapping{Type: "page", Account: filter.Column{Name: "p." + strings.Repeat("x", 63)}}.Compile(filter.PostgreSQL)
	assert.NoError(t, err)
}

// FuzzIdentifier searches for names that a mapping accepts, and that are more than one name in SQL.
func FuzzIdentifier(f *testing.F) {
	for _, name := range []string{
		"p.host", "s.p.host", `p."host"`, "p.host--", "p.a/**/b", "p.h;DROP TABLE p", "p.ümlaut", "p.$1", "p.a$1", "p.\u202ehost", "p.'", "p.a b", "p.\x00", "p.ho\u0301st", "..", "p.TRUE", "p.select",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
			table, err := filter.Mapping{
				Type: "page", Account: filter.Column{Name: name},
				Parties: map[string]filter.Party{"host": filter.Join{Table: "hosts", Key: map[string]string{"page": name}, ID: filter.Column{Name: "id"}}},
			}.Compile(d)
			if err != nil {
				continue
			}
			c, err := pages(over(criteria.Some, hosts("mia"))).SQL(table, 1)
			if err != nil {
				t.Fatal(err)
			}
			quoted := `"` + strings.ReplaceAll(name, ".", `"."`) + `"`
			if strings.ContainsAny(name, "\"'`;\\[]()-/* \t\r\n\x00\ufffd") {
				t.Fatalf("%q is accepted as a name", name)
			}
			times := map[filter.Dialect]int{filter.PostgreSQL: 3, filter.SQLite: 2}[d] // PostgreSQL has the account twice
			if n := strings.Count(c.SQL, quoted); n != times {
				t.Fatalf("%q stands in the condition %d times: %s", quoted, n, c.SQL)
			}
			if rest := strings.ReplaceAll(c.SQL, quoted, ""); strings.Count(rest, `"`)%2 != 0 {
				t.Fatalf("quotes are left open: %s", c.SQL)
			}
		}
	})
}
