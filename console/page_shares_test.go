package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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
		Role         role.Name
		From, Until  time.Time
		ID           int
		Take, Cancel struct{ Allowed bool }
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
		if !own.From.IsZero() {
			text += " from " + own.From.Format("2 Jan 15:04")
		}
		if !own.Until.IsZero() {
			text += " until " + own.Until.Format("2 Jan 15:04")
		}
		if own.Take.Allowed {
			text += "-"
		}
		if own.Cancel.Allowed {
			text += fmt.Sprint(" cancel ", own.ID)
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

// The lists have the ends of roles, and roles that begin later. Viewers who may share the resource cancel these.
func TestTermsOfShares(t *testing.T) {
	calls := 0
	w := newWorld(t, "studio", func(o *console.Options) {
		o.Resources = func(ctx context.Context, in usher.AccountID, refs []usher.Ref) (map[usher.Ref]console.Item, error) {
			calls++
			return albums(ctx, in, refs)
		}
		o.TimeZone = func(*http.Request) *time.Location { return time.FixedZone("", 2*60*60) }
	})
	w.at("2199-03-10 12:00:00")
	april, may := time.Date(2199, 4, 1, 0, 0, 0, 0, time.UTC), time.Date(2199, 5, 1, 0, 0, 0, 0, time.UTC)
	w.must(
		account.GiveRoleOn{User: "max", Role: "editor", On: spring, Until: april},
		account.GiveRoleOn{User: "max", Role: "reader", On: autumn, From: april},
		account.GiveRoleOn{User: "lena", Role: "reader", On: spring, From: april, Until: may},
		account.GiveRoleOn{Team: "photo", Role: "reader", On: spring, Until: may},
		account.GiveRoleOn{Team: "print", Role: "editor", On: spring, From: may})
	const at = "/shares?type=album&id=spring"
	assert.Equal(t, []string{
		"Name of lena on Album of spring: reader from 1 Apr 02:00 until 1 May 02:00 cancel 3",
		"Name of max on Album of spring: editor until 1 Apr 02:00-",
		"photo on Album of spring: reader until 1 May 02:00-",
		"print on Album of spring: editor from 1 May 02:00 cancel 6",
	}, texts(data[shares](t, w, adam, at).Data.Rows))
	assert.Equal(t, []string{
		"another user on Album of spring: reader from 1 Apr 02:00 until 1 May 02:00",
		"another user on Album of spring: editor until 1 Apr 02:00",
		"photo on Album of spring: reader until 1 May 02:00-",
		"print on Album of spring: editor from 1 May 02:00 cancel 6",
	}, texts(data[shares](t, w, mia, at).Data.Rows), "mia sees neither lena nor max")
	assert.Equal(t, []string{"Name of max on Album of autumn: reader from 1 Apr 02:00 cancel 2", "Name of max on Album of spring: editor until 1 Apr 02:00"}, texts(data[shares](t, w, max, "/shares?user=max").Data.Rows))
	assert.Equal(t, []string{"photo on Album of spring: reader until 1 May 02:00-"}, texts(data[shares](t, w, mia, "/shares?team=photo").Data.Rows))
	assert.Equal(t, []string{"print on Album of spring: editor from 1 May 02:00 cancel 6"}, texts(data[shares](t, w, adam, "/shares?team=print").Data.Rows))
	assert.Empty(t, data[shares](t, w, lena, "/shares?user=mia").Data.Rows)

	page := body(w.get(adam, at))
	assert.Contains(t, page, `<span class="badge">Editor</span> <span>until <time datetime="2199-04-01T02:00:00+02:00">1 Apr 2199, 02:00</time></span>`)
	assert.Contains(t, page, `<span class="badge">Editor</span> <span>from <time datetime="2199-05-01T02:00:00+02:00">1 May 2199, 02:00</time></span>`)
	assert.Contains(t, body(w.get(adam, "/person?id=max")), `<span class="badge">Editor</span> <span>until <time`)
	assert.NotContains(t, body(w.get(mia, at)), "lena")

	// The schedule offers to cancel them, too. It asks the host once for all.
	var cancels []int
	calls = 0
	for _, e := range data[schedule](t, w, mia, "/schedule").Data.Entries {
		if e.Cancel.Allowed {
			cancels = append(cancels, e.ID)
		}
	}
	assert.Equal(t, []int{5, 6}, cancels, "mia does not see the others")
	assert.Equal(t, 1, calls)

	assert.Equal(t, http.StatusForbidden, w.post(max, "/schedule/cancel", "id", "6", "confirmed", "yes", "back", "team=print").Code)
	rec := w.post(mia, "/schedule/cancel", "id", "6", "confirmed", "yes", "back", "type=album&id=spring")
	require.Equal(t, http.StatusSeeOther, rec.Code, problemText(body(rec)))
	assert.Equal(t, "../shares?at=3&done=schedule%2Fcancel&id=spring&type=album", rec.Header().Get("Location"))
	assert.Empty(t, data[shares](t, w, adam, "/shares?team=print").Data.Rows)
	w.at("2199-04-01 00:00:00")
	assert.Equal(t, []string{"Name of lena on Album of spring: reader until 1 May 02:00-", "photo on Album of spring: reader until 1 May 02:00-"}, texts(data[shares](t, w, adam, at).Data.Rows))
}

// After a change, the browser goes back to the page that had the form.
func TestSharesGoBack(t *testing.T) {
	for back, to := range map[string]string{
		"id=max":               "../person?at=2&done=shares%2Ftake&id=max",
		"user=max":             "../shares?at=2&done=shares%2Ftake&user=max",
		"type=album&id=spring": "../shares?at=2&done=shares%2Ftake&id=spring&type=album",
	} {
		w := newWorld(t, "studio")
		rec := w.post(adam, "/shares/take", "holder", "user:max", "role", "editor", "on-type", "album", "on", "spring", "confirmed", "yes", "back", back)
		assert.Equal(t, to, rec.Header().Get("Location"))
		assert.Equal(t, http.StatusOK, w.get(adam, strings.TrimPrefix(to, "..")).Code)
	}
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
