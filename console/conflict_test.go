package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// conflicting commits changes by a user between a form of another one and its submission, and
// returns the conflict as the second one sees it. Of a denied form it returns the page's status.
func conflicting(t *testing.T, policy string, by usher.UserID, first []account.Command, between []account.Command, form ...account.Command) (*conflict, int) {
	return conflictingAfter(t, 0, policy, by, first, between, form...)
}

// conflictingAfter is conflicting for a form that is sent some time after the changes.
func conflictingAfter(t *testing.T, age time.Duration, policy string, by usher.UserID, first []account.Command, between []account.Command, form ...account.Command) (*conflict, int) {
	ctx := context.Background()
	p, err := preset.Load(policy)
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	created := account.CreateAccount{Owner: "olivia"}
	if policy == "staffdirectory" {
		created.Seats = map[seat.PoolName]int{"staff": 9}
	}
	first = append([]account.Command{created, account.AddUser{User: "mia"}}, first...)
	if policy != "staffdirectory" {
		first = append(first, account.AddUser{User: "adam", Role: "admin"})
	}
	_, err = e.Do(ctx, account.AsHost("test"), "acme", first...)
	require.NoError(t, err)
	_, err = e.Do(ctx, account.AsUser("olivia"), "acme", between...)
	require.NoError(t, err)
	c, err := New(Options{Engine: e, Log: slog.New(slog.DiscardHandler), Subject: func(*http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: by}, nil
	}})
	require.NoError(t, err)
	r := httptest.NewRequest("POST", "/people/set-role", nil)
	at, _ := locate(r)
	v, err := c.identify(r, at)
	require.NoError(t, err)
	require.NoError(t, v.open())
	v.now = v.now.Add(age)
	b := v.batch(form...)
	b.Expect = 1
	_, err = e.Preview(ctx, b)
	var changed *engine.ChangedError
	require.ErrorAs(t, err, &changed)
	rec := httptest.NewRecorder()
	s := &submitted{Path: "people/set-role"}
	r.Header.Set("Accept", "application/json")
	require.NoError(t, v.reject(rec, &peoplePage, s, b, err))
	return s.Changed, rec.Code
}

// Both versions of what a form is about are side by side: teams, seats, settings, fields, and
// users who came or went.
func TestVersionsSideBySide(t *testing.T) {
	type list = []account.Command
	one := func(name string, rows ...versions) []versionsOfPart { return []versionsOfPart{{name, rows}} }
	for name, row := range map[string]struct {
		policy         string
		first, between list
		form           account.Command
		parts          []versionsOfPart
	}{
		"team moved": {
			"oncehub",
			list{account.CreateTeam{Team: "a"}, account.CreateTeam{Team: "b"}},
			list{account.MoveTeam{Team: "b", Parent: "a"}, account.AddToTeam{User: "mia", Team: "b"}},
			account.DeleteTeam{Team: "b"},
			one("b", versions{"Below the team", "the top", "a"}, versions{"Users in the team", "0", "1"}),
		},
		"team deleted": {
			"oncehub",
			list{account.CreateTeam{Team: "a"}},
			list{account.DeleteTeam{Team: "a"}},
			account.MoveTeam{Team: "a"},
			one("a", versions{"Below the team", "the top", "not in the account"}, versions{"Users in the team", "0", ""}),
		},
		"seats": {
			"oncehub",
			list{account.SetSeats{Pool: "booking", Total: 2}},
			list{account.SetSeats{Pool: "booking", Total: 5}, account.AssignSeat{User: "mia", Pool: "booking"}},
			account.SetSeats{Pool: "booking", Total: 3},
			one("booking", versions{"Seats bought", "2", "5"}, versions{"Seats in use", "0", "1"}),
		},
		"setting": {
			"groupcal", nil,
			list{account.ChangeSetting{Setting: "add-members", Value: false}},
			account.ChangeSetting{Setting: "add-members", Value: true},
			one("add-members", versions{"Value", "on", "off"}),
		},
		"field": {
			"staffdirectory",
			list{account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "born", Type: account.DateField}},
			list{account.ArchiveField{Field: "phone"}, account.MoveField{Field: "phone"}},
			account.RenameField{Field: "phone", To: "mobile"},
			one("phone", versions{"Type", "text", "archived"}, versions{"Before the field", "born", "the end"}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, status := conflicting(t, row.policy, "olivia", row.first, row.between, row.form)
			require.Equal(t, 409, status)
			assert.Equal(t, row.parts, c.Parts)
			assert.Equal(t, "olivia", c.Who)
			assert.NotEmpty(t, c.Texts)
			assert.Empty(t, c.Users)
		})
	}
}

func TestVersionsOfUsers(t *testing.T) {
	c, _ := conflicting(t, "oncehub", "adam", nil, []account.Command{account.RemoveUser{User: "mia"}}, account.SetRole{User: "mia", Role: "admin"})
	assert.Equal(t, []versionsOfUser{{person{ID: "mia", Name: "mia"}, []versions{{"Status", "Active", "not in the account"}}}}, c.Users)
	assert.Equal(t, []string{"mia is removed"}, c.Texts)
	c, _ = conflicting(t, "oncehub", "adam", nil, []account.Command{account.AddUser{User: "new"}}, account.AddUser{User: "new", Role: "admin"})
	assert.Equal(t, []versionsOfUser{{person{ID: "new", Name: "new"}, []versions{{"Status", "not in the account", "Active"}}}}, c.Users)
}

// A viewer who may not run the commands reads that, and nothing of what changed.
func TestNoConflictForDeniedViewers(t *testing.T) {
	for _, form := range []account.Command{account.SetRole{User: "adam", Role: "member"}, account.DeleteAccount{}, account.SetSeats{Pool: "booking", Total: 1}} {
		c, status := conflicting(t, "oncehub", "mia", nil, []account.Command{account.SetSeats{Pool: "booking", Total: 7}, account.SetStatus{User: "adam", Status: usher.Inactive}}, form)
		assert.Nil(t, c)
		assert.Equal(t, 403, status)
	}
}

// A form with an old version does not disclose the history of a user to viewers who may not see
// the record.
func TestOldConflicts(t *testing.T) {
	between := []account.Command{account.SetRole{User: "mia", Role: "admin"}}
	form := account.SetStatus{User: "mia", Status: usher.Inactive}
	c, status := conflictingAfter(t, formAge-time.Hour, "oncehub", "adam", nil, between, form)
	assert.Equal(t, 409, status)
	assert.Equal(t, "olivia", c.Who)
	assert.NotEmpty(t, c.Texts)
	assert.NotEmpty(t, c.Users)
	c, status = conflictingAfter(t, formAge+time.Hour, "oncehub", "adam", nil, between, form)
	assert.Equal(t, 409, status)
	assert.Equal(t, "another user", c.Who)
	assert.Empty(t, c.Texts)
	assert.Empty(t, c.Changes)
	assert.Empty(t, c.Users)
	c, _ = conflictingAfter(t, formAge+time.Hour, "calcom", "olivia", []account.Command{account.SetSeats{Pool: "booking", Total: 9}}, between, form)
	assert.Equal(t, "olivia", c.Who, "the owner may see the record")
	assert.NotEmpty(t, c.Users)
}
