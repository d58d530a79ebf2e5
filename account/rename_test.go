package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Under a new id, a user has exactly what the user had, and all others are as before.
func TestRenameUser(t *testing.T) {
	p := compile(t, club)
	seed := members()
	mia := seed.Users["mia"]
	mia.Grants = []policy.Grant{{Name: "reports", Until: noon.Add(time.Hour)}, {Name: "user.edit"}}
	mia.Outside = []policy.Membership{{Team: "chess", Roles: []role.Name{"patron"}}}
	seed.Users["mia"] = mia
	s := open(t, p, seed)
	for from := range seed.Users {
		after := do(t, p, s, account.AsHost("test"), account.RenameUser{From: from, To: "new"})
		was, err := s.User(from)
		require.NoError(t, err)
		is, err := after.User("new")
		require.NoError(t, err)
		assert.Equal(t, was, is, from)
		gone, err := after.User(from)
		require.NoError(t, err)
		assert.Nil(t, gone, from)
		for id := range seed.Users {
			if id != from {
				was, _ := s.User(id)
				is, _ := after.User(id)
				assert.Equal(t, was, is, "%s, when %s is renamed", id, from)
			}
		}
		again := do(t, p, after, account.AsHost("test"), account.RenameUser{From: "new", To: from})
		back, err := again.User(from)
		require.NoError(t, err)
		assert.Equal(t, was, back, from)
	}
	o, err := propose(p, s, account.AsHost("test"), account.RenameUser{From: "olga", To: "ola"}, account.TransferOwnership{To: "adam"})
	require.NoError(t, err, "the unique role moves with the id, and can be transferred in the same batch")
	ola, err := o.Next.User("ola")
	require.NoError(t, err)
	assert.Equal(t, role.Name("admin"), ola.Role)
}

// A merge unites what two ids have, as far as the role of the user who stays allows it.
func TestMergeUsers(t *testing.T) {
	p := compile(t, club)
	full := func(r role.Name) policy.User {
		return policy.User{
			Role: r, Seats: []seat.PoolName{"booking"},
			Teams:   []policy.Membership{{Team: "rowing", Roles: []role.Name{"captain"}}, {Team: "sport"}},
			Outside: []policy.Membership{{Team: "chess", Roles: []role.Name{"patron"}}},
			Grants:  []policy.Grant{{Name: "reports", Until: noon.Add(time.Hour)}, {Name: "user.edit"}},
		}
	}
	for name, row := range map[string]struct{ to, want policy.User }{
		"a user with nothing": {user("member"), full("member")},
		"seats count once":    {user("coach", "booking"), full("coach")},
		"a role without seats": {user("desk"), policy.User{
			Role: "desk", Teams: full("").Teams, Outside: full("").Outside, Grants: full("").Grants,
		}},
		"a role that holds almost nothing": {user("guest"), policy.User{
			Role: "guest", Teams: []policy.Membership{{Team: "rowing"}, {Team: "sport"}},
		}},
		"a status in which seats do not count": {withStatus(user("member"), usher.Inactive), policy.User{
			Role: "member", Status: usher.Inactive, Teams: full("").Teams, Outside: full("").Outside, Grants: full("").Grants,
		}},
		"other things": {
			policy.User{
				Role: "member", Teams: []policy.Membership{{Team: "chess"}},
				Outside: []policy.Membership{{Team: "sport", Roles: []role.Name{"patron"}}},
				Grants:  []policy.Grant{{Name: "reports", Until: noon.Add(2 * time.Hour)}},
			},
			policy.User{
				Role: "member", Seats: []seat.PoolName{"booking"},
				Teams: []policy.Membership{
					{Team: "chess", Roles: []role.Name{"patron"}}, {Team: "rowing", Roles: []role.Name{"captain"}}, {Team: "sport", Roles: []role.Name{"patron"}},
				},
				Grants: []policy.Grant{{Name: "reports", Until: noon.Add(2 * time.Hour)}, {Name: "user.edit"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			seed := members()
			seed.Seats = map[seat.PoolName]int{"booking": 9, "parking": 1}
			seed.Users["from"], seed.Users["to"] = full("member"), row.to
			s := open(t, p, seed)
			after := do(t, p, s, account.AsHost("test"), account.RenameUser{From: "from", To: "to"})
			is, err := after.User("to")
			require.NoError(t, err)
			if row.want.Status == 0 {
				row.want.Status = usher.Active
			}
			assert.Equal(t, &row.want, is)
			gone, err := after.User("from")
			require.NoError(t, err)
			assert.Nil(t, gone)
			assert.NoError(t, after.Fits(p))
		})
	}
}

func TestRenameUserRefused(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	for _, row := range []struct {
		actor   account.Actor
		command account.RenameUser
		code    account.Code
		says    string
	}{
		{account.AsUser("olga"), account.RenameUser{From: "mia", To: "zoe"}, account.CodeDenied, "only the host can give a user another id"},
		{account.AsHost("test"), account.RenameUser{From: "zoe", To: "mia"}, account.CodeUnknownUser, `club has no user "zoe"`},
		{account.AsHost("test"), account.RenameUser{From: "zoe", To: "zoe"}, account.CodeUnknownUser, ""},
		{account.AsHost("test"), account.RenameUser{From: "mia", To: ""}, account.CodeInvalid, "user"},
		{account.AsHost("test"), account.RenameUser{From: "olga", To: "mia"}, account.CodeInvalid, "olga has the role owner, and mia is a user already; transfer-ownership gives the role to mia first"},
		{account.AsHost("test"), account.RenameUser{From: "cora", To: "mia"}, account.CodeLastHolder, "at least 3 users must be active with the role coach"},
	} {
		_, err := propose(p, s, row.actor, row.command)
		assert.Equal(t, row.code, codeOf(t, err), "%+v", row.command)
		assert.ErrorContains(t, err, row.says)
	}
	o, err := propose(p, s, account.AsHost("test"), account.RenameUser{From: "mia", To: "mia"})
	require.NoError(t, err)
	assert.Empty(t, o.Changes)
}

// Apply rejects changes that do not fit the state.
func TestRenamesThatDoNotFit(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	for _, row := range []struct {
		change account.Change
		want   string
	}{
		{account.UserRenamed{From: "zoe", To: "new", Role: "member", Status: usher.Active}, "the user zoe does not exist"},
		{account.UserRenamed{From: "max", To: "", Role: "member", Status: usher.Active}, "empty"},
		{account.UserRenamed{From: "max", To: "mia", Role: "member", Status: usher.Active}, "the user mia already exists"},
		{account.UserRenamed{From: "max", To: "new", Role: "admin", Status: usher.Active}, "max is active with the role member, not active with the role admin"},
		{account.UserRenamed{From: "max", To: "new", Role: "member", Status: usher.Invited}, "max is active with the role member, not invited with the role member"},
		{account.UserRenamed{From: "mia", To: "new", Role: "member", Status: usher.Active}, "mia holds a seat in booking"},
		{account.UserMerged{From: "max", To: "zoe", Role: "member", Status: usher.Active}, "the user zoe does not exist"},
		{account.UserMerged{From: "max", To: "max", Role: "member", Status: usher.Active}, "max cannot become part of max"},
		{account.UserMerged{From: "mia", To: "max", Role: "member", Status: usher.Active}, "mia holds a seat in booking"},
	} {
		_, err := s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: []account.Change{row.change}})
		assert.ErrorContains(t, err, row.want, "%+v", row.change)
	}
}

func TestRemovedBy(t *testing.T) {
	assert.Equal(t, []usher.UserID{"a", "b", "c"}, account.RemovedBy(
		account.UserRemoved{User: "a"}, account.MemberRemoved{User: "x", Team: "t"}, account.UserRenamed{From: "b", To: "x"}, account.UserMerged{From: "c", To: "x"}))
	assert.Empty(t, account.RemovedBy())
}
