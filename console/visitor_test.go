package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/usherhttp"
)

// newOpenWorld is the world of an office whose policy opens people and the record to visitors.
func newOpenWorld(t *testing.T, options ...func(*console.Options)) *world {
	w := newWorld(t, "office", options...)
	open := strings.NewReplacer(
		"view: {title: see people,", "view: {title: see people, visitor: any,",
		"audit: {permissions: {view: {", "audit: {permissions: {view: {visitor: any, ",
		"set-role: {admin: any}\n      set", "set-role: {admin: any, visitor: any}\n      set",
	).Replace(office)
	p, err := policyfile.Load("office.yaml", []byte(open))
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(p.Warnings()), "`visitor: any` of user.set-role: no command can be run by a visitor")
	require.NoError(t, w.SetPolicy(ctx, p))
	w.must(account.AddUser{User: "ina"}, account.SetStatus{User: "ina", Status: usher.Inactive})
	return w
}

// Rules of visitors open no page of the console: its pages are for active users of the account.
func TestVisitorsSeeNoPages(t *testing.T) {
	w := newOpenWorld(t, func(o *console.Options) {
		identify := o.Subject
		o.Subject = func(r *http.Request) (usherhttp.Subject, error) {
			s, err := identify(r)
			if s.User == "" {
				return usherhttp.Anyone("acme"), err
			}
			return s, err
		}
	})
	paths := []string{"/people", "/people/mia", "/roles", "/record", "/teams", "/seats", "/settings", "/api/people"}
	for _, path := range paths {
		assert.Equal(t, 401, w.get(viewer{}, path).Code, path)
		for _, by := range []usher.UserID{"zoe", "ina"} {
			got := w.get(viewer{user: by}, path)
			assert.NotEqual(t, 200, got.Code, "%s sees %s", by, path)
			assert.NotContains(t, body(got), "Name of mia")
			assert.NotContains(t, body(got), "Name of olivia")
		}
	}
	assert.Equal(t, 200, w.get(mia, "/people").Code)
	assert.NotEqual(t, 303, w.post(viewer{user: "zoe"}, "/people/mia/role", "role", "admin").Code)
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	m, _ := v.User("mia")
	assert.Equal(t, "member", string(m.Role))
}

// The tables of roles have a column for visitors.
func TestVisitorsInRoleTables(t *testing.T) {
	w := newOpenWorld(t)
	assert.Contains(t, body(w.get(olivia, "/roles")), "Anyone, also without signing in")
	assert.Contains(t, body(w.send(olivia, "GET", "/roles", "", "Accept-Language", "de")), "Alle, auch ohne Anmeldung")
	for _, res := range data[rolesData](t, w, olivia, "/roles").Data.Resources {
		for _, row := range res.Rows {
			if row.Permission == "user.view" {
				assert.NotEmpty(t, row.Cells[len(row.Cells)-1])
			}
		}
	}
}
