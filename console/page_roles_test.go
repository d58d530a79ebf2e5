package console_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// data reads the JSON document of a page.
func data[T any](t testing.TB, w *world, by viewer, target string) (doc struct {
	Version uint64
	Data    T
},
) {
	rec := w.send(by, "GET", target, "", "Accept", "application/json")
	require.Equal(t, 200, rec.Code, body(rec))
	require.NoError(t, json.Unmarshal([]byte(body(rec)), &doc))
	return doc
}

type rolesData struct {
	Partial bool
	Roles   []struct {
		Role           role.Name
		Takes, MayTake []string
		Count          int
		Users          []struct{ ID usher.UserID }
	}
	Resources []struct {
		Resource string
		Columns  []string
		Rows     []struct {
			Permission string
			Cells      [][]string
			Never      []string
		}
	}
}

// Each role has exactly the users that the viewer may see, and People shows the same ones.
func TestRolesHaveTheirUsers(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		visible := w.visible(by)
		if len(visible) == 0 {
			assert.NotEqual(t, 200, w.get(by, "/roles").Code)
			return
		}
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		for _, r := range data[rolesData](t, w, by, "/roles").Data.Roles {
			var want []usher.UserID
			for _, id := range visible {
				u, _ := v.User(id)
				declared, _ := w.Policy().Role(r.Role)
				for _, m := range slices.Concat(u.Teams, u.Outside) {
					if declared.OnTeam && slices.Contains(m.Roles, r.Role) {
						want = append(want, id)
					}
				}
				if u.Role == r.Role || declared.Beside && slices.Contains(u.Beside, r.Role) {
					want = append(want, id)
				}
			}
			var got, filtered []usher.UserID
			for _, u := range r.Users {
				got = append(got, u.ID)
			}
			type peopleData struct{ People []struct{ ID usher.UserID } }
			for _, u := range data[peopleData](t, w, by, "/people?role="+string(r.Role)).Data.People {
				filtered = append(filtered, u.ID)
			}
			assert.Equal(t, len(want), r.Count, r.Role)
			assert.Equal(t, want, filtered, r.Role)
			assert.Equal(t, want[:min(len(want), 5)], got, r.Role)
		}
	})
}

// A cell has a reach exactly if the policy has a rule there.
func TestMatrixIsThatOfThePolicy(t *testing.T) {
	for preset := range kinds {
		w := newWorld(t, preset)
		m := w.Policy().Matrix()
		got := data[rolesData](t, w, olivia, "/roles").Data
		assert.False(t, got.Partial)
		require.Len(t, got.Resources, len(m.Resources))
		for i, res := range m.Resources {
			assert.Equal(t, res.Name, got.Resources[i].Resource)
			require.Len(t, got.Resources[i].Rows, len(res.Rows))
			for k, row := range res.Rows {
				shown := got.Resources[i].Rows[k]
				assert.Equal(t, row.Permission.String(), shown.Permission)
				for c, rules := range row.Cells {
					assert.Equal(t, len(rules) > 0, len(shown.Cells[c]) > 0, "%s of %s", row.Permission, m.Roles[c].Name)
				}
				if len(row.Everyone) > 0 {
					assert.NotEmpty(t, shown.Cells[len(row.Cells)], row.Permission)
				}
				assert.Equal(t, len(row.Never) > 0, len(shown.Never) > 0, row.Permission)
			}
		}
	}
}

// The words of a cell are those of the viewer's language, with parties, conditions and titles.
func TestReachInWords(t *testing.T) {
	w := newWorld(t, "calcom")
	page := body(w.get(olivia, "/roles"))
	assert.Contains(t, page, `<div>own as host</div>`)
	assert.Contains(t, page, `<div>all, with a strong login</div>`)
	assert.Contains(t, page, `<div>all, if not with a booking seat</div>`)
	assert.Contains(t, page, `<p>Works only with <bdi>a strong login</bdi>.</p>`)
	assert.Contains(t, page, `<p>Takes a seat: <bdi>booking</bdi>.</p>`)
	assert.Contains(t, page, `<p>Takes no seat.</p>`)
	german := body(w.send(olivia, "GET", "/roles", "", "Accept-Language", "de"))
	assert.Contains(t, german, `<div>eigene als host</div>`)
	assert.NotContains(t, german, "Takes")
}

// A viewer who sees only some users, and gives no roles, sees the viewer's own roles and those of
// these users.
func TestRolesOfVisibleUsersOnly(t *testing.T) {
	w := newWorld(t, "oncehub")
	got := data[rolesData](t, w, mia, "/roles").Data
	assert.True(t, got.Partial)
	require.Len(t, got.Roles, 1)
	assert.Equal(t, role.Name("member"), got.Roles[0].Role)
	assert.Equal(t, 1, got.Roles[0].Count, "mia sees only mia")
	page := body(w.get(mia, "/roles"))
	assert.NotContains(t, page, "Administrator")
	assert.NotContains(t, page, "account.delete")
	assert.Contains(t, page, "calendar.view")

	var roles []role.Name
	for _, r := range data[rolesData](t, w, tom, "/roles").Data.Roles {
		roles = append(roles, r.Role)
	}
	assert.Equal(t, []role.Name{"member", "manager"}, roles)
	assert.Len(t, data[rolesData](t, w, adam, "/roles").Data.Roles, 4)
}

// A role names its first users and counts the others.
func TestRoleOfManyUsers(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, id := range []usher.UserID{"z1", "z2", "z3", "z4"} {
		w.must(account.AddUser{User: id})
	}
	page := body(w.get(adam, "/roles"))
	assert.Contains(t, page, `<a href="./people?role=member"><bdi>9</bdi> people<span class="hidden">: People with the role <bdi>Member</bdi></span></a>`)
	assert.Contains(t, page, `and <bdi>4</bdi> more`)
	assert.NotContains(t, page, "Name of z1")
}
