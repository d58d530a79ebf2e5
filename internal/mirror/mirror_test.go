package mirror

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/store"
)

var (
	seed     = flag.Uint64("seed", 1, "the first seed of the random journals")
	journals = flag.Int("journals", 300, "how many random journals")
)

// model is the tables as maps.
type model map[key]values

// apply does what the statements of a batch do.
func (m model) apply(d *delta) {
	if d.then != nil {
		defer m.apply(d.then)
	}
	if was, by := d.replaced[0], d.replaced[1]; was != "" {
		m.replace(was, by)
	}
	unique, before := m[at(members, d.owner)][0], maps.Clone(m)
	for k, v := range before {
		if d.wiped || d.clears(k) {
			delete(m, k)
		} else if k.table == requests {
			v, stays, err := afterLeaving(v, d.left)
			if err != nil {
				panic(err)
			}
			if m[k] = v; !stays {
				delete(m, k)
			}
		}
	}
	for k, c := range d.rows {
		if c.gone {
			delete(m, k)
			continue
		}
		v := c.values
		if c.partial {
			old, found := m[k]
			if !found {
				continue // an UPDATE changes no row
			}
			for i := range v {
				if v[i] == "" {
					v[i] = old[i]
				}
			}
		}
		if c.heir {
			v[0] = unique
		}
		if c.kindOf != "" {
			v[2] = before[at(members, c.kindOf)][2]
		}
		m[k] = v
	}
}

// replace does what the statements of a replaced role do.
func (m model) replace(was, by string) {
	for k, v := range maps.Clone(m) {
		switch last := len(tables[k.table].key) - 1; {
		case k.table == members && v[0] == was:
			m[k] = values{by, v[1], v[2]}
		case (k.table == rolesBeside || k.table == teamRoles) && k.parts[last] == was:
			delete(m, k)
			k.parts[last] = by
			m[k] = v
		}
	}
}

// After each commit the rows are those of the account, whatever the commit contains.
func TestRandomJournals(t *testing.T) {
	kinds := map[string]int{}
	for n := range *journals {
		from := *seed + uint64(n)
		j := mirrortest.New("acme", rand.New(rand.NewPCG(from, 0)))
		tables, made := model{}, map[uint64]time.Time{}
		for range 40 {
			e, ok := j.Next()
			if !ok {
				break
			}
			d, err := newDelta("acme", e)
			require.NoError(t, err)
			tables.apply(d)
			want := model{}
			c, err := account.DecodeCommit(e.Data)
			require.NoError(t, err)
			made[c.Version] = c.Time
			open, err := requestRows(j.State, made)
			require.NoError(t, err)
			for k, v := range rowsOf(j.State, open) {
				want[k] = v
			}
			require.Equal(t, want, tables, "after commit %d: %s\nto repeat: -run TestRandomJournals -journals 1 -seed %d", e.Version, e.Data, from)
			for _, ch := range c.Changes {
				kinds[account.NameOfChange(ch)]++
			}
		}
	}
	for _, name := range changes(t) {
		if !strings.HasPrefix(name, "field-") {
			assert.NotZero(t, kinds[name], "no journal has the change %s", name)
		}
	}
}

// changes returns the names of all changes, from the table in FORMAT.md, which is generated.
func changes(t *testing.T) (names []string) {
	t.Helper()
	page, err := os.ReadFile("../../account/FORMAT.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| change | keys |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "<!--")
	for line := range strings.Lines(table) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			names = append(names, name)
		}
	}
	require.Greater(t, len(names), 20)
	return names
}

// A new change fails this test until the tables have rows for it, or an entry that it has none.
func TestEveryChangeIsKnown(t *testing.T) {
	for _, name := range changes(t) {
		data, err := os.ReadFile(filepath.Join("../../account/testdata/commits", name+".json"))
		require.NoError(t, err)
		c, err := account.DecodeCommit(data)
		require.NoError(t, err)
		require.Equal(t, name, account.NameOfChange(c.Changes[0]))
		_, err = newDelta(c.Account, store.Entry{Commit: store.Commit{Version: c.Version, Data: data}})
		assert.NoError(t, err, name)
	}
}

// Each row is a commit that cannot be mirrored, with the text of its error.
func TestNotMirrored(t *testing.T) {
	entry := func(id usher.AccountID, version uint64, c ...account.Change) store.Entry {
		commit := account.Commit{Account: id, Version: version, ID: "c1", Time: mirrortest.Noon, Actor: account.AsHost("test"), Policy: "p", Changes: c}
		data, err := commit.Encode()
		require.NoError(t, err)
		return store.Entry{Commit: store.Commit{Version: version, Data: data}}
	}
	long := usher.UserID(strings.Repeat("u", 1000))
	for _, row := range []struct {
		account usher.AccountID
		entry   store.Entry
		want    string
	}{
		{"acme", store.Entry{Commit: store.Commit{Version: 1, Data: []byte("data")}}, "stores only commits"},
		{"acme", entry("other", 1, account.UserRemoved{User: "mia"}), `the data is commit 1 of "other" (want commit 1 of "acme")`},
		{"acme", store.Entry{Commit: store.Commit{Version: 2, Data: entry("acme", 1, account.UserRemoved{User: "mia"}).Data}}, `the data is commit 1 of "acme" (want commit 2 of "acme")`},
		{"a\x00b", entry("a\x00b", 1, account.FieldArchived{Field: "f"}), `the account "a\x00b" contains NUL`},
		{"acme", entry("acme", 2, account.UserAdded{User: "m\x00a", Role: "staff", Status: usher.Active}), `the user_id "m\x00a" contains NUL`},
		{"acme", entry("acme", 2, account.TeamCreated{Team: "t", Parent: "\x00"}), `the parent "\x00" contains NUL`},
		{"acme", entry("acme", 2, account.TeamRoleSet{Team: usher.TeamID(long), User: long, Role: "manager" + "r"}), ""},
		{"acme", entry("acme", 2, account.GrantGiven{User: long, Grant: strings.Repeat("g", 1700)}), "the ids of a row of grants have 2704 bytes together"},
	} {
		_, err := newDelta(row.account, row.entry)
		if row.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorIs(t, err, store.ErrRefused)
		assert.ErrorContains(t, err, row.want)
	}
}

// The free texts of a request never prevent a commit.
func TestHostileNote(t *testing.T) {
	v, err := rowOfRequest(account.OpenRequest{
		User: "mia", Note: "a\x00b", Commands: []account.Command{account.SetField{User: "mia", Field: "phone", Value: "1\x002"}},
	}, mirrortest.Noon)
	require.NoError(t, err)
	require.NoError(t, checkRow("acme", requestKey(1), v))
	assert.Contains(t, v, "a\uFFFDb")
}

// A commit that makes a user the owner says the name of the unique role, so a transfer in it needs no
// look into the table. An account without an owner has no row at first.
func TestOwnershipBegins(t *testing.T) {
	d := &delta{account: "acme", cleared: map[string]bool{}, rows: map[key]change{}, byUser: map[string][]key{}}
	for _, c := range []account.Change{
		account.AccountCreated{},
		account.UserAdded{User: "mia", Role: "owner", Status: usher.Active},
		account.OwnershipBegun{Owner: "mia", Unique: "owner"},
		account.OwnershipTransferred{From: "mia", To: "max", Was: "guest", Becomes: "admin"},
		account.OwnershipEnded{Owner: "max", Unique: "owner"},
	} {
		require.True(t, d.add(c))
	}
	require.NoError(t, d.err)
	assert.Empty(t, d.owner)
	assert.Equal(t, map[key]change{
		at(members, "mia"): {values: values{"admin", "active", "person"}},
		at(members, "max"): {partial: true, values: values{"owner", ""}},
	}, d.rows)
}

// The rows of a commit occur once each, even if it changes them several times.
func TestFolding(t *testing.T) {
	d := &delta{account: "acme", cleared: map[string]bool{}, rows: map[key]change{}, byUser: map[string][]key{}}
	for _, c := range []account.Change{
		account.RoleSet{User: "max", From: "staff", To: "guest"},
		account.StatusSet{User: "max", From: usher.Invited, To: usher.Active},
		account.OwnershipTransferred{From: "mia", To: "max", Was: "guest", Becomes: "admin"},
		account.OwnershipTransferred{From: "max", To: "ann", Was: "staff", Becomes: "admin"},
		account.StatusSet{User: "ann", From: usher.Active, To: usher.Inactive},
		account.MemberAdded{Team: "sales", User: "bob"},
		account.UserRemoved{User: "bob"},
		account.UserAdded{User: "bob", Role: "staff", Status: usher.Active},
	} {
		require.True(t, d.add(c))
	}
	require.NoError(t, d.err)
	assert.Equal(t, "mia", d.owner)
	assert.Equal(t, map[string]bool{"bob": true}, d.cleared)
	assert.Equal(t, map[key]change{
		at(members, "mia"): {partial: true, values: values{"admin", ""}},
		at(members, "max"): {partial: true, values: values{"admin", "active"}},
		at(members, "ann"): {partial: true, heir: true, values: values{"", "inactive"}},
		at(members, "bob"): {values: values{"staff", "active", "person"}},
	}, d.rows)
}

// The text of a statement depends on the tables that a batch has rows for, not on their number.
func TestStatements(t *testing.T) {
	for _, in := range []Tables{{Name: func(s string) string { return `"usher".` + s }}, {Name: func(s string) string { return "usher_" + s }, SQLite: true}} {
		var got []string
		for _, users := range []int{1, 1000} {
			var b batch
			for i := range users {
				b.write("acme", at(members, fmt.Sprint(i)), values{"staff", "active"})
				b.write("acme", at2(teamMembers, "sales", fmt.Sprint(i)), values{})
			}
			var all []string
			for _, s := range in.statements(&b) {
				all = append(all, s.text)
			}
			got = append(got, strings.Join(all, ";\n"))
		}
		assert.Equal(t, got[0], got[1])
		assert.Equal(t, map[bool]int{false: 0, true: 1}[in.SQLite], strings.Count(got[0], ";"))
	}
}
