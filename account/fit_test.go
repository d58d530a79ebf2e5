package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// An account fits a policy that has everything in use.
func TestFits(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.AsHost("test"),
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
			[]string{"its unique role is head, but the account has owner (olga)"},
		},
		"a pool is gone": {
			[]string{"  parking: {holds: [active]}\n", "", ", parking: optional}", "}"},
			[]string{"it has no seat pool parking (1 bought, 0 held)"},
		},
		"seats that a role may not have, or must": {
			[]string{"member:  {default: true}", "member:  {default: true, seats: {parking: optional}}", "coach:   {seats: {booking: required", "coach:   {seats: {booking: none", "at-most: 3", "at-most: 3, seats: {booking: optional, parking: required}"},
			[]string{"the role coach cannot hold a seat in booking (cora)", "the role member cannot hold a seat in booking (mia)", "the role admin requires a seat in parking (adam)"},
		},
		"a status that holds no seat": {
			[]string{"[invited, active]", "[active]"},
			nil,
		},
		"too many": {
			[]string{"member:  {default: true}", "member:  {default: true, at-most: 2}"},
			[]string{"at most 2 users may have the role member, but 4 have it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			other := compile(t, strings.NewReplacer(row.replace...).Replace(club))
			err := s.Fits(other)
			if row.want == nil {
				require.NoError(t, err)
				return
			}
			var mismatch *account.PolicyMismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Equal(t, row.want, mismatch.Reasons)
			assert.ErrorContains(t, err, "the policy club does not fit account club: "+row.want[0])
			fitsEach(t, s, other, mismatch)
		})
	}
	var mismatch *account.PolicyMismatchError
	require.ErrorAs(t, s.Fits(&policy.Policy{}), &mismatch)
}

// fitsEach checks that FitsUser accepts each user except those that the error is about, and
// no user if the policy does not fit the account as a whole.
func fitsEach(t *testing.T, s *account.State, p *policy.Policy, list *account.PolicyMismatchError) {
	t.Helper()
	about := map[usher.UserID]bool{}
	for _, id := range list.Mismatches() {
		about[id] = true
	}
	for id := range s.UsersAfter("") {
		err := s.FitsUser(p, id.ID)
		var mismatch *account.PolicyMismatchError
		if !about[id.ID] && !list.Whole {
			assert.NoError(t, err)
			continue
		}
		require.ErrorAs(t, err, &mismatch)
		assert.Equal(t, list.Whole, mismatch.Whole)
		if !list.Whole {
			assert.Equal(t, id.ID, mismatch.User)
			assert.ErrorContains(t, err, "the policy club does not fit "+string(id.ID)+" of account club: ")
		}
	}
	assert.Equal(t, list.Whole, s.FitsUser(p, "nobody") != nil, "who is not in the account")
}
