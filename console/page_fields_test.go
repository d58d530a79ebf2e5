package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
)

// fieldsOf returns the names of the fields, in their order.
func (w *world) fieldsOf(archived bool) (names []string) {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	for _, f := range v.Fields(true) {
		if f.Archived == archived {
			names = append(names, f.Name)
		}
	}
	return names
}

// withFields returns a directory with three fields, of which one in the middle is archived.
func withFields(t testing.TB) *world {
	w := newWorld(t, "staffdirectory")
	for _, name := range []string{"phone", "old", "shoe-size", "start"} {
		w.must(account.DefineField{Field: name, Type: account.TextField})
	}
	w.must(account.ArchiveField{Field: "old"})
	return w
}

// The page offers exactly the commands that the engine accepts, for every viewer.
func TestFieldsOfferWhatTheEngineAccepts(t *testing.T) {
	for _, by := range kinds["staffdirectory"] {
		t.Run(by.name, func(t *testing.T) {
			w := withFields(t)
			all := map[string]account.Command{
				"fields/restore?field=old":                 account.RestoreField{Field: "old"},
				"fields/move?before=phone&field=shoe-size": account.MoveField{Field: "shoe-size", Before: "phone"},
				"fields/move?before=shoe-size&field=start": account.MoveField{Field: "start", Before: "shoe-size"},
				"fields/move?before=start&field=phone":     account.MoveField{Field: "phone", Before: "start"},
				"fields/move?before=&field=shoe-size":      account.MoveField{Field: "shoe-size"},
			}
			for _, typ := range []account.FieldType{account.TextField, account.NumberField, account.DateField, account.BoolField} {
				all["fields/define?field=new-1&type="+typ.String()] = account.DefineField{Field: "new-1", Type: typ}
			}
			for _, name := range []string{"phone", "old", "shoe-size", "start"} {
				all[fmt.Sprintf("fields/rename?field=%s&to=new-2", name)] = account.RenameField{Field: name, To: "new-2"}
				if name != "old" {
					all["fields/archive?field="+name] = account.ArchiveField{Field: name}
				}
			}
			var want []string
			for form, command := range all {
				if w.acceptsChange(by, command) {
					want = append(want, form)
				}
			}
			slices.Sort(want)
			assert.Equal(t, want, w.offers(by, "/fields"))
			assert.Equal(t, len(want) > 0, w.get(by, "/fields").Code == http.StatusOK)
		})
	}
}

// Each button for the order moves a field by one place among the fields that are shown.
func TestFieldsMoveByOnePlace(t *testing.T) {
	w := withFields(t)
	type fields struct {
		Fields []struct {
			Name     string
			Up, Down struct {
				Allowed bool
				Before  string
			}
		}
		Archived []struct{ Name string }
	}
	move := func(name, before string) []string {
		rec := w.post(olivia, "/fields/move", "field", name, "before", before)
		require.Equal(t, http.StatusSeeOther, rec.Code, body(rec))
		return w.fieldsOf(false)
	}
	before := w.fieldsOf(false)
	for i, f := range data[fields](t, w, olivia, "/fields").Data.Fields {
		assert.Equal(t, i > 0, f.Up.Allowed, f.Name)
		assert.Equal(t, i < len(before)-1, f.Down.Allowed, f.Name)
		for _, step := range []struct {
			allowed bool
			before  string
			by      int
		}{{f.Up.Allowed, f.Up.Before, -1}, {f.Down.Allowed, f.Down.Before, 1}} {
			if !step.allowed {
				continue
			}
			w = withFields(t)
			want := slices.Clone(before)
			want[i], want[i+step.by] = want[i+step.by], want[i]
			assert.Equal(t, want, move(f.Name, step.before), "%s by %d", f.Name, step.by)
		}
	}
	w = withFields(t)
	assert.Equal(t, "old", data[fields](t, w, olivia, "/fields").Data.Archived[0].Name)
}

func TestFieldsAreDefinedRenamedArchivedRestored(t *testing.T) {
	w := withFields(t)
	rec := w.post(olivia, "/fields/define", "field", " birthday ", "type", "date")
	assert.Equal(t, "../fields?at=7&done=fields%2Fdefine", rec.Header().Get("Location"))
	assert.Contains(t, body(w.get(olivia, "/fields?at=7&done=fields/define")), "The field was defined.")
	w.post(olivia, "/fields/rename", "field", "phone", "to", "telephone")
	assert.Equal(t, []string{"telephone", "shoe-size", "start", "birthday"}, w.fieldsOf(false))

	rec = w.post(olivia, "/fields/archive", "field", "start")
	assert.Contains(t, body(rec), "The field <bdi>start</bdi> is archived", "it is confirmed first")
	assert.Contains(t, w.fieldsOf(false), "start")
	w.post(olivia, "/fields/archive", "field", "start", "confirmed", "yes")
	assert.Equal(t, []string{"old", "start"}, w.fieldsOf(true))
	w.post(olivia, "/fields/restore", "field", "start")
	assert.Contains(t, w.fieldsOf(false), "start")

	rec = w.post(olivia, "/fields/rename", "field", "start", "to", "old")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "This already exists.")
	assert.Contains(t, body(rec), `name="to" required value="old"`, "the viewer need not type again")
	rec = w.post(olivia, "/fields/define", "field", "x", "type", "color")
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	rec = w.post(viewer{user: "mia"}, "/fields/define", "field", "x", "type", "text")
	assert.Equal(t, http.StatusForbidden, rec.Code)
}

// At the limit, the page has the reason instead of the form.
func TestFieldsAtTheLimit(t *testing.T) {
	w := newWorld(t, "staffdirectory")
	var all []account.Command
	for i := range account.MaxFields {
		all = append(all, account.DefineField{Field: fmt.Sprintf("f%03d", i), Type: account.TextField})
	}
	w.must(all...)
	page := body(w.get(olivia, "/fields"))
	assert.Contains(t, page, fmt.Sprintf("The account has <bdi>%d</bdi> fields", account.MaxFields))
	assert.NotContains(t, page, `action="./fields/define"`)
}

// Names of fields are hostile.
func TestHostileFieldNames(t *testing.T) {
	w := newWorld(t, "staffdirectory")
	for _, name := range []string{`"><script>alert(1)</script>`, "\u202eevil", "😀 & 'more'"} {
		w.must(account.DefineField{Field: name, Type: account.TextField})
	}
	page := body(w.get(olivia, "/fields"))
	assert.NotContains(t, page, "<script>alert")
	for _, o := range offeredBy(page, fill) {
		rec := w.send(olivia, "POST", "/"+o.path, o.values.Encode())
		assert.Contains(t, []int{http.StatusOK, http.StatusSeeOther}, rec.Code, "%s: %s", o, problemText(body(rec)))
		assert.NotContains(t, body(rec), "<script>alert")
		if rec.Code == http.StatusSeeOther {
			break // the other forms are of an old version
		}
	}
}
