package filter_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

// The mappings of docs/lists.md: files in folders, and folders in folders.
var (
	folders = filter.Mapping{
		Type: "folder", Account: filter.Column{Name: "f.company"},
		Parties: map[string]filter.Party{"reader": filter.Join{Table: "readers", Key: map[string]string{"folder": "f.id"}, ID: filter.Column{Name: "person"}}},
		In:      filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "f.parent"}},
	}
	files = filter.Mapping{
		Type: "file", Account: filter.Column{Name: "x.company"},
		Parties: map[string]filter.Party{"author": filter.Column{Name: "x.author"}},
		In:      filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "x.folder"}, Of: folders},
	}
	comments = filter.Mapping{
		Type: "comment", Account: filter.Column{Name: "c.company"},
		Parties: map[string]filter.Party{"author": filter.Column{Name: "c.author"}},
		In: filter.ContainerColumns{Of: filter.Mapping{
			Type: "file", Parties: map[string]filter.Party{"author": filter.Column{Name: "c.file_author"}},
			In: filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "c.file_folder"}, Of: folders},
		}},
	}
)

// within returns a mapping with another container.
func within(m filter.Mapping, in filter.Container) filter.Mapping {
	m.In = in
	return m
}

func authorIs(ids ...string) criteria.PartySet {
	return criteria.PartySet{Party: "author", Set: criteria.SetOf(ids...)}
}

func readerIs(ids ...string) criteria.PartySet {
	return criteria.PartySet{Party: "reader", Set: criteria.SetOf(ids...)}
}

var inFolders = criteria.Level{Type: "folder", Over: []criteria.PartySet{readerIs("mia")}, Repeat: true}

// orAbove returns an alternative that looks at containers, the nearest first.
func orAbove(w criteria.Alternative, levels ...criteria.Level) criteria.Alternative {
	w.Scope.Above = levels
	return w
}

func not(w criteria.Alternative) criteria.Alternative {
	w.Scope.Not = true
	return w
}

// listOf returns the filter of the account acme for rows of a type.
func listOf(typ string, never []criteria.Alternative, need ...criteria.Alternative) filter.Filter {
	return filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{Name: typ, Needs: [][]criteria.Alternative{need}, Never: never}}}))
}

const writtenAbove = "testdata/above.sql"

// testdata/above.sql has conditions about containers as docs/lists.md has them. The tests of module proof
// run such conditions in databases; this test shows a reviewer how their text changes. USHER_UPDATE=1
// writes the file.
func TestContainersAsWritten(t *testing.T) {
	own := over(criteria.Some, authorIs("mia"))
	onFile := criteria.Level{Type: "file", Over: []criteria.PartySet{authorIs("mia")}}
	withAccount := comments.In.(filter.ContainerColumns)
	withAccount.Of.Account = filter.Column{Name: "c.file_company"}
	twoKeys := filter.ContainerRow{Table: "shared.folders", Key: map[string]string{"company": "x.company", "path": "x.folder"}, Of: folders}
	elsewhere := filter.ContainerRow{Table: "old_folders", Key: map[string]string{"id": "x.folder"}, Of: folders}
	var b strings.Builder
	for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
		for _, row := range []struct {
			name string
			f    filter.Filter
			m    filter.Mapping
		}{
			{"folders, own or above", listOf("folder", nil, orAbove(over(criteria.Some, readerIs("mia")), inFolders)), folders},
			{"files, own or above", listOf("file", nil, orAbove(own, inFolders)), files},
			{"files, never own or above", listOf("file", []criteria.Alternative{orAbove(own, inFolders)}, anyPage()), files},
			{"files, any and not own or above", listOf("file", nil, not(orAbove(own, inFolders))), files},
			{"files, by two columns", listOf("file", nil, orAbove(own, inFolders)), within(files, twoKeys)},
			{"files, two rules", listOf("file", nil, orAbove(own, inFolders), orAbove(own, criteria.Level{Type: "folder", Over: []criteria.PartySet{readerIs("mia", "max")}})), within(files, elsewhere)},
			{"files, only above", listOf("file", nil, orAbove(over(criteria.Some), inFolders)), files},
			{"comments, own or above", listOf("comment", nil, orAbove(own, onFile, inFolders)), comments},
			{"comments, never own or above", listOf("comment", []criteria.Alternative{orAbove(own, onFile, inFolders)}, anyPage()), comments},
			{"comments with the account of the file", listOf("comment", []criteria.Alternative{orAbove(own, onFile)}, orAbove(own, onFile)), within(comments, withAccount)},
			{"comments in a file", listOf("comment", nil, orAbove(own, onFile, inFolders)), within(comments, filter.ContainerRow{Table: "files", Key: map[string]string{"id": "c.file"}, Of: files})},
			{"files in nothing", listOf("file", []criteria.Alternative{orAbove(own, inFolders)}, orAbove(own, inFolders)), within(files, filter.Empty{})},
			{"files in folders that the table does not have", listOf("file", nil, orAbove(own, inFolders)), within(files, filter.Unknown{})},
			{"the same, never", listOf("file", []criteria.Alternative{orAbove(own, inFolders)}, anyPage()), within(files, filter.Unknown{})},
		} {
			c, err := row.f.SQL(compile(t, row.m, d), 1)
			require.NoError(t, err, row.name)
			fmt.Fprintf(&b, "-- %v: %s\n%s\n", d, row.name, c.SQL)
		}
	}
	if os.Getenv("USHER_UPDATE") != "" {
		require.NoError(t, os.WriteFile(writtenAbove, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(writtenAbove)
	require.NoError(t, err)
	assert.Equal(t, strings.Split(string(want), "\n"), strings.Split(b.String(), "\n"))
}

// A condition counts the containers below a tree, so that it never looks at more than 16 above a row.
func TestContainersAreCounted(t *testing.T) {
	own := over(criteria.Some, authorIs("mia"))
	inFile := criteria.Level{Type: "file", Over: []criteria.PartySet{authorIs("mia")}}
	ofFile := filter.ContainerRow{Table: "files", Key: map[string]string{"id": "c.file"}, Of: files}
	others := files // whose folders begin in another table
	others.In = filter.ContainerRow{Table: "all_folders", Key: map[string]string{"id": "x.folder"}, Of: folders}
	for _, row := range []struct {
		f    filter.Filter
		m    filter.Mapping
		most int
	}{
		{listOf("folder", nil, orAbove(over(criteria.Some, readerIs("mia")), inFolders)), folders, 16},
		{listOf("file", nil, orAbove(own, inFolders)), files, 16},
		{listOf("file", nil, orAbove(own, inFolders)), others, 15},
		{listOf("comment", nil, orAbove(own, inFile, inFolders)), comments, 15},
		{listOf("comment", nil, orAbove(own, inFile, inFolders)), within(comments, ofFile), 15},
		{listOf("comment", []criteria.Alternative{orAbove(own, inFile, inFolders)}, anyPage()), within(comments, ofFile), 15},
	} {
		for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
			c, err := row.f.SQL(compile(t, row.m, d), 1)
			require.NoError(t, err)
			assert.Contains(t, c.SQL, fmt.Sprintf("usher_depth < %d ", row.most))
			assert.Equal(t, 1, strings.Count(c.SQL, "usher_depth < "))
		}
	}
}

// Sixteen mappings in each other are walked one by one; the container above them is unknown.
func TestSixteenMappings(t *testing.T) {
	chain := func(n int, last filter.Container) filter.Mapping {
		m := filter.Mapping{Type: "folder", Account: filter.Column{Name: "f.company"}, Parties: map[string]filter.Party{"reader": filter.Column{Name: "f.reader"}}, In: last}
		for range n {
			m.In = filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "f.parent"}, Of: m}
		}
		return m
	}
	own := orAbove(over(criteria.Some, readerIs("mia")), inFolders)
	for _, row := range []struct {
		last         filter.Container
		holds, fails int // the number of containers
		end          string
	}{
		{filter.Empty{}, 16, 16, `(concat(usher_c16."reader") COLLATE "C" = $2::text) IS NOT TRUE`},
		{filter.Unknown{}, 16, 15, `usher_c15."parent" IS NULL`},
	} {
		table := compile(t, chain(16, row.last), filter.PostgreSQL)
		c, err := listOf("folder", nil, own).SQL(table, 1)
		require.NoError(t, err)
		assert.Equal(t, row.holds, strings.Count(c.SQL, "EXISTS"))
		c, err = listOf("folder", []criteria.Alternative{own}, anyPage()).SQL(table, 1)
		require.NoError(t, err)
		assert.Equal(t, row.fails, strings.Count(c.SQL, "EXISTS"))
		assert.Equal(t, row.end+strings.Repeat(")", len(c.SQL)-len(strings.TrimRight(c.SQL, ")"))), c.SQL[strings.LastIndex(c.SQL, row.end):])
	}
	_, err := chain(17, filter.Empty{}).Compile(filter.SQLite)
	assert.ErrorIs(t, err, filter.ErrMapping)
	assert.ErrorContains(t, err, "more than 16 containers (want Empty or Unknown above them)")
}

// What the table does not know never allows, and forbids under never.
func TestContainersFailClosed(t *testing.T) {
	own := over(criteria.Some, authorIs("mia"))
	above, only := orAbove(own, inFolders), orAbove(over(criteria.Some), inFolders)
	unread := folders
	unread.Parties = map[string]filter.Party{"reader": filter.Unknown{}}
	inUnread := filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "x.folder"}, Of: unread}
	const author = `"x"."author" COLLATE BINARY = ?2`
	const others = `(CAST("x"."author" AS TEXT) COLLATE BINARY = ?2) IS NOT TRUE`
	for _, row := range []struct {
		name string
		in   filter.Container
		f    filter.Filter
		want string
	}{
		{"unknown", filter.Unknown{}, listOf("file", nil, above), author},
		{"unknown, only above", filter.Unknown{}, listOf("file", nil, only), "FALSE"},
		{"unknown, not", filter.Unknown{}, listOf("file", nil, not(above)), "FALSE"},
		{"unknown, never", filter.Unknown{}, listOf("file", []criteria.Alternative{above}, anyPage()), "FALSE"},
		{"none", filter.Empty{}, listOf("file", nil, above), author},
		{"none, only above", filter.Empty{}, listOf("file", nil, only), "FALSE"},
		{"none, not", filter.Empty{}, listOf("file", nil, not(above)), others},
		{"none, never", filter.Empty{}, listOf("file", []criteria.Alternative{only}, anyPage()), "TRUE"},
		{"unknown parties", inUnread, listOf("file", nil, above), author},
		{"unknown parties, never", inUnread, listOf("file", []criteria.Alternative{only}, anyPage()), `+"x"."folder" IS NULL`},
		{"unknown parties of columns", filter.ContainerColumns{Of: within(unread, filter.Empty{})}, listOf("file", []criteria.Alternative{only}, anyPage()), "FALSE"},
	} {
		m := files
		m.In = row.in
		if c, isColumns := row.in.(filter.ContainerColumns); isColumns {
			c.Of.Account = filter.Column{}
			m.In = c
		}
		c, err := row.f.SQL(compile(t, m, filter.SQLite), 1)
		require.NoError(t, err, row.name)
		assert.Equal(t, `("x"."company" COLLATE BINARY = ?1 AND `+row.want+")", c.SQL, row.name)
	}
	// A mapping without the container is an error, also for a user whose rules do not look at it.
	looks := filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{
		Name: "file", Looks: func() criteria.Looks { return criteria.Looks{Above: []criteria.Level{inFolders}} },
	}}}))
	for _, f := range []filter.Filter{looks, listOf("file", nil, above)} {
		_, err := f.SQL(compile(t, within(files, nil), filter.SQLite), 1)
		assert.EqualError(t, err, "select file: mapping of file: rules look at the folder that contains it (or above), and In is not set; set it to a ContainerRow or ContainerColumns; use Empty if nothing contains the rows, or Unknown if the table does not have their containers")
		assert.ErrorIs(t, err, filter.ErrMapping)
	}
	for name, want := range map[*filter.Table]string{
		compile(t, within(files, filter.ContainerRow{Table: "f", Key: map[string]string{"id": "x.folder"}, Of: files}), filter.SQLite): "mapping of file: In is a mapping of file (want folder)",
		nil: "mapping: the table is zero; make one with Mapping.Compile",
	} {
		assert.EqualError(t, name.CheckAbove([]criteria.Level{inFolders}), want)
	}
}

func TestCompileContainers(t *testing.T) {
	key := map[string]string{"id": "x.folder"}
	account := filter.Column{Name: "f.company"}
	folder := func(change func(*filter.Mapping)) filter.Mapping {
		m := filter.Mapping{Type: "folder", Account: account, Parties: map[string]filter.Party{"reader": filter.Column{Name: "f.reader"}}}
		change(&m)
		return m
	}
	plain := folder(func(*filter.Mapping) {})
	for _, row := range []struct {
		in   filter.Container
		want string
	}{
		{filter.ContainerRow{}, "in: table: the name is empty"},
		{filter.ContainerRow{Table: "folders; --", Key: key, Of: plain}, `in: table: "folders; --" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{filter.ContainerRow{Table: "usher_c1", Key: key, Of: plain}, `in: table: "usher_c1": names with the prefix usher_ are reserved`},
		{filter.ContainerRow{Table: "folders", Of: plain}, "in: a ContainerRow needs a Key: columns of its table that must equal columns of the row"},
		{filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "folder"}, Of: plain}, `in: key: column "folder": qualify it with its table or alias, such as c.host_id`},
		{filter.ContainerRow{Table: "folders", Key: map[string]string{"f.id": "x.folder"}, Of: plain}, `in: key: "f.id" has 2 dot-separated parts`},
		{filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) { m.Type = "" })}, "in: mapping without a type of resource"},
		{filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) { m.Account = filter.Column{} })}, "in: mapping of folder: account: the column is missing (every condition requires it)"},
		{filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) { m.Parties["reader"] = nil })}, "in: mapping of folder: party reader: it is nil; use Empty if it is always empty, or Unknown if the table does not have it"},
		{filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) { m.Parties["reader"] = filter.Column{Name: "x.reader"} })}, "in: mapping of folder: columns: columns of f and of x (want one table or alias, because a container is one row)"},
		{
			filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) {
				m.In = filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "x.parent"}}
			})}, "in: mapping of folder: columns: columns of f and of x (want one table or alias, because a container is one row)",
		},
		{
			filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) {
				m.In = filter.ContainerRow{Table: "folders"}
			})}, "in: mapping of folder: in: a ContainerRow needs a Key: columns of its table that must equal columns of the row",
		},
		{
			filter.ContainerRow{Table: "folders", Key: key, Of: folder(func(m *filter.Mapping) {
				m.In = filter.ContainerColumns{Of: filter.Mapping{Type: "space", Parties: map[string]filter.Party{"reader": filter.Column{Name: "s.reader"}}}}
			})}, "in: mapping of folder: in: mapping of space: columns: columns of f and of s (want one table or alias, because a container is one row)",
		},
		{filter.ContainerColumns{}, "in: a ContainerColumns needs Of: the mapping of the container, with columns of the row"},
		{
			filter.ContainerColumns{Of: folder(func(m *filter.Mapping) {
				m.In = filter.ContainerRow{Table: "folders", Key: map[string]string{"id": "x.parent"}}
			})}, "in: mapping of folder: in: a ContainerRow needs Of here: only rows of a table contain each other, not their columns",
		},
	} {
		for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
			table, err := within(files, row.in).Compile(d)
			assert.EqualError(t, err, "mapping of file: "+row.want)
			assert.ErrorIs(t, err, filter.ErrMapping)
			assert.Nil(t, table)
		}
	}
	// The rows of a query may be joined from several tables, but not those of a tree.
	_, err := within(folder(func(m *filter.Mapping) { m.Parties["reader"] = filter.Column{Name: "r.id"} }), filter.ContainerRow{Table: "folders", Key: key, Of: plain}).Compile(filter.SQLite)
	assert.NoError(t, err)
	_, err = within(folder(func(m *filter.Mapping) { m.Parties["reader"] = filter.Column{Name: "r.id"} }), filter.ContainerRow{Table: "folders", Key: key}).Compile(filter.SQLite)
	assert.EqualError(t, err, "mapping of folder: in: mapping of folder: columns: columns of f and of r (want one table or alias, because a container is one row)")
}

func TestTableContainer(t *testing.T) {
	file := compile(t, files, filter.SQLite)
	assert.Equal(t, "folder", file.Container().Type())
	assert.Same(t, file.Container(), file.Container().Container(), "a tree")
	assert.Nil(t, compile(t, within(files, filter.Unknown{}), filter.SQLite).Container())
	assert.Nil(t, compile(t, within(files, nil), filter.SQLite).Container())
	assert.Nil(t, (*filter.Table)(nil).Container())
}

// FuzzContainer searches for names that a mapping of a container accepts, and that are more than one
// name in SQL.
func FuzzContainer(f *testing.F) {
	for _, name := range []string{"host", "folders--", "a b", "ümlaut", "p.q", "s.p.q", `"x"`, "select", "'", "a$1", "usher_up", "x\x00", ""} {
		f.Add(name)
	}
	conditions := func(d filter.Dialect, name string) ([]string, error) {
		own := orAbove(over(criteria.Some, authorIs("mia")), inFolders)
		of := filter.Mapping{
			Type: "folder", Account: filter.Column{Name: name + ".company"},
			Parties: map[string]filter.Party{"reader": filter.Column{Name: name + "." + name}},
			In:      filter.ContainerRow{Table: name, Key: map[string]string{name: name + "." + name}},
		}
		var texts []string
		for _, in := range []filter.Container{
			filter.ContainerRow{Table: name, Key: map[string]string{name: "x." + name}, Of: of},
			filter.ContainerRow{Table: "other", Key: map[string]string{name: "x." + name}, Of: of},
		} {
			table, err := within(files, in).Compile(d)
			if err != nil {
				return nil, err
			}
			for _, list := range []filter.Filter{listOf("file", nil, own), listOf("file", []criteria.Alternative{own}, anyPage())} {
				c, err := list.SQL(table, 1)
				if err != nil {
					return nil, err
				}
				texts = append(texts, c.SQL)
			}
		}
		return texts, nil
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
			got, err := conditions(d, name)
			if err != nil {
				continue
			}
			if strings.ContainsAny(name, "\"'`;\\[]()-/*. \t\r\n\x00\ufffd") {
				t.Fatalf("%q is accepted as a name", name)
			}
			want, err := conditions(d, "benign")
			require.NoError(t, err)
			for i := range got {
				assert.Equal(t, strings.ReplaceAll(want[i], `"benign"`, `"`+name+`"`), got[i])
			}
		}
	})
}
