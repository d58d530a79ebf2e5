package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// The first and the last allowed value pass through commands, changes and snapshots.
func TestFirstAndLastValues(t *testing.T) {
	p := compile(t, club)
	last := time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
	s := do(t, p, open(t, p, members()), account.AsHost("test"),
		account.DefineField{Field: "vegan", Type: account.BoolField},
		account.SetSeats{Pool: "parking", Total: account.MaxSeats},
		account.GiveGrant{User: "max", Grant: "reports", Until: last},
	)
	read, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	f, ok := read.Field("vegan")
	assert.True(t, ok)
	assert.Equal(t, account.BoolField, f.Type)
	assert.Equal(t, account.MaxSeats, read.Pool("parking").Total)
	u, err := read.User("max")
	require.NoError(t, err)
	assert.Equal(t, []policy.Grant{{Name: "reports", Until: last}}, u.Grants)

	invited, err := s.Apply(&account.Commit{Account: "club", Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: []account.Change{
		account.StatusSet{User: "max", From: usher.Active, To: usher.Invited},
	}})
	require.NoError(t, err)
	u, err = invited.User("max")
	require.NoError(t, err)
	assert.Equal(t, usher.Invited, u.Status)
}

func TestYearsOfAJournal(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(1, time.January, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
	} {
		c := commitBut(func(c *account.Commit) { c.Time = at })
		data, err := c.Encode()
		require.NoError(t, err)
		read, err := account.DecodeCommit(data)
		require.NoError(t, err)
		assert.Equal(t, at, read.Time)
	}
}

func TestValuesFit(t *testing.T) {
	for _, row := range []struct {
		of    account.FieldType
		value string
		want  bool
	}{
		{account.TextField, strings.Repeat("x", account.MaxValue), true},
		{account.TextField, strings.Repeat("x", account.MaxValue+1), false},
		{account.TextField, "\xff", false},
		{account.NumberField, strings.Repeat("7", account.MaxValue), true},
		{account.NumberField, strings.Repeat("7", account.MaxValue+1), false},
		{account.NumberField, "-3.5e7", true},
		{account.NumberField, "07", false},
		{account.DateField, "2026-01-31", true},
		{account.DateField, "2026-02-31", false},
		{account.BoolField, "true", true},
		{account.BoolField, "false", true},
		{account.BoolField, "yes", false},
		{0, "x", false},
		{0, "", true},
	} {
		assert.Equal(t, row.want, account.Value(row.value).Fits(row.of), "%.20q as %v", row.value, row.of)
	}
}

// A commit is read with all its escapes, and not at all if it is cut short.
func TestEscapesOfACommit(t *testing.T) {
	c := commitBut(func(c *account.Commit) { c.Note = "NOTE" })
	data, err := c.Encode()
	require.NoError(t, err)
	text := strings.Replace(string(data), "NOTE", `\u0041\ud83d\ude00 \\ \" \/ \b\f\n\r\t\u00e4`, 1)
	read, err := account.DecodeCommit([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, "A😀 \\ \" / \b\f\n\r\tä", read.Note)
	for n := range text {
		_, err := account.DecodeCommit(slices.Clip([]byte(text[:n])))
		assert.Error(t, err, text[:n])
	}
	for _, bad := range []string{"\x80", "\xff", "a\x80"} {
		_, err := account.DecodeCommit([]byte(strings.Replace(string(data), "NOTE", bad, 1)))
		assert.ErrorContains(t, err, "is not UTF-8", "%q", bad)
	}
}

// A text about many teams names the first ones.
func TestManyTeamsAreNamed(t *testing.T) {
	teams := []usher.TeamID{"1", "2", "3", "4", "5", "6", "7", "8"}
	assert.Equal(t, "add-user nina in 1, 2, 3, 4, 5, 6, 7, 8", account.Describe(account.AddUser{User: "nina", Teams: teams}))

	p := clubBut(t, "edit: {admin: any, captain: team}", "edit: {admin: any, captain: team if reporting}", "author if reporting", "author")
	c := members()
	for id, in := range map[usher.UserID]int{"few": 3, "many": 5} {
		u := user("member")
		for _, team := range teams[:in] {
			c.Teams[team] = ""
			u = inTeam(u, team, "captain")
		}
		c.Users[id] = u
	}
	s := open(t, p, c)
	for id, want := range map[usher.UserID]string{"few": " on 1 and 2 and 3, which", "many": " on 1 and 2 and 3 and 2 more, which"} {
		_, err := propose(p, s, account.AsUser("dora"), account.GiveGrant{User: id, Grant: "reports"})
		assert.ErrorContains(t, err, want)
	}
}

// A snapshot that ends too early or too late is refused, also under a checksum of its own.
func TestSnapshotOfAnotherLength(t *testing.T) {
	alone := do(t, compile(t, newer), account.New("club"), account.AsHost("test"), account.CreateAccount{Owner: "olga"}).Encode()
	data := busy(t).Encode()
	for _, data := range [][]byte{alone, data} {
		for n := range data[:len(data)-4] {
			_, err := account.DecodeState(signed(slices.Clip(slices.Clone(data[:n]))))
			require.Error(t, err, "the first %d bytes", n)
		}
	}
	body := data[:len(data)-4]
	_, err := account.DecodeState(signed(append(slices.Clone(body), 0)))
	assert.EqualError(t, err, "read snapshot 6 of club: there is trailing data")
}

// An account without a commit is not deleted, whatever a snapshot says.
func TestSnapshotOfAnAccountThatNeverWas(t *testing.T) {
	data := account.New("club").Encode()
	accepted := 0
	for n := range data[:len(data)-4] {
		for b := range byte(3) {
			body := slices.Clone(data[:len(data)-4])
			body[n] = b
			if s, err := account.DecodeState(signed(body)); err == nil {
				accepted++
				assert.False(t, s.Deleted(), "byte %d is %d", n, b)
			}
		}
	}
	assert.NotZero(t, accepted)
}

// A key is remembered whatever its actor is called.
func TestKeysOfLongNames(t *testing.T) {
	k := newKeyStory(t)
	name := strings.Repeat("x", account.MaxID)
	for _, a := range []account.Actor{account.AsUser(usher.UserID(name)), account.AsHost(name)} {
		k.commit(a, "k")
		assert.True(t, k.knows(a, "k"))
	}
}

// The first commit of an account has no commit before it.
func TestFirstCommitFollowsOnNone(t *testing.T) {
	c := commit(account.AccountCreated{Owner: "olga", Unique: "owner"})
	c.Version, c.Previous = 1, account.New("acme").Head().Hash
	c.Previous[7] ^= 1
	_, err := account.New("acme").Apply(&c)
	assert.ErrorContains(t, err, "and there is no commit before it")
}

// To set a field to the value that it is known to have changes nothing.
func TestSetFieldToTheSame(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	set := func(user usher.UserID, field, value string) account.Command {
		return account.SetField{User: user, Field: field, Value: account.Value(value)}
	}
	kept := func(user usher.UserID, field int) (account.Value, error) {
		switch {
		case user == "ivan":
			return "1", assert.AnError
		case user == "max" && field == 1:
			return "1", nil
		}
		return "", nil
	}
	for name, row := range map[string]struct {
		value    func(usher.UserID, int) (account.Value, error)
		commands []account.Command
		want     int // values
	}{
		"twice":                         {nil, []account.Command{set("max", "phone", "1"), set("max", "phone", "1")}, 1},
		"to another value":              {nil, []account.Command{set("max", "phone", "1"), set("max", "phone", "2")}, 2},
		"and back":                      {kept, []account.Command{set("max", "phone", "2"), set("max", "phone", "1")}, 2},
		"of another user":               {nil, []account.Command{set("max", "phone", "1"), set("mia", "phone", "1")}, 2},
		"another field":                 {nil, []account.Command{set("max", "born", "2000-01-01"), set("max", "phone", "2000-01-01")}, 2},
		"as it was kept":                {kept, []account.Command{set("max", "phone", "1")}, 0},
		"otherwise than it was kept":    {kept, []account.Command{set("max", "phone", "2")}, 1},
		"of a user who has none":        {kept, []account.Command{set("mia", "phone", "1")}, 1},
		"away, of a user who has none":  {kept, []account.Command{set("mia", "phone", "")}, 0},
		"of another, as the one before": {kept, []account.Command{set("mia", "phone", "2"), set("max", "phone", "2")}, 2},
	} {
		o, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: row.commands, Value: row.value})
		require.NoError(t, err, name)
		assert.Len(t, o.Values, row.want, name)
		assert.Len(t, o.Changes, row.want, name)
	}
	_, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{set("ivan", "phone", "1")}, Value: kept})
	assert.ErrorIs(t, err, assert.AnError)
}
