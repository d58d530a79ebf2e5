package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

// firm is the policy under which the accounts of these tests are created.
const firm = `
usher: 1
name: firm
seats:   {desk: {}, locker: {}}
features: [gym]
settings: {open: false}
conditions:
  sits:  {seat: desk}
  keeps: {seat: locker}
  gym:   {feature: gym}
  open:  {setting: open}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
  lead:   {held-on: team}
  deputy: {held-on: team}
bundles: {doors: [door.open, door.lock]}
resources:
  user:
    permissions:
      create:     {admin: any}
      edit:       {everyone: any}
      delete:     {admin: any}
      set-role:   {admin: any}
      set-status: {admin: any}
      leave:      {everyone: own}
  team:  {permissions: {create: {admin: any}, edit: {admin: any}, delete: {admin: any}, set-members: {admin: any}, set-role: {admin: any}}}
  seat:  {permissions: {assign: {admin: any}, unassign: {admin: any}, purchase: {admin: any}}}
  grant: {permissions: {give: {admin: any}, revoke: {admin: any}}}
  field: {permissions: {manage: {admin: any}}}
  door:
    parties: {guest: users}
    permissions:
      open: {everyone: any}
      lock: {admin: any, clerk: any, lead: shared, deputy: shared}
`

// policyWithout returns firm without some lines and words.
func policyWithout(words ...string) string {
	pairs := make([]string, 0, 2*len(words))
	for _, w := range words {
		pairs = append(pairs, w, "")
	}
	return strings.NewReplacer(pairs...).Replace(firm)
}

// mismatchCases are policies, each with the users of firmAccount that it cannot decide
// for.
var mismatchCases = []struct {
	name, policy string
	users        []usher.UserID
	says         string
}{
	{"no account role", policyWithout("  clerk:  {}\n", "clerk: any, "), []usher.UserID{"cleo", "ines", "inge"}, "it has no account role clerk"},
	{"no team role", policyWithout("  deputy: {held-on: team}\n", ", deputy: shared"), []usher.UserID{"dan"}, "it has no team role deputy"},
	{"no seat pool", policyWithout(", locker: {}", "  keeps: {seat: locker}\n"), []usher.UserID{"kay"}, "it has no seat pool locker"},
	{"a team role for an account role", strings.Replace(firm, "clerk:  {}", "clerk:  {held-on: team}", 1), []usher.UserID{"cleo", "ines", "inge"}, "it has no account role clerk"},
	{"a seat that the role may not have", strings.Replace(firm, "admin:  {}", "admin:  {seats: {desk: none, locker: optional}}", 1), []usher.UserID{"ada"}, "the role admin cannot hold a seat in desk"},
	{"a seat that the role requires", strings.Replace(firm, "admin:  {}", "admin:  {seats: {desk: required, locker: optional}}", 1), []usher.UserID{"adam"}, "the role admin requires a seat in desk"},
}

// allUsers has all users of firmAccount.
var allUsers = []usher.UserID{"ada", "adam", "cleo", "dan", "ines", "inge", "kay", "lea", "max", "olivia"}

func firmAccount(t *testing.T, w *world) {
	t.Helper()
	w.must("acme", host,
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2, "locker": 2}},
		account.CreateTeam{Team: "crew"},
		account.DefineField{Field: "phone", Type: account.TextField},
		account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "ada", Role: "admin"},
		account.AddUser{User: "cleo", Role: "clerk"}, account.AddUser{User: "ines", Role: "clerk"}, account.AddUser{User: "inge", Role: "clerk", Status: usher.Invited},
		account.AddUser{User: "kay"}, account.AddUser{User: "max"},
		account.AddUser{User: "dan", Teams: []usher.TeamID{"crew"}}, account.AddUser{User: "lea", Teams: []usher.TeamID{"crew"}},
		account.SetTeamRole{Team: "crew", User: "dan", Role: "deputy"}, account.SetTeamRole{Team: "crew", User: "lea", Role: "lead"},
		account.AssignSeat{User: "kay", Pool: "locker"}, account.AssignSeat{User: "ada", Pool: "desk"},
		account.SetStatus{User: "ines", Status: usher.Inactive},
	)
}

// doorOf returns a door that names a user that the policy may be unable to decide for.
func doorOf(user usher.UserID) usher.Resource {
	return &usher.Object{Type: "door", Parties: map[string][]string{"guest": {string(user)}}}
}

var lockDoor = permission.MustParse("door.lock")

// reader has the common methods of Engine and Reader.
type reader interface {
	usher.Authorizer
	usher.Explainer
}

// A bound that a policy narrows is listed, but prevents no decision: it rejects only
// changes that increase the excess.
func TestMoreHoldersThanABound(t *testing.T) {
	mem := new(memstore.Store)
	firmAccount(t, openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, firm) }))
	p := load(t, strings.Replace(firm, "admin:  {}", "admin:  {at-most: 1}", 1))
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = p })
	assert.ErrorContains(t, latestState(t, w).Fits(p), "at most 1 user may have the role admin, but 2 have it")
	for _, user := range []usher.UserID{"ada", "adam"} {
		_, err := w.Check(ctx, usher.Request{Account: "acme", Subject: user, Permission: lockDoor, Resource: doorOf("max")})
		require.NoError(t, err)
	}
	_, err := w.Do(ctx, host, "acme", account.SetRole{User: "max", Role: "admin"})
	assert.ErrorIs(t, err, account.CodeRoleFull)
	w.must("acme", host, account.SetRole{User: "ada", Role: "clerk"})
}

// If a policy lacks what some users hold, each check of these users is an error that
// states what is missing. All other checks work, whichever users their resources name.
func TestMismatchOfUsers(t *testing.T) {
	for _, row := range mismatchCases {
		t.Run(row.name, func(t *testing.T) {
			mem := new(memstore.Store)
			old := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, firm) })
			firmAccount(t, old)
			p := load(t, row.policy)
			w := openOn(t, mem, func(o *engine.Options) { o.Policy = p })
			for name, r := range map[string]reader{"engine": w, "at least": w.AtLeast("acme", 1), "at": w.At("acme", 1)} {
				for _, user := range allUsers {
					misfit := slices.Contains(row.users, user)
					want := func(op string, err error) {
						t.Helper()
						if !misfit {
							assert.NoError(t, err, "%s: %s by %s", name, op, user)
							return
						}
						var unfit *account.PolicyMismatchError
						if assert.ErrorAs(t, err, &unfit, "%s: %s by %s", name, op, user) {
							assert.Equal(t, user, unfit.User)
							assert.ErrorContains(t, err, row.says)
							assert.False(t, unfit.Whole)
						}
					}
					for _, about := range allUsers {
						q := usher.Request{Account: "acme", Subject: user, Permission: lockDoor, Resource: doorOf(about)}
						d, err := r.Check(ctx, q)
						want("check", err)
						assert.False(t, misfit && d.Allowed())
						_, err = r.Explain(ctx, q)
						want("explain", err)
					}
					asker := r.(interface {
						Actions(context.Context, usher.Request) ([]policy.Action, error)
						Filter(context.Context, usher.Request) (filter.Filter, error)
					})
					list, err := asker.Actions(ctx, usher.Request{Account: "acme", Subject: user, Resource: doorOf("max")})
					want("actions", err)
					assert.False(t, misfit && len(list) > 0)
					f, err := asker.Filter(ctx, usher.Request{Account: "acme", Subject: user, Permission: lockDoor})
					want("filter", err)
					if misfit {
						matches, err := f.Match(doorOf("max"))
						require.NoError(t, err)
						assert.False(t, matches)
					}
				}
			}
			listed := map[usher.UserID]error{}
			var order []usher.UserID
			for who, err := range w.WhoMay(ctx, usher.Request{Account: "acme", Permission: openDoor}, "") {
				listed[who.ID] = err
				order = append(order, who.ID)
				assert.Equal(t, err == nil, who.Decision.Allowed(), who.ID)
			}
			for _, user := range allUsers {
				err, in := listed[user]
				switch {
				case user == "ines" || user == "inge":
					assert.False(t, in, "%s is not active", user)
				case slices.Contains(row.users, user):
					var unfit *account.PolicyMismatchError
					assert.ErrorAs(t, err, &unfit, "%s: without them the list is not complete", user)
				default:
					assert.True(t, in && err == nil, user)
				}
			}
			assert.True(t, slices.IsSorted(order), order)
			assert.Len(t, order, len(listed), "each user once: %v", order)
			var rest []usher.UserID
			for who := range w.WhoMay(ctx, usher.Request{Account: "acme", Permission: openDoor}, "cleo") {
				rest = append(rest, who.ID)
			}
			assert.Equal(t, slices.DeleteFunc(slices.Clone(order), func(id usher.UserID) bool { return id <= "cleo" }), rest, "from a cursor on")
			view, err := w.View(ctx, "acme")
			require.NoError(t, err)
			assert.Equal(t, len(allUsers), view.Len(), "a directory shows them all")
		})
	}
}

// Users that the policy decides for can change themselves and each other. On a user that
// it does not decide for, they can only make changes that repair the mismatch, and that
// user can change nothing. Data that the policy does not know stays.
func TestMismatchAndCommands(t *testing.T) {
	for _, row := range mismatchCases {
		t.Run(row.name, func(t *testing.T) {
			mem := new(memstore.Store)
			old := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, firm); unwatched(o) })
			firmAccount(t, old)
			w := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, row.policy) })
			preview := func(actor account.Actor, c ...account.Command) error {
				_, err := w.Preview(ctx, engine.Batch{Actor: actor, Account: "acme", Commands: c})
				return err
			}
			var unfit *account.PolicyMismatchError
			misfit := row.users[0]
			for _, c := range []account.Command{
				account.Leave{}, account.SetField{User: "max", Field: "phone", Value: "1"}, account.RemoveUser{User: "max"}, account.CreateTeam{Team: "new"}, account.AcceptInvitation{}, account.DeclineInvitation{},
			} {
				assert.ErrorAs(t, preview(account.AsUser(misfit), c), &unfit, "%s does %s", misfit, account.Describe(c))
			}
			for _, actor := range []account.Actor{host, account.AsUser("olivia")} {
				for _, c := range []account.Command{
					account.SetField{User: misfit, Field: "phone", Value: "1"},
					account.SetStatus{User: misfit, Status: usher.Active},
					account.AddToTeam{Team: "crew", User: misfit},
					account.SetTeamRole{Team: "crew", User: misfit, Role: "lead"},
					account.GiveGrant{User: misfit, Grant: "door.lock"},
					account.RevokeGrant{User: misfit, Grant: "door.lock"},
				} {
					err := preview(actor, c)
					assert.ErrorAs(t, err, &unfit, "%v does %s", actor, account.Describe(c))
					assert.ErrorContains(t, err, row.says)
					assert.Equal(t, misfit, unfit.User)
				}
				for _, c := range []account.Command{account.RemoveUser{User: misfit}, account.SetRole{User: misfit, Role: "member"}, account.SetStatus{User: misfit, Status: usher.Inactive}} {
					assert.NoError(t, preview(actor, c), "%v does %s", actor, account.Describe(c))
				}
			}
			// Commands about a fitting user are accepted.
			w.must("acme", account.AsUser("olivia"), account.SetField{User: "max", Field: "phone", Value: "1"}, account.SetSeats{Pool: "desk", Total: 5}, account.AddUser{User: "new"})
			w.must("acme", host, account.RemoveUser{User: "new"})

			before := latestState(t, old)
			w.must("acme", account.AsUser("olivia"), account.AssignSeat{User: "max", Pool: "desk"}, account.AddToTeam{Team: "crew", User: "max"})
			after := latestState(t, old)
			assert.Equal(t, before.Pool("locker"), after.Pool("locker"))
			for _, id := range row.users {
				was, _ := before.User(id)
				is, _ := after.User(id)
				assert.Equal(t, was, is)
			}
			for _, id := range row.users {
				w.must("acme", host, account.RemoveUser{User: id})
			}
			require.NoError(t, latestState(t, old).Fits(load(t, firm)), "the account fits its own policy")
			_, err := w.Check(ctx, usher.Request{Account: "acme", Subject: "max", Permission: openDoor})
			require.NoError(t, err)
			for who, err := range w.WhoMay(ctx, usher.Request{Account: "acme", Permission: openDoor}, "") {
				require.NoError(t, err, who.ID)
			}
		})
	}
}

func latestState(t *testing.T, w *world) *account.State {
	t.Helper()
	v, err := w.AtLeast("acme", uint64(len(w.journal()))).View(ctx, "acme")
	require.NoError(t, err)
	return v.State()
}
