package engine_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

// rooms is a policy in which each kind of role, a grant and a status change what a user may do.
const rooms = `
usher: 1
name: rooms
roles:
  boss:    {at-least: 1, all: true}
  clerk:   {}
  member:  {default: true}
  auditor: {beside: true}
  lead:    {held-on: team}
custom-roles: {like: [member, auditor, lead], at-most: 9}
resources:
  room:
    parties: {team: teams}
    permissions:
      open:  {clerk: any, custom: any}
      see:   {member: any, clerk: any, custom: any}
      lock:  {lead: team, custom: team}
      audit: {auditor: any, custom: any}
      paint: {member: any, auditor: any}
      close: {lead: any}
`

// otherRooms is rooms in which the roles are in another order and give something else.
var otherRooms = strings.NewReplacer(
	"open:  {clerk: any,", "open:  {member: any,", "see:   {member: any, clerk: any,", "see:   {auditor: any,",
	"audit: {auditor: any,", "audit: {lead: any,", "  clerk:   {}\n  member:  {default: true}", "  member:  {default: true}\n  clerk:   {}",
).Replace(rooms)

// contents are the facts of a state without numbers: each user is a copy.
type contents struct{ *account.State }

func (c contents) User(id usher.UserID) (*policy.User, error) {
	u, err := c.State.User(id)
	if u == nil || err != nil {
		return nil, err
	}
	made := *u
	return &made, nil
}

// TestClassNumbers makes random histories of an account, with changes of its roles and of the policy,
// copies of users under other ids, and restarts. After each step, every form of a check decides as
// the policy, compiled anew, decides on copies of the users.
func TestClassNumbers(t *testing.T) {
	allowed := 0
	for seed := range uint64(raced.Part(16, 4)) {
		allowed += classNumbers(t, rand.New(rand.NewPCG(seed, 1)))
	}
	require.Greater(t, allowed, 500)
}

func classNumbers(t *testing.T, random *rand.Rand) (allowed int) {
	mem, texts, text := new(memstore.Store), []string{rooms, otherRooms}, 0
	onRooms := func(o *engine.Options) { o.Policy = load(t, texts[text]) }
	w := openOn(t, mem, onRooms)
	users, teams := []usher.UserID{"ann", "bob", "cat", "dan", "eve"}, []usher.TeamID{"red", "blue"}
	_, err := w.Do(ctx, host, "acme", account.Import{Seed: account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"red": "", "blue": ""},
		Users: map[usher.UserID]policy.User{
			"ann": {Role: "boss"}, "bob": {Role: "member", Teams: []policy.Membership{{Team: "red"}, {Team: "blue"}}},
			"cat": {Role: "clerk", Teams: []policy.Membership{{Team: "red"}}}, "dan": {Role: "clerk", Teams: []policy.Membership{{Team: "blue"}}},
		},
	}}, account.DefineRole{Role: "keeper", Like: "lead", Gives: account.Gives{"room.see": {"any"}}})
	require.NoError(t, err)
	for range 30 {
		user, team := users[random.IntN(len(users))], teams[random.IntN(len(teams))]
		one := func(names ...role.Name) role.Name { return names[random.IntN(len(names))] }
		gives := account.Gives{"room." + string(one("open", "see", "audit")): {"any"}}
		var c account.Command
		switch random.IntN(15) {
		case 0:
			c = account.AddUser{User: user, Role: one("member", "clerk")}
		case 1:
			c = account.RemoveUser{User: user}
		case 2:
			c = account.SetStatus{User: user, Status: []usher.Status{usher.Active, usher.Inactive}[random.IntN(2)]}
		case 3:
			c = account.AddToTeam{User: user, Team: team}
		case 4, 5:
			c = account.SetTeamRole{User: user, Team: team, Role: one("lead", "keeper")}
		case 6:
			c = account.UnsetTeamRole{User: user, Team: team, Role: one("lead", "keeper")}
		case 7:
			c = account.GiveGrant{User: user, Grant: "room." + string(one("open", "audit", "close"))}
		case 8:
			c = account.SetRoleBeside{User: user, Role: "auditor"}
		case 9:
			c = account.RenameUser{From: user, To: users[random.IntN(len(users))]}
		case 10:
			c = account.DefineRole{Role: one("keeper", "helper"), Like: one("member", "lead"), Gives: gives}
		case 11:
			c = account.ChangeRole{Role: one("keeper", "helper"), Gives: gives}
		case 12:
			text = 1 - text
			require.NoError(t, w.SetPolicy(ctx, load(t, texts[text])))
		case 13:
			require.NoError(t, w.Close())
			w = openOn(t, mem, onRooms)
		default:
			c = account.SetRole{User: user, Role: one("boss", "clerk", "member", "helper")}
		}
		if c != nil {
			_, _ = w.Do(ctx, host, "acme", c) // the account may reject it
		}
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		fresh := v.State().Policy(load(t, texts[text]))
		for _, user := range append(users, "nora") {
			a, err := w.As(ctx, "acme", user, nil)
			require.NoError(t, err)
			for _, action := range []string{"open", "see", "lock", "audit", "paint", "close"} {
				r := usher.Request{Account: "acme", Subject: user, Permission: permission.MustParse("room." + action), Time: noon}
				want, err := fresh.Decide(contents{v.State()}, &r)
				require.NoError(t, err)
				got, err := w.Check(ctx, r)
				require.NoError(t, err)
				can, err := w.Can(ctx, "acme", user, r.Permission, nil)
				require.NoError(t, err)
				asked, err := a.Check(r.Permission, nil)
				require.NoError(t, err)
				for form, d := range map[string]usher.Decision{"Check": got, "Can": can, "As": asked} {
					require.Equal(t, want.Reason(), d.Reason(), "%s %s %s", form, user, action)
					require.Equal(t, want.Detail().Rule, d.Detail().Rule, "%s %s %s", form, user, action)
				}
				if want.Allowed() {
					allowed++
				}
			}
		}
	}
	return allowed
}
