package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// The id of a deleted team is rejected from then on: in the same batch, in later ones, at the
// top and below another team, for users and for the host, and in a state read from a
// snapshot.
func TestDeletedTeamIDIsNeverUsedAgain(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := do(t, p, open(t, p, members()), host, account.CreateTeam{Team: "judo", Parent: "sport"})
	refused := func(t *testing.T, s *account.State, as account.Actor, commands ...account.Command) {
		t.Helper()
		_, err := propose(p, s, as, commands...)
		require.Equal(t, account.CodeExists, codeOf(t, err))
		assert.ErrorContains(t, err, "exists: the team judo was deleted, and the id of a team is never used again, because resources may still name the deleted team; choose another id")
	}
	refused(t, s, host, account.DeleteTeam{Team: "judo"}, account.CreateTeam{Team: "judo"})
	refused(t, s, account.AsUser("adam"), account.CreateTeam{Team: "new"}, account.DeleteTeam{Team: "judo"}, account.CreateTeam{Team: "judo", Parent: "new"})

	deleted := do(t, p, s, host, account.DeleteTeam{Team: "judo"})
	later := do(t, p, deleted, host, account.CreateTeam{Team: "karate"}, account.DeleteTeam{Team: "karate"}, account.CreateTeam{Team: "Judo"})
	read, err := account.DecodeState(later.Encode())
	require.NoError(t, err)
	for name, s := range map[string]*account.State{"deleted": deleted, "later": later, "read": read} {
		t.Run(name, func(t *testing.T) {
			for _, as := range []account.Actor{host, account.AsUser("olga"), account.AsUser("adam")} {
				refused(t, s, as, account.CreateTeam{Team: "judo"})
				refused(t, s, as, account.CreateTeam{Team: "judo", Parent: "rowing"})
			}
			_, err := propose(p, s, account.AsUser("max"), account.CreateTeam{Team: "judo"})
			assert.Equal(t, account.CodeDenied, codeOf(t, err), "who may not create teams is not told")
			_, err = propose(p, s, host, account.MoveTeam{Team: "judo"})
			assert.Equal(t, account.CodeUnknownTeam, codeOf(t, err))
		})
	}
	_, err = propose(p, s, host, account.CreateTeam{Team: "karate"})
	assert.NoError(t, err, "a state knows what was deleted before it, not after")
}

// A journal from before deleted ids were stored may create a team with the id of a deleted
// one. It stays readable, and the id is that of the new team until this one is deleted, too.
func TestJournalMayReuseTheIDOfADeletedTeam(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	apply := func(s *account.State, changes ...account.Change) *account.State {
		t.Helper()
		next, err := s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: account.AsHost("old"), Changes: changes})
		require.NoError(t, err)
		read, err := account.DecodeState(next.Encode())
		require.NoError(t, err)
		require.Equal(t, next.Encode(), read.Encode())
		return read
	}
	s = apply(s, account.TeamDeleted{Team: "chess"}, account.TeamCreated{Team: "judo"}, account.TeamDeleted{Team: "judo"}, account.TeamCreated{Team: "judo"})
	s = apply(s, account.TeamCreated{Team: "chess", Parent: "sport"}, account.MemberAdded{Team: "chess", User: "max"})
	parent, ok := s.Team("chess")
	assert.True(t, ok)
	assert.Equal(t, usher.TeamID("sport"), parent)
	_, err := propose(p, s, account.AsHost("test"), account.CreateTeam{Team: "chess"})
	assert.ErrorContains(t, err, "the team chess already exists")

	s = do(t, p, s, account.AsHost("test"), account.DeleteTeam{Team: "chess"})
	_, err = propose(p, s, account.AsHost("test"), account.CreateTeam{Team: "chess"})
	assert.Equal(t, account.CodeExists, codeOf(t, err))
	assert.ErrorContains(t, err, "the team chess was deleted")
}

// delete-team is checked against the actor's rules before it, including rules that the actor
// loses by it, whatever the actor's position among the members.
func TestDeleteTeamOfTheActor(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner: {unique: true, hands-over-to: clerk}
  clerk: {}
  guest: {default: true}
  lead:  {held-on: team}
resources:
  team: {permissions: {delete: {lead: team}}}
  page: {permissions: {read: {clerk: any, lead: any}}}
`)
	for _, actor := range []usher.UserID{"amy", "bob", "cat"} {
		commands := []account.Command{account.CreateAccount{Owner: "olga"}, account.CreateTeam{Team: "red"}}
		for _, id := range []usher.UserID{"amy", "bob", "cat"} {
			user := account.AddUser{User: id, Role: "clerk", Teams: []usher.TeamID{"red"}}
			if id == actor {
				user.Role = "guest"
			}
			commands = append(commands, user, account.SetTeamRole{Team: "red", User: id, Role: "lead"})
		}
		s := do(t, p, account.New("acme"), account.AsHost("test"), commands...)
		_, err := propose(p, s, account.AsUser(actor), account.DeleteTeam{Team: "red"})
		assert.NoError(t, err, "%s is outranked by no user while lead of the team", actor)
		s = do(t, p, s, account.AsHost("test"), account.UnsetTeamRole{Team: "red", User: actor, Role: "lead"},
			account.GiveGrant{User: actor, Grant: "team.delete"})
		_, err = propose(p, s, account.AsUser(actor), account.DeleteTeam{Team: "red"})
		assert.Equal(t, account.CodeEscalation, codeOf(t, err), "without the team role: %v", err)
	}
}
