package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// customRoles is the page as JSON.
type customRoles struct {
	Roles []struct {
		Role, Title, Like string
		Gives             []struct {
			Permission string
			Rules      []string
		}
	}
	Max            int
	Define, Change struct{ Allowed bool }
	Delete         struct {
		Allowed bool
		Options []struct{ Value string }
	}
	Offers []struct {
		Permission string
		Choices    []struct {
			Value, Text     string
			Chosen, Allowed bool
		}
	}
}

// An administrator composes a role from what the policy offers, and users get it like other roles.
func TestDefineARole(t *testing.T) {
	w := newWorld(t, "studio")
	before := data[customRoles](t, w, adam, "/custom-roles").Data
	assert.True(t, before.Define.Allowed)
	require.Len(t, before.Offers, 3)
	assert.Equal(t, "invoice.pay", before.Offers[0].Permission)
	assert.Equal(t, "album.view own", before.Offers[1].Choices[0].Value)
	assert.True(t, before.Offers[1].Choices[1].Allowed)

	form := url.Values{"title": {"Album Keeper"}, "give": {"album.view any", "album.edit own"}, "version": {"1"}}
	preview := body(w.send(adam, "POST", "/custom-roles/define", form.Encode()))
	assert.Contains(t, preview, "The role <bdi>Album Keeper</bdi> (<bdi>album-keeper</bdi>) is defined, held like <bdi>Member</bdi>")
	assert.Contains(t, preview, "gives: <bdi>see albums</bdi> (<bdi>all</bdi>)")
	form.Set("confirmed", "yes")
	require.Equal(t, http.StatusSeeOther, w.send(adam, "POST", "/custom-roles/define", form.Encode()).Code)

	m := data[customRoles](t, w, adam, "/custom-roles").Data
	require.Len(t, m.Roles, 1)
	assert.Equal(t, "album-keeper", m.Roles[0].Role)
	assert.Len(t, m.Roles[0].Gives, 2)
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/person/set-role", "id", "mia", "role", "album-keeper", "confirmed", "yes").Code)
	assert.Equal(t, role.Name("album-keeper"), w.role("mia"))
	for _, at := range []string{"/people", "/roles", "/person?id=mia"} {
		assert.Contains(t, body(w.get(adam, at)), "Album Keeper", at)
	}
	assert.Contains(t, body(w.get(mia, "/person?id=mia")), "see albums")
}

// A role that users hold changes for them, and the preview says what they gain and lose.
func TestChangeARole(t *testing.T) {
	w := newWorld(t, "studio")
	w.must(account.DefineRole{Role: "keeper", Title: "Keeper", Gives: account.Gives{"album.view": {"any"}, "album.edit": {"own"}}}, account.SetRole{User: "mia", Role: "keeper"})
	m := data[customRoles](t, w, adam, "/custom-roles?role=keeper").Data
	assert.True(t, m.Change.Allowed)
	var chosen []string
	for _, p := range m.Offers {
		for _, c := range p.Choices {
			if c.Chosen {
				chosen = append(chosen, c.Value)
			}
		}
	}
	assert.ElementsMatch(t, []string{"album.view any", "album.edit own"}, chosen)
	preview := body(w.post(adam, "/custom-roles/change", "role", "keeper", "title", "Keeper", "give", "album.view any", "give", "invoice.pay any"))
	assert.Contains(t, preview, "People with the role <bdi>Keeper</bdi> (<bdi>1</bdi> person)")
	assert.Contains(t, preview, "<li>pay invoices (all)</li>")
	assert.Contains(t, preview, "<li>change albums (own)</li>")
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/custom-roles/change", "role", "keeper", "title", "Bookkeeper", "confirmed", "yes").Code)
	m = data[customRoles](t, w, adam, "/custom-roles").Data
	assert.Equal(t, "Bookkeeper", m.Roles[0].Title)
	assert.Empty(t, m.Roles[0].Gives, "a form without rules gives nothing")
	assert.Equal(t, http.StatusNotFound, w.get(adam, "/custom-roles?role=none").Code)
}

// A role that users hold is deleted with a replacement.
func TestDeleteARole(t *testing.T) {
	w := newWorld(t, "studio")
	w.must(account.DefineRole{Role: "keeper", Title: "Keeper"}, account.SetRole{User: "mia", Role: "keeper"})
	m := data[customRoles](t, w, adam, "/custom-roles?role=keeper").Data
	require.True(t, m.Delete.Allowed)
	for _, o := range m.Delete.Options {
		assert.NotEqual(t, "", o.Value, "mia holds the role")
		assert.NotEqual(t, "owner", o.Value)
		assert.NotEqual(t, "lead", o.Value)
	}
	rec := w.post(adam, "/custom-roles/delete", "role", "keeper", "confirmed", "yes", "back", "role=keeper")
	assert.Contains(t, problemText(body(rec)), "Users have this role. Name another role for them.")
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/custom-roles/delete", "role", "keeper", "replace-by", "member", "confirmed", "yes").Code)
	assert.Equal(t, role.Name("member"), w.role("mia"))
	for user, rows := range map[string]int{"mia": 3, "max": 1} { // the commit names no user
		found, _ := w.record(adam, "kind=roles&user="+user)
		assert.Len(t, found, rows, user)
	}
	w.must(account.DefineRole{Role: "empty"})
	assert.Equal(t, "", data[customRoles](t, w, adam, "/custom-roles?role=empty").Data.Delete.Options[0].Value)
}

// Wrong forms are rejected, and keep what was chosen. Viewers without role.define have no page.
func TestWrongRoles(t *testing.T) {
	w := newWorld(t, "studio")
	for _, c := range []struct {
		form url.Values
		text string
	}{
		{url.Values{"title": {"管理"}}, "A short name has lower-case letters"},
		{url.Values{"title": {"x"}, "name": {"Not A Name"}}, "A short name has lower-case letters"},
		{url.Values{"title": {"x"}, "give": {"album.view"}}, "This choice is not possible."},
		{url.Values{"title": {"x"}, "give": {"album.view none"}}, "The rules do not offer this"},
		{url.Values{"title": {"Member"}}, "This already exists."},
		{url.Values{"title": {""}}, "A required field is empty."},
	} {
		rec := w.send(adam, "POST", "/custom-roles/define", c.form.Encode())
		assert.Contains(t, problemText(body(rec)), c.text, c.form)
	}
	page := body(w.post(adam, "/custom-roles/define", "title", "管理", "give", "album.edit own"))
	assert.Contains(t, page, `value="管理"`)
	assert.Contains(t, page, `value="album.edit own" id="give-2-0" checked`)
	for _, by := range []viewer{lena, mia, {user: "zoe"}} {
		assert.Equal(t, http.StatusForbidden, w.get(by, "/custom-roles").Code, by.user)
		assert.NotContains(t, body(w.get(by, "/roles")), "custom-roles")
		assert.Equal(t, http.StatusForbidden, w.post(by, "/custom-roles/define", "title", "x", "confirmed", "yes").Code)
	}
	assert.Equal(t, http.StatusForbidden, newWorld(t, "oncehub").get(olivia, "/custom-roles").Code, "the policy has no custom roles")
	w.must(account.DefineRole{Role: "a"}, account.DefineRole{Role: "b"}, account.DefineRole{Role: "c"})
	page = body(w.get(adam, "/custom-roles"))
	assert.True(t, strings.Contains(page, "<bdi>3</bdi> of at most <bdi>3</bdi> roles") && !strings.Contains(page, "custom-roles/define\""), "%s", page)
}
