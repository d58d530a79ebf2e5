package usherfiles_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherfiles"
	"github.com/usher-go/usher/ushertest"
)

var (
	view = permission.MustParse("calendar.view")
	edit = permission.MustParse("calendar.edit")
	book = permission.MustParse("room.book")
)

// globex has the users of the company file with other roles.
const globex = `
usher: 1
policy: testdata/policy.yaml
account:
  users:
    mia:    {role: owner}
    olivia: {role: guest, grants: [{grant: room.book, until: 2026-03-02}]}
`

func TestOpen(t *testing.T) {
	t.Parallel()
	e := usherfiles.Open(t, usherfiles.Accounts{"acme": "testdata/company.test.yaml", "globex/1": globex})
	ask := func(id usher.AccountID, who usher.UserID, p permission.Permission) usher.Request {
		return usher.Request{Account: id, Subject: who, Permission: p}
	}
	ushertest.Allowed(t, e, ask("acme", "olivia", edit))
	ushertest.Denied(t, e, ask("acme", "gil", book), usher.ReasonNoPermission)
	ushertest.Allowed(t, e, ask("globex/1", "mia", edit))
	ushertest.Denied(t, e, ask("globex/1", "gil", view), usher.ReasonUnknownUser)

	// The time is 1 March for both accounts, because the file of globex sets no time.
	granted := ask("globex/1", "olivia", book)
	ushertest.Allowed(t, e, granted)
	granted.Time = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)
	ushertest.Denied(t, e, granted, usher.ReasonNoPermission)
	result, err := e.Do(t.Context(), account.AsHost("test"), "globex/1", account.CreateTeam{Team: "sales"})
	require.NoError(t, err)
	assert.Equal(t, "2026-03-01T00:00:00Z", result.Commit.Time.Format(time.RFC3339Nano))

	values, err := e.Values(t.Context(), "acme", "mia")
	require.NoError(t, err)
	assert.Equal(t, map[string]account.Value{"phone": "12"}, values)

	_, err = e.Do(t.Context(), account.AsUser("olivia"), "acme", account.SetRole{User: "gil", Role: "member"})
	require.NoError(t, err)
	ushertest.Allowed(t, e, ask("acme", "gil", book))
	state, err := e.View(t.Context(), "globex/1")
	require.NoError(t, err)
	mia, err := state.State().User("mia")
	require.NoError(t, err)
	assert.Equal(t, role.Name("owner"), mia.Role, "another account is not changed")
}

func TestOpenCloses(t *testing.T) {
	t.Parallel()
	s := &spy{}
	e := usherfiles.Open(s, usherfiles.Accounts{"globex": globex})
	s.end()
	_, err := e.Check(t.Context(), usher.Request{Account: "globex", Subject: "mia", Permission: edit})
	assert.ErrorIs(t, err, engine.ErrClosed)
	assert.Empty(t, s.notes)
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		accounts usherfiles.Accounts
		want     string
	}{
		{nil, "no accounts are given (want at least one account with its test file)"},
		{usherfiles.Accounts{"acme": "usher: 1"}, `account "acme": "usher: 1" has no line break, so it is the name of a file: open usher: 1: no such file or directory`},
		{
			usherfiles.Accounts{"acme": "testdata/broken.test.yaml", "b/c": "\nusher: 1\npolicy: policy.yaml\naccount: {users: {mia: {role: owner}}}"},
			`testdata/broken.test.yaml:6:20: unknown role "membr"; did you mean "member"?
testdata/broken.test.yaml:8:11: unknown permission "calendar.veiw"; did you mean "calendar.view"?
b_c (YAML):3:9: policy "policy.yaml" is not a preset, and the file cannot be read: open policy.yaml: no such file or directory`,
		},
		{usherfiles.Accounts{"": globex}, `account "" of  (YAML): submit to: unknown account: the request names no account`},
		{
			usherfiles.Accounts{
				"a": strings.Replace(globex, "account:", "at: 2026-03-01\naccount:", 1),
				"b": strings.Replace(globex, "account:", "at: 2026-04-01\naccount:", 1),
				"c": "at: 2026-03-01\nusher: 1\npolicy: groupcal\naccount: {users: {mia: {role: owner}}}",
			}, `b (YAML): the time is 2026-04-01T00:00:00Z, but that of a (YAML) is 2026-03-01T00:00:00Z; an engine has one clock
c (YAML):3:9: the policy is groupcal.yaml, but that of a (YAML) is testdata/policy.yaml; an engine has one policy`,
		},
	} {
		s := &spy{}
		got := s.during(func() { usherfiles.Open(s, row.accounts) })
		assert.Equal(t, row.want, got)
		assert.Empty(t, s.cleanups)
	}
}

func TestOnlyInTests(t *testing.T) {
	t.Parallel()
	const want = "usherfiles: not called from a test (want a testing.TB in a test binary)"
	assert.PanicsWithValue(t, want, func() { usherfiles.Open(nil, usherfiles.Accounts{"globex": globex}) })
	assert.PanicsWithValue(t, want, func() { usherfiles.Matrix(nil, "oncehub", "testdata/roles.md") })
	assert.PanicsWithValue(t, want, func() { usherfiles.Run(nil, "testdata/company.test.yaml") })
	assert.PanicsWithValue(t, want, func() { usherfiles.Runner{}.Run(nil, "testdata/company.test.yaml") })
}
