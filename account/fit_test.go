package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// An account fits a policy as long as nothing in use is gone from it.
func TestFits(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.Host("test"),
		account.GiveGrant{User: "max", Grant: "staff.manage"},
		account.ChangeSetting{Setting: "open", Value: true})
	require.NoError(t, s.Fits(p))
	require.NoError(t, account.New("club").Fits(nil), "no account fits all")

	for name, row := range map[string]struct {
		replace []string
		want    []string
	}{
		"grants and settings are kept and inert": {
			[]string{"settings: {open: false}\n", "", "bundles:\n  staff.manage: [user.create, user.delete, user.edit, user.set-role]\n", ""},
			nil,
		},
		"roles are gone": {
			[]string{"desk", "office", "captain", "skipper"},
			[]string{"it has no account role desk (dora)", "it has no team role captain (mia)"},
		},
		"another role is unique": {
			[]string{"owner:   {unique: true, includes: [admin], hands-over-to: admin, seats: {booking: required, parking: optional}}", "owner: {}\n  head: {unique: true, hands-over-to: admin}"},
			[]string{"its unique role is head, and that of the account is owner (olga)"},
		},
		"a pool is gone": {
			[]string{"  parking: {holds: [active]}\n", "", ", parking: optional}", "}"},
			[]string{"it has no seat pool parking, of which 1 seats were bought and 0 are held"},
		},
		"seats that a role may not have, or must": {
			[]string{"member:  {default: true}", "member:  {default: true, seats: {parking: optional}}", "coach:   {seats: {booking: required", "coach:   {seats: {booking: none", "at-most: 3", "at-most: 3, seats: {booking: optional, parking: required}"},
			[]string{"the role coach holds no seat in booking (cora)", "the role member holds no seat in booking (mia)", "the role admin requires a seat in parking (adam)"},
		},
		"a status that holds no seat": {
			[]string{"[invited, active]", "[active]"},
			nil,
		},
		"too many": {
			[]string{"member:  {default: true}", "member:  {default: true, at-most: 2}"},
			[]string{"at most 2 users may have the role member, and 4 do"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			other := compile(t, strings.NewReplacer(row.replace...).Replace(club))
			err := s.Fits(other)
			if row.want == nil {
				require.NoError(t, err)
				return
			}
			var unfit *account.PolicyMismatchError
			require.ErrorAs(t, err, &unfit)
			assert.Equal(t, row.want, unfit.Reasons)
			assert.ErrorContains(t, err, "the policy club does not fit account club: "+row.want[0])
			fitsEach(t, s, other, unfit)
		})
	}
	var unfit *account.PolicyMismatchError
	require.ErrorAs(t, s.Fits(&policy.Policy{}), &unfit)
}

// fitsEach checks that a policy fits each user by name, but those whom the list is about,
// and none if it does not fit the account as a whole.
func fitsEach(t *testing.T, s *account.State, p *policy.Policy, list *account.PolicyMismatchError) {
	t.Helper()
	about := map[usher.UserID]bool{}
	for _, id := range list.Mismatches() {
		about[id] = true
	}
	for id := range s.UsersAfter("") {
		err := s.FitsUser(p, id.ID)
		var unfit *account.PolicyMismatchError
		if !about[id.ID] && !list.Whole {
			assert.NoError(t, err)
			continue
		}
		require.ErrorAs(t, err, &unfit)
		assert.Equal(t, list.Whole, unfit.Whole)
		if !list.Whole {
			assert.Equal(t, id.ID, unfit.User)
			assert.ErrorContains(t, err, "the policy club does not fit "+string(id.ID)+" of account club: ")
		}
	}
	assert.Equal(t, list.Whole, s.FitsUser(p, "nobody") != nil, "who is not in the account")
}

// What no account may be, no import makes.
func TestImportRefused(t *testing.T) {
	p := compile(t, club)
	for name, row := range map[string]struct {
		change func(c *account.Contents)
		code   account.Code
		says   string
	}{
		"nobody owns it":     {func(c *account.Contents) { delete(c.Users, "olga") }, account.Invalid, "exactly one user has the role owner, and 0 do"},
		"two own it":         {func(c *account.Contents) { c.Users["zoe"] = user("owner") }, account.Invalid, "exactly one user has the role owner, and 2 do (olga, zoe)"},
		"an empty id":        {func(c *account.Contents) { c.Users[""] = user("member") }, account.Invalid, "the id of a user is not empty"},
		"a strange status":   {func(c *account.Contents) { c.Users["zoe"] = withStatus(user("member"), 9) }, account.Invalid, "zoe has no known status"},
		"an unknown role":    {func(c *account.Contents) { c.Users["zoe"] = user("membre") }, account.UnknownRole, `did you mean "member"?`},
		"oversold":           {func(c *account.Contents) { c.Seats["booking"] = 2 }, account.Invalid, "more seats in booking are held than the 2 that were bought"},
		"none is sold":       {func(c *account.Contents) { c.Seats = nil }, account.Invalid, "than the 0 that were bought"},
		"fewer than none":    {func(c *account.Contents) { c.Seats["booking"] = -1 }, account.Invalid, "booking: -1 is no number of seats"},
		"an unknown pool":    {func(c *account.Contents) { c.Seats["bookings"] = 1 }, account.UnknownPool, ""},
		"a seat twice":       {func(c *account.Contents) { c.Users["mia"] = user("member", "booking", "booking") }, account.Invalid, "mia holds a seat in booking twice"},
		"a seat not allowed": {func(c *account.Contents) { c.Users["dora"] = user("desk", "booking") }, account.Invalid, "dora has the role desk, which holds no seat in booking"},
		"a seat not held":    {func(c *account.Contents) { c.Users["ina"] = withStatus(user("member", "booking"), usher.Inactive) }, account.Invalid, "ina is inactive"},
		"a circle of teams":  {func(c *account.Contents) { c.Teams["sport"] = "rowing" }, account.Invalid, "circle"},
		"an unknown parent":  {func(c *account.Contents) { c.Teams["sport"] = "all" }, account.UnknownTeam, ""},
		"an unknown team":    {func(c *account.Contents) { c.Users["max"] = inTeam(user("member"), "all") }, account.UnknownTeam, ""},
		"a team twice":       {func(c *account.Contents) { c.Users["max"] = inTeam(inTeam(user("member"), "chess"), "chess") }, account.Invalid, "max is in chess twice"},
		"a wrong team role":  {func(c *account.Contents) { c.Users["max"] = inTeam(user("member"), "chess", "admin") }, account.UnknownRole, ""},
		"an unknown setting": {func(c *account.Contents) { c.Settings = map[string]bool{"opn": true} }, account.UnknownSetting, ""},
		"an unknown grant": {func(c *account.Contents) {
			c.Users["max"] = policy.User{Role: "member", Grants: []policy.Grant{{Name: "nothing"}}}
		}, account.UnknownGrant, ""},
		"a grant twice": {func(c *account.Contents) {
			c.Users["max"] = policy.User{Role: "member", Grants: []policy.Grant{{Name: "reports"}, {Name: "reports"}}}
		}, account.Invalid, "max holds reports twice"},
		"a role too full": {func(c *account.Contents) {
			c.Seats["booking"] = 9
			c.Users["a"], c.Users["b"], c.Users["c"] = user("admin"), user("admin"), user("admin")
		}, account.Invalid, "at most 3 users may have the role admin, and 4 do"},
		"a field twice":     {func(c *account.Contents) { c.Fields = append(c.Fields, c.Fields[0]) }, account.Exists, ""},
		"a value of nobody": {func(c *account.Contents) { c.Values = map[usher.UserID]map[string]account.Value{"zoe": {"phone": "1"}} }, account.UnknownUser, ""},
		"a wrong value":     {func(c *account.Contents) { c.Values = map[usher.UserID]map[string]account.Value{"max": {"born": "1"}} }, account.Invalid, "born of max is of type date"},
		"a value nowhere":   {func(c *account.Contents) { c.Values = map[usher.UserID]map[string]account.Value{"max": {"x": "1"}} }, account.UnknownField, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := members()
			row.change(&c)
			_, err := propose(p, account.New("club"), account.Host("test"), account.Import{Contents: c})
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// Whoever requires a seat holds one, and archived fields keep their values.
func TestImport(t *testing.T) {
	p := compile(t, club)
	c := members()
	c.Settings = map[string]bool{"open": false}
	c.Users["olga"] = withStatus(user("owner"), usher.Inactive)
	c.Values = map[usher.UserID]map[string]account.Value{"max": {"shoe": "44", "phone": ""}}
	o, err := propose(p, account.New("club"), account.Host("test"), account.Import{Contents: c})
	require.NoError(t, err)
	assert.Equal(t, []account.FieldValue{{User: "max", Field: 3, Value: "44"}}, o.Values)
	assert.Equal(t, seat.Pool{Total: 4, Held: 2}, o.Next.Pool("booking"), "cora requires one, mia has one")
	_, said := o.Next.Setting("open")
	assert.True(t, said, "what is said stays, whatever the default becomes")
	require.NoError(t, o.Next.Fits(p))
}
