package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// Import rejects contents that break a rule of accounts.
func TestImportRefused(t *testing.T) {
	p := compile(t, club)
	for name, row := range map[string]struct {
		change func(c *account.Seed)
		code   account.Code
		says   string
	}{
		"nobody owns it":     {func(c *account.Seed) { delete(c.Users, "olga") }, account.CodeInvalid, "exactly one user must have the role owner, but 0 have it"},
		"two own it":         {func(c *account.Seed) { c.Users["zoe"] = user("owner") }, account.CodeInvalid, "exactly one user must have the role owner, but 2 have it (olga, zoe)"},
		"an empty id":        {func(c *account.Seed) { c.Users[""] = user("member") }, account.CodeInvalid, "the id of a user must not be empty"},
		"a strange status":   {func(c *account.Seed) { c.Users["zoe"] = withStatus(user("member"), 9) }, account.CodeInvalid, "the status of zoe is unknown (want active, invited, inactive or requested)"},
		"an unknown role":    {func(c *account.Seed) { c.Users["zoe"] = user("membre") }, account.CodeUnknownRole, `did you mean "member"?`},
		"oversold":           {func(c *account.Seed) { c.Seats["booking"] = 2 }, account.CodeInvalid, "more seats in booking are held than the 2 bought"},
		"none is sold":       {func(c *account.Seed) { c.Seats = nil }, account.CodeInvalid, "than the 0 bought"},
		"fewer than none":    {func(c *account.Seed) { c.Seats["booking"] = -1 }, account.CodeInvalid, "booking: the number of seats must be at least 0, got -1"},
		"an unknown pool":    {func(c *account.Seed) { c.Seats["bookings"] = 1 }, account.CodeUnknownPool, ""},
		"a seat twice":       {func(c *account.Seed) { c.Users["mia"] = user("member", "booking", "booking") }, account.CodeInvalid, "the seats of mia list booking twice"},
		"a seat not allowed": {func(c *account.Seed) { c.Users["dora"] = user("desk", "booking") }, account.CodeInvalid, "dora has the role desk, which cannot hold a seat in booking"},
		"a seat not held":    {func(c *account.Seed) { c.Users["ina"] = withStatus(user("member", "booking"), usher.Inactive) }, account.CodeInvalid, "ina is inactive"},
		"a circle of teams":  {func(c *account.Seed) { c.Teams["sport"] = "rowing" }, account.CodeInvalid, "cycle"},
		"an unknown parent":  {func(c *account.Seed) { c.Teams["sport"] = "all" }, account.CodeUnknownTeam, ""},
		"an unknown team":    {func(c *account.Seed) { c.Users["max"] = inTeam(user("member"), "all") }, account.CodeUnknownTeam, ""},
		"a team twice":       {func(c *account.Seed) { c.Users["max"] = inTeam(inTeam(user("member"), "chess"), "chess") }, account.CodeInvalid, "the teams of max list chess twice"},
		"a wrong team role":  {func(c *account.Seed) { c.Users["max"] = inTeam(user("member"), "chess", "admin") }, account.CodeUnknownRole, ""},
		"an unknown setting": {func(c *account.Seed) { c.Settings = map[string]bool{"opn": true} }, account.CodeUnknownSetting, ""},
		"an unknown grant": {func(c *account.Seed) {
			c.Users["max"] = policy.User{Role: "member", Grants: []policy.Grant{{Name: "nothing"}}}
		}, account.CodeUnknownGrant, ""},
		"a grant twice": {func(c *account.Seed) {
			c.Users["max"] = policy.User{Role: "member", Grants: []policy.Grant{{Name: "reports"}, {Name: "reports"}}}
		}, account.CodeInvalid, "the grants of max list reports twice"},
		"a role too full": {func(c *account.Seed) {
			c.Seats["booking"] = 9
			c.Users["a"], c.Users["b"], c.Users["c"] = user("admin"), user("admin"), user("admin")
		}, account.CodeInvalid, "at most 3 users may have the role admin, but 4 have it"},
		"a field twice":     {func(c *account.Seed) { c.Fields = append(c.Fields, c.Fields[0]) }, account.CodeExists, ""},
		"a value of nobody": {func(c *account.Seed) { c.Values = map[usher.UserID]map[string]account.Value{"zoe": {"phone": "1"}} }, account.CodeUnknownUser, ""},
		"a wrong value":     {func(c *account.Seed) { c.Values = map[usher.UserID]map[string]account.Value{"max": {"born": "1"}} }, account.CodeInvalid, "the value of born of max is not a valid date"},
		"a value nowhere":   {func(c *account.Seed) { c.Values = map[usher.UserID]map[string]account.Value{"max": {"x": "1"}} }, account.CodeUnknownField, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := members()
			row.change(&c)
			_, err := propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: c})
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// A user whose role requires a seat holds one, and archived fields keep their values.
func TestImport(t *testing.T) {
	p := compile(t, club)
	c := members()
	c.Settings = map[string]bool{"open": false}
	c.Users["olga"] = withStatus(user("owner"), usher.Inactive)
	c.Values = map[usher.UserID]map[string]account.Value{"max": {"shoe": "44", "phone": ""}}
	o, err := propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: c})
	require.NoError(t, err)
	assert.Equal(t, []account.FieldValue{{User: "max", Field: 3, Value: "44"}}, o.Values)
	assert.Equal(t, seat.Pool{Total: 4, Held: 2}, o.Next.Pool("booking"), "cora requires one, mia has one")
	_, said := o.Next.Setting("open")
	assert.True(t, said, "what is said stays, whatever the default becomes")
	require.NoError(t, o.Next.Fits(p))
}
