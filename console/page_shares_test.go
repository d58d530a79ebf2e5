package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/role"
)

var (
	spring = usher.Ref{Type: "album", ID: "spring"}
	autumn = usher.Ref{Type: "album", ID: "autumn"}
)

// shares is the page as JSON.
type shares struct {
	Rows         []shareRow
	Next         string
	Gives        bool
	Found, Teams []shareRow
}

type shareRow struct {
	User *struct {
		ID   usher.UserID
		Name string
	}
	Team  usher.TeamID
	On    struct{ Type, ID, Title, Link string }
	Roles []struct {
		Role role.Name
		Take struct{ Allowed bool }
	}
	Give struct {
		Allowed bool
		Options []struct{ Value string }
	}
}

func (r shareRow) String() string {
	holder := string(r.Team)
	if r.User != nil {
		holder = r.User.Name
	}
	text := holder + " on " + r.On.Title + ":"
	for _, own := range r.Roles {
		text += " " + string(own.Role)
		if own.Take.Allowed {
			text += "-"
		}
	}
	for _, o := range r.Give.Options {
		text += " +" + o.Value
	}
	return text
}

func texts[T fmt.Stringer](rows []T) (list []string) {
	for _, r := range rows {
		list = append(list, r.String())
	}
	return list
}

func (w *world) rolesOn(id usher.UserID, on usher.Ref) []role.Name {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	roles, err := v.State().UserRolesOn(id, on)
	require.NoError(w, err)
	return roles
}

// The page of a resource opens for those who may share it, and has all users and teams with a role on
// it. Users that the viewer may not see have no name and no form.
func TestSharesOfAResource(t *testing.T) {
	w := newWorld(t, "studio")
	const at = "/shares?type=album&id=spring"
	assert.Equal(t, []string{"Name of max on Album of spring: editor-", "photo on Album of spring: reader-"}, texts(data[shares](t, w, adam, at).Data.Rows))
	assert.Equal(t, []string{"another user on Album of spring: editor", "photo on Album of spring: reader-"}, texts(data[shares](t, w, mia, at).Data.Rows))
	assert.NotContains(t, body(w.get(mia, at)), "max")
	for _, by := range []viewer{max, lena, {user: "zoe"}} {
		assert.NotEqual(t, http.StatusOK, w.get(by, at).Code, by.user)
	}
	assert.Equal(t, http.StatusNotFound, w.get(max, at).Code, "max holds a role on it, and does not share it")
	assert.Equal(t, http.StatusNotFound, w.get(mia, "/shares?type=album&id=none").Code)
	for _, query := range []string{"", "?user=mia&team=photo", "?type=album", "?user=none", "?team=none", "?user=mia&type=album&id=spring"} {
		assert.Equal(t, http.StatusNotFound, w.get(adam, "/shares"+query).Code, query)
	}
}

// Users see their own roles on resources and those of their teams. Others see those that they may
// take.
func TestSharesOfAPerson(t *testing.T) {
	w := newWorld(t, "studio")
	w.must(account.GiveRoleOn{User: "lena", Role: "reader", On: spring}, account.GiveRoleOn{User: "lena", Role: "reader", On: autumn}, account.GiveRoleOn{User: "lena", Role: "editor", On: usher.Ref{Type: "album", ID: "gone"}})
	assert.Equal(t, []string{"Name of lena on Album of autumn: reader", "Name of lena on gone: editor", "Name of lena on Album of spring: reader"}, texts(data[shares](t, w, lena, "/shares?user=lena").Data.Rows))
	assert.Equal(t, []string{"Name of lena on Album of autumn: reader-", "Name of lena on gone: editor", "Name of lena on Album of spring: reader-"}, texts(data[shares](t, w, adam, "/shares?user=lena").Data.Rows))
	assert.Equal(t, []string{"Name of mia on Album of autumn: reader"}, texts(data[shares](t, w, mia, "/shares?user=mia").Data.Rows), "max shares it")
	assert.Equal(t, []string{"photo on Album of spring: reader-"}, texts(data[shares](t, w, mia, "/shares?team=photo").Data.Rows))
	assert.Equal(t, http.StatusNotFound, w.get(mia, "/shares?user=max").Code)
	assert.Equal(t, http.StatusNotFound, w.get(mia, "/shares?team=print").Code)
	assert.Contains(t, body(w.get(max, "/person?id=max")), `<a href="/albums/spring">`)

	// A lead sees the members of the team, and none of their albums.
	assert.Contains(t, body(w.get(lena, "/person?id=mia")), "Name of mia")
	assert.NotContains(t, body(w.get(lena, "/person?id=mia")), "autumn")
	assert.Empty(t, data[shares](t, w, lena, "/shares?user=mia").Data.Rows)
}

// The editor of an album gives and takes roles on it, and not on the albums of others.
func TestShare(t *testing.T) {
	w := newWorld(t, "studio")
	give := func(by viewer, holder string, on usher.Ref) int {
		return w.post(by, "/shares/give", "holder", holder, "role", "reader", "on-type", on.Type, "on", on.ID, "confirmed", "yes", "back", "user="+string(by.user)).Code
	}
	assert.Equal(t, http.StatusSeeOther, give(mia, "user:lena", spring))
	assert.Equal(t, []role.Name{"reader"}, w.rolesOn("lena", spring))
	assert.Equal(t, http.StatusForbidden, give(mia, "user:lena", autumn))
	assert.Equal(t, http.StatusForbidden, give(max, "user:max", spring), "an editor of the album does not share it")
	assert.Equal(t, http.StatusForbidden, give(mia, "user:lena", usher.Ref{Type: "album", ID: "none"}))
	assert.Equal(t, http.StatusUnprocessableEntity, give(mia, "", spring))
	preview := body(w.post(mia, "/shares/take", "holder", "user:lena", "role", "reader", "on-type", "album", "on", "spring"))
	assert.Contains(t, preview, "is no longer")
	assert.Equal(t, http.StatusSeeOther, w.post(mia, "/shares/take", "holder", "user:lena", "role", "reader", "on-type", "album", "on", "spring", "confirmed", "yes").Code)
	assert.Empty(t, w.rolesOn("lena", spring))

	m := data[shares](t, w, adam, "/shares?type=album&id=spring&find=p").Data
	assert.True(t, m.Gives)
	assert.Equal(t, []string{"photo on Album of spring: +editor", "print on Album of spring: +editor +reader"}, texts(m.Teams))
	m = data[shares](t, w, adam, "/shares?type=album&id=spring&find=ma").Data
	assert.Equal(t, []string{"Name of max on Album of spring: +reader"}, texts(m.Found))
	assert.Equal(t, http.StatusSeeOther, w.post(adam, "/shares/give", "holder", "team:print", "role", "editor", "on-type", "album", "on", "spring", "confirmed", "yes").Code)
}

// Without the function of the host, or if it fails or returns something else, pages show ids, and
// offer nothing.
func TestSharesWithoutResources(t *testing.T) {
	for name, resources := range map[string]func(context.Context, usher.AccountID, []usher.Ref) (map[usher.Ref]console.Item, error){
		"none": nil,
		"fails": func(context.Context, usher.AccountID, []usher.Ref) (map[usher.Ref]console.Item, error) {
			return map[usher.Ref]console.Item{spring: {Resource: &usher.Object{Type: "album", ID: "spring", Account: "acme", Parties: map[string][]string{"editor": {"mia"}}}}}, errors.New("down")
		},
		"another": func(context.Context, usher.AccountID, []usher.Ref) (map[usher.Ref]console.Item, error) {
			return map[usher.Ref]console.Item{spring: {Resource: &usher.Object{Type: "album", ID: "winter", Account: "acme", Parties: map[string][]string{"editor": {"mia"}}}}}, nil
		},
		"of another account": func(context.Context, usher.AccountID, []usher.Ref) (map[usher.Ref]console.Item, error) {
			return map[usher.Ref]console.Item{spring: {Resource: &usher.Object{Type: "album", ID: "spring", Account: "globex", Parties: map[string][]string{"editor": {"mia"}}}}}, nil
		},
	} {
		w := newWorld(t, "studio", func(o *console.Options) { o.Resources = resources })
		assert.Equal(t, http.StatusNotFound, w.get(mia, "/shares?type=album&id=spring").Code, name)
		assert.Equal(t, []string{"Name of max on spring: editor"}, texts(data[shares](t, w, max, "/shares?user=max").Data.Rows), name)
		assert.Equal(t, http.StatusForbidden, w.post(mia, "/shares/give", "holder", "user:lena", "role", "reader", "on-type", "album", "on", "spring", "confirmed", "yes", "back", "user=mia").Code, name)
	}
}

// Both lists have pages.
func TestSharesHaveACursor(t *testing.T) {
	w := newWorld(t, "studio")
	var all []account.Command
	for i := range 120 {
		id := fmt.Sprintf("n%03d", i)
		all = append(all, account.AddUser{User: usher.UserID(id)}, account.GiveRoleOn{User: usher.UserID(id), Role: "reader", On: spring}, account.GiveRoleOn{User: "mia", Role: "editor", On: usher.Ref{Type: "album", ID: id}})
	}
	w.must(all...)
	for at, want := range map[string]int{"/shares?type=album&id=spring": 122, "/shares?user=mia": 121} {
		seen := map[string]bool{}
		for after := ""; ; {
			m := data[shares](t, w, adam, at+after).Data
			for _, r := range m.Rows {
				seen[r.String()] = true
			}
			if m.Next == "" {
				break
			}
			assert.Len(t, m.Rows, 50)
			assert.Contains(t, body(w.get(adam, at+after)), `rel="next"`)
			after = "&after=" + m.Next
		}
		assert.Len(t, seen, want, at)
	}
	page := body(w.get(adam, "/person?id=mia"))
	assert.Equal(t, 10, strings.Count(page, `<span class="hint">album</span>`))
	assert.Contains(t, page, `href="./shares?user=mia"`)
}
