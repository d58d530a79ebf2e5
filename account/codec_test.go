package account_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// commit returns a commit of mia with some changes.
func commit(changes ...account.Change) account.Commit {
	return account.Commit{
		Account: "acme", Version: 3, ID: "c3", Time: noon, Actor: account.AsUser("mia"), Policy: "5f0c", Changes: changes,
	}
}

func commitBut(change func(*account.Commit)) account.Commit {
	c := commit(account.UserRemoved{User: "max"})
	change(&c)
	return c
}

// golden contains the commits in testdata/commits, by file name: every type of change, and
// every optional part of a commit.
var golden = map[string]account.Commit{
	"account-created": commitBut(func(c *account.Commit) {
		*c = commit(account.AccountCreated{Owner: "olga", Unique: "owner"})
		c.Version = 1
	}),
	"account-without-an-owner": commitBut(func(c *account.Commit) {
		*c = commit(account.AccountCreated{}, account.UserAdded{User: "olga", Role: "owner", Status: usher.Active})
		c.Version = 1
	}),
	"account-deleted":       commit(account.AccountDeleted{}),
	"user-added":            commit(account.UserAdded{User: "nina", Role: "member", Status: usher.Invited}, account.UserAdded{User: "otto", Role: "member", Status: usher.Active}),
	"user-added-service":    commit(account.UserAdded{User: "robot", Role: "member", Status: usher.Active, Kind: usher.ServiceAccount}),
	"user-added-requested":  commit(account.UserAdded{User: "nina", Role: "member", Status: usher.Requested}),
	"user-removed":          commit(account.UserRemoved{User: "max"}),
	"user-renamed":          commit(account.UserRenamed{From: "max", To: "max@work", Role: "member", Status: usher.Active}),
	"user-merged":           commit(account.UserMerged{From: "max", To: "mia", Role: "member", Status: usher.Invited}),
	"status-set":            commit(account.StatusSet{User: "max", From: usher.Active, To: usher.Inactive}),
	"status-set-admitted":   commit(account.StatusSet{User: "max", From: usher.Requested, To: usher.Active}),
	"role-set":              commit(account.RoleSet{User: "max", From: "member", To: "admin"}),
	"ownership-transferred": commit(account.OwnershipTransferred{From: "olga", To: "adam", Was: "admin", Becomes: "admin"}),
	"ownership-begun":       commit(account.OwnershipBegun{Owner: "olga", Unique: "owner"}),
	"ownership-ended":       commit(account.OwnershipEnded{Owner: "olga", Unique: "owner"}),
	"role-beside-set":       commit(account.RoleBesideSet{User: "max", Role: "billing"}),
	"role-beside-unset":     commit(account.RoleBesideUnset{User: "max", Role: "billing"}),
	"team-created":          commit(account.TeamCreated{Team: "sales"}, account.TeamCreated{Team: "inside-sales", Parent: "sales"}),
	"team-moved":            commit(account.TeamMoved{Team: "rowing", From: "sport", To: "water"}, account.TeamMoved{Team: "chess", To: "sport"}, account.TeamMoved{Team: "darts", From: "sport"}),
	"team-deleted":          commit(account.TeamDeleted{Team: "sales"}),
	"member-added":          commit(account.MemberAdded{Team: "sales", User: "max"}),
	"member-removed":        commit(account.MemberRemoved{Team: "sales", User: "max"}),
	"team-role-set":         commit(account.TeamRoleSet{Team: "sales", User: "max", Role: "manager"}),
	"team-role-unset":       commit(account.TeamRoleUnset{Team: "sales", User: "max", Role: "manager"}),
	"outside-role-set":      commit(account.OutsideRoleSet{Team: "sales", User: "max", Role: "manager"}),
	"outside-role-unset":    commit(account.OutsideRoleUnset{Team: "sales", User: "max", Role: "manager"}),
	"role-on-given": commit(
		account.RoleOnGiven{User: "max", Role: "editor", Type: "calendar", ID: "c1"},
		account.RoleOnGiven{Team: "sales", Role: "viewer", Type: "calendar", ID: "c1"},
	),
	"role-on-taken": commit(
		account.RoleOnTaken{User: "max", Role: "editor", Type: "calendar", ID: "c1"},
		account.RoleOnTaken{Team: "sales", Role: "viewer", Type: "calendar", ID: "c1"},
	),
	"resource-forgotten": commit(account.ResourceForgotten{Type: "calendar", ID: "c1"}),
	"seats-set":          commit(account.SeatsSet{Pool: "booking", From: 0, To: 5}, account.SeatsSet{Pool: "booking", From: 5, To: 0}, account.SeatsSet{Pool: "booking", From: 5, To: 3, Over: true}),
	"seat-assigned":      commit(account.SeatAssigned{User: "max", Pool: "booking"}),
	"seat-unassigned":    commit(account.SeatUnassigned{User: "max", Pool: "booking"}),
	"setting-changed":    commit(account.SettingChanged{Setting: "free-busy-only", Value: true}, account.SettingChanged{Setting: "free-busy-only", Value: false}),
	"grant-given": commit(
		account.GrantGiven{User: "theo", Grant: "invoice.read"},
		account.GrantGiven{User: "theo", Grant: "staff.manage", Until: noon.Add(1500 * time.Millisecond)},
	),
	"grant-revoked": commit(account.GrantRevoked{User: "theo", Grant: "invoice.read"}),
	"field-defined": commit(
		account.FieldDefined{ID: 1, Field: "phone", Type: account.TextField},
		account.FieldDefined{ID: 2, Field: "shoe size", Type: account.NumberField},
		account.FieldDefined{ID: 3, Field: "born", Type: account.DateField},
		account.FieldDefined{ID: 4, Field: "vegan", Type: account.BoolField},
	),
	"field-renamed":  commit(account.FieldRenamed{Field: "phone", To: "mobile"}),
	"field-moved":    commit(account.FieldMoved{Field: "phone", Before: "born"}, account.FieldMoved{Field: "phone"}),
	"field-archived": commit(account.FieldArchived{Field: "phone"}),
	"field-restored": commit(account.FieldRestored{Field: "phone"}),
	"field-set":      commit(account.FieldSet{User: "theo", Field: "phone"}),
	"scheduled": commit(
		account.Scheduled{ID: 1, At: noon.Add(time.Hour), Do: "set-role", Ends: true, User: "max", Role: "member"},
		account.Scheduled{ID: 2, At: noon.Add(time.Hour), Do: "set-role", User: "mia", Role: "admin"},
	),
	"unscheduled": commit(account.Unscheduled{ID: 1, At: noon.Add(time.Hour), User: "max"}, account.Unscheduled{ID: 2, At: noon.Add(time.Hour)}),
	"due":         commit(account.Due{ID: 1, At: noon.Add(-time.Hour), Changes: 1}, account.RoleSet{User: "max", From: "admin", To: "member"}, account.Due{ID: 2, At: noon}),
	"due-skipped": commit(account.DueSkipped{ID: 1, At: noon.Add(-time.Hour), User: "max"}, account.DueSkipped{ID: 2, At: noon}),
	"request-made": commit(
		account.RequestMade{Request: 7, User: "mia", Commands: []account.Command{account.SetRole{User: "mia", Role: "admin"}, account.AssignSeat{User: "mia", Pool: "booking"}}, Note: "for the fair", Until: noon},
		account.RequestMade{Request: 8, User: "max", Commands: []account.Command{account.DeleteAccount{}}},
	),
	"request-approved":  commit(account.RequestApproved{Request: 7, User: "mia"}),
	"request-declined":  commit(account.RequestDeclined{Request: 7, User: "mia", Note: "not now"}, account.RequestDeclined{Request: 8, User: "max"}),
	"request-withdrawn": commit(account.RequestWithdrawn{Request: 7, User: "mia"}),
	"request-ended":     commit(account.RequestEnded{Request: 7, User: "mia"}),

	"role-defined":      commit(account.RoleDefined{Role: "scheduler", Title: "Front desk", Like: "member"}, account.RoleDefined{Role: "helper", Like: "manager"}),
	"role-titled":       commit(account.RoleTitled{Role: "scheduler", Was: "Front desk", Title: "Desk"}, account.RoleTitled{Role: "helper", Title: "Helper"}),
	"role-rule-added":   commit(account.RoleRuleAdded{Role: "scheduler", Permission: "calendar.edit", Rule: "own as host if seated"}),
	"role-rule-removed": commit(account.RoleRuleRemoved{Role: "scheduler", Permission: "calendar.edit", Rule: "own as host if seated"}),
	"role-replaced":     commit(account.RoleReplaced{Role: "scheduler", By: "member", Users: 12}, account.RoleReplaced{Role: "helper", By: "member", Users: 1}),
	"role-deleted":      commit(account.RoleDeleted{Role: "scheduler"}),

	"by-the-host": commitBut(func(c *account.Commit) { c.Actor = account.AsHost("billing") }),
	"on-behalf":   commitBut(func(c *account.Commit) { c.Actor = account.AsUser("mia").By("adam") }),
	"chained":     commitBut(func(c *account.Commit) { c.Previous = sha256.Sum256([]byte("the commit before it")) }),
	"with-a-key":  commitBut(func(c *account.Commit) { c.Key, c.Request = "order 17", "9ab4" }),
	"with-a-note": commitBut(func(c *account.Commit) { c.Note = "left the club, says \"mia\"\n\tsee <file>\\2026 & co" }),
	"precise":     commitBut(func(c *account.Commit) { c.Version, c.Time = 1<<64-1, noon.Add(time.Nanosecond) }),
	"odd-ids": commitBut(func(c *account.Commit) {
		c.Account, c.Changes = "\x00\x1f/\u2028\u00e9\U0001f600", []account.Change{account.UserRemoved{User: "\u007f\ufffd "}}
	}),
}

func TestCommitIsWrittenAndReadAlike(t *testing.T) {
	files, err := filepath.Glob("testdata/commits/*.json")
	require.NoError(t, err)
	assert.Len(t, files, len(golden), "each golden commit has its file, and each file its commit")
	for name, c := range golden {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join("testdata", "commits", name+".json"))
			require.NoError(t, err)
			data, ended := strings.CutSuffix(string(file), "\n")
			require.True(t, ended)
			assert.NotContains(t, data, "\n", "a commit is one line")

			read, err := account.DecodeCommit([]byte(data))
			require.NoError(t, err)
			if diff := cmp.Diff(c, *read, cmp.AllowUnexported(account.Actor{})); diff != "" {
				t.Errorf("DecodeCommit of the file (-want +got):\n%s", diff)
			}
			written, err := c.Encode()
			require.NoError(t, err)
			assert.Equal(t, data, string(written))
			assertUniqueKeys(t, json.NewDecoder(strings.NewReader(data)))
		})
	}
}

// assertUniqueKeys fails if an object in a JSON value has a duplicate key.
func assertUniqueKeys(t *testing.T, d *json.Decoder) {
	t.Helper()
	begin, err := d.Token()
	require.NoError(t, err)
	switch begin {
	case json.Delim('{'):
		seen := map[json.Token]bool{}
		for d.More() {
			key, err := d.Token()
			require.NoError(t, err)
			assert.False(t, seen[key], "the key %v stands there twice", key)
			seen[key] = true
			assertUniqueKeys(t, d)
		}
	case json.Delim('['):
		for d.More() {
			assertUniqueKeys(t, d)
		}
	default:
		return
	}
	_, err = d.Token()
	require.NoError(t, err)
}

func TestEveryChangeHasAGoldenFile(t *testing.T) {
	var have []string
	for name, c := range golden {
		for _, change := range c.Changes {
			if account.NameOfChange(change) == name {
				have = append(have, fmt.Sprintf("%T", change))
				break
			}
		}
	}
	slices.Sort(have)
	assert.Equal(t, sealed(t, "apply"), have)
}

func TestCommitIsReadHoweverItIsSpaced(t *testing.T) {
	c, err := account.DecodeCommit([]byte(`
{
	"usher" : 1 ,
	"changes" : [ { "change" : "seat-assigned" , "pool" : "booking" , "user" : "m\u0061x" } ] ,
	"policy" : "5f0c", "actor" : { "user" : "mia" }, "time" : "2026-03-01T12:00:00.000Z", "id" : "c3", "version" : 3, "account" : "acme"
}
`))
	require.NoError(t, err)
	assert.Equal(t, golden["seat-assigned"], *c)
}

// Each row changes the text of a commit, and states the error.
func TestCommitIsRefused(t *testing.T) {
	rows := []struct{ old, new, says string }{
		{`"usher":1`, `"usher":2`, "read commit: byte 10: written in a newer format: 2, and this version of the library reads up to 1"},
		{`"usher":1`, `"usher":0`, "the format must be at least 1, got 0"},
		{`"usher":1`, `"usher":"1"`, `invalid number "" (want a whole number from 0)`},
		{`"usher":1,`, ``, `the first key of a commit is "usher"`},
		{`{"usher":1`, `["usher":1`, `read commit: byte 0: unexpected '[' (want '{')`},
		{`"policy":"5f0c",`, ``, `read commit 3 of acme: byte 184: missing key "policy"`},
		{`"changes":[`, `"changes":[],"note":[`, "the commit has no changes"},
		{`"id":"c3"`, `"id":"c3","id":"c3"`, `duplicate key "id"`},
		{`"id":"c3"`, `"ID":"c3"`, "unknown key ID"},
		{`"id":"c3"`, `"id":""`, "a string is empty"},
		{`"id":"c3"`, `"id":3`, `unexpected '3' (want '"')`},
		{`"id":"c3"`, "\"id\":\"c\n3\"", `unescaped control character '\n' in a string`},
		{`"id":"c3"`, "\"id\":\"c\xff3\"", "is not UTF-8"},
		{`"id":"c3"`, `"previous":"5f0c","id":"c3"`, "the hash 5f0c: want 64 hexadecimal digits in lower case"},
		{`"id":"c3"`, `"previous":"` + strings.Repeat("0", 64) + `","id":"c3"`, "not all of them 0"},
		{`"id":"c3"`, `"previous":"` + strings.Repeat("A", 64) + `","id":"c3"`, "in lower case"},
		{`"id":"c3"`, `"previous":"` + strings.Repeat("g", 64) + `","id":"c3"`, "hexadecimal"},
		{`"id":"c3"`, `"previous":"` + strings.Repeat("a", 66) + `","id":"c3"`, "64 hexadecimal digits"},
		{`"version":3`, `"version":0`, "the version must be at least 1"},
		{`"version":3`, `"version":-3`, `invalid number "-3"`},
		{`"version":3`, `"version":3.0`, `unexpected '.' (want ',')`},
		{`"time":"2026-03-01T12:00:00Z"`, `"time":"0001-01-01T00:00:00Z"`, "the time is zero"},
		{`"time":"2026-03-01T12:00:00Z"`, `"time":"0000-01-01T00:00:00Z"`, "invalid year 0 (want 1 to 9999)"},
		{`"time":"2026-03-01T12:00:00Z"`, `"time":"2026-03-01"`, "cannot parse"},
		{`"actor":{"user":"mia"}`, `"actor":{}`, "the actor must be either a user or the host"},
		{`"actor":{"user":"mia"}`, `"actor":{"user":"mia","host":"scim"}`, "the actor must be either a user or the host"},
		{`"actor":{"user":"mia"}`, `"actor":{"user":"mia","by":"mia"}`, "only another user can act on behalf of a user"},
		{`"actor":{"user":"mia"}`, `"actor":{"host":"scim","by":"mia"}`, "only another user can act on behalf of a user"},
		{`"actor":{"user":"mia"}`, `"actor":{"user":"mia","by":""}`, "a string is empty"},
		{`"actor":{"user":"mia"}`, `"actor":"mia"`, `unexpected '"' (want '{')`},
		{`"change":"status-set"`, `"change":"status-sat"`, `read commit 3 of acme: byte 152: change 1: unknown change status-sat; a newer version of the library may have written it`},
		{`"change":"status-set",`, ``, `the first key of a change is "change"`},
		{`"change":"status-set"`, `"change":3`, `unexpected '3' (want '"')`},
		{`"from":"active",`, ``, `change 1: status-set: missing key "from"`},
		{`"from":"active"`, `"from":"active","from":"active"`, `duplicate key "from"`},
		{`"from":"active"`, `"from":"active","change":"status-set"`, "unknown key change"},
		{`"from":"active"`, `"from":"Active"`, `unknown status "Active"`},
		{`"from":"active"`, `"from":""`, `unknown status ""`},
		{`"from":"active"`, `"from":["active"]`, `unexpected '[' (want '"')`},
		{`"user":"max"`, `"user":""`, `change 1: status-set: a string is empty`},
		{`]}`, `,]}`, `unexpected ']' (want '{')`},
		{`]}`, `],}`, `unexpected '}' (want '"')`},
		{`]}`, `]}{}`, "trailing data"},
		{`]}`, `]`, "unexpected end (want ',')"},
	}
	data, err := os.ReadFile("testdata/commits/status-set.json")
	require.NoError(t, err)
	text := strings.TrimSpace(string(data))
	for _, row := range rows {
		require.Contains(t, text, row.old)
		broken := strings.Replace(text, row.old, row.new, 1)
		c, err := account.DecodeCommit([]byte(broken))
		assert.Nil(t, c, broken)
		assert.ErrorContains(t, err, row.says, broken)
		var e *account.CorruptError
		assert.ErrorAs(t, err, &e)
		assert.NotEqual(t, errors.Is(err, account.ErrNewer), errors.Is(err, account.ErrCorrupt), broken)
	}
	for n := range text {
		_, err := account.DecodeCommit([]byte(text[:n]))
		assert.Error(t, err, text[:n])
	}
	_, err = account.DecodeCommit([]byte(strings.Replace(text, `"usher":1`, `"usher":2`, 1)))
	assert.ErrorIs(t, err, account.ErrNewer)
	assert.NotErrorIs(t, err, account.ErrCorrupt)
}

func TestCommitIsNotWritten(t *testing.T) {
	rows := []struct {
		says   string
		change func(*account.Commit)
	}{
		{"write commit 3: account is empty", func(c *account.Commit) { c.Account = "" }},
		{"write commit of acme: the version must be at least 1", func(c *account.Commit) { c.Version = 0 }},
		{"id is empty", func(c *account.Commit) { c.ID = "" }},
		{"time: the time is zero", func(c *account.Commit) { c.Time = time.Time{} }},
		{"time: invalid year 10000 (want 1 to 9999)", func(c *account.Commit) { c.Time = noon.AddDate(7974, 0, 0) }},
		{"the actor must be either a user or the host", func(c *account.Commit) { c.Actor = account.Actor{} }},
		{`host: "\xff" is not UTF-8`, func(c *account.Commit) { c.Actor = account.AsHost("\xff") }},
		{"policy is empty", func(c *account.Commit) { c.Policy = "" }},
		{`note: "\xff" is not UTF-8`, func(c *account.Commit) { c.Note = "\xff" }},
		{"the commit has no changes", func(c *account.Commit) { c.Changes = nil }},
		{"change 1: the change is nil", func(c *account.Commit) { c.Changes = []account.Change{nil} }},
		{"change 1: *account.AccountDeleted is not a change", func(c *account.Commit) { c.Changes = []account.Change{&account.AccountDeleted{}} }},
		{"change 2: user-removed: user is empty", func(c *account.Commit) { c.Changes = append(c.Changes, account.UserRemoved{}) }},
		{"change 1: status-set: from: unknown status 0", func(c *account.Commit) { c.Changes[0] = account.StatusSet{User: "max", To: usher.Active} }},
		{"change 1: field-defined: type: unknown field type 0", func(c *account.Commit) { c.Changes[0] = account.FieldDefined{ID: 1, Field: "phone"} }},
		{"until: invalid year 0", func(c *account.Commit) {
			c.Changes[0] = account.GrantGiven{User: "max", Grant: "x", Until: time.Time{}.Add(-1)}
		}},
	}
	for _, row := range rows {
		c := commitBut(row.change)
		data, err := c.Encode()
		assert.Nil(t, data, row.says)
		assert.ErrorContains(t, err, row.says)
	}
	_, err := (&account.Commit{}).Encode()
	var e *account.CorruptError
	assert.True(t, errors.As(err, &e), "the zero Commit is not written")
}

func TestCommitIsWrittenInUTC(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	c := commit(account.GrantGiven{User: "max", Grant: "x", Until: noon.In(zone)}, account.GrantGiven{User: "max", Grant: "y", Until: time.Time{}.In(zone)})
	c.Time = c.Time.In(zone)
	data, err := c.Encode()
	require.NoError(t, err)
	read, err := account.DecodeCommit(data)
	require.NoError(t, err)
	want := commit(account.GrantGiven{User: "max", Grant: "x", Until: noon}, account.GrantGiven{User: "max", Grant: "y"})
	assert.Equal(t, want, *read, "also the zero time, which is for good in any zone")
}
