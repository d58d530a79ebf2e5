package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

func TestActorOnBehalf(t *testing.T) {
	a := account.AsUser("mia").By("adam")
	assert.Equal(t, usher.UserID("mia"), a.User())
	assert.Equal(t, usher.UserID("adam"), a.OnBehalf())
	assert.Equal(t, "adam for mia", a.String())
	assert.Equal(t, account.AsUser("mia"), account.AsUser("mia").By("mia"))
	assert.Equal(t, account.AsUser("mia"), account.AsUser("mia").By(""))
	assert.True(t, account.AsHost("billing").By("adam").IsZero(), "the host acts for itself")
	assert.True(t, account.Actor{}.By("adam").IsZero())
	p := compile(t, club)
	_, err := propose(p, open(t, p, members()), account.AsHost("billing").By("olga"), account.RemoveUser{User: "max"})
	assert.ErrorContains(t, err, "want a user, or the host without By")
	assert.ErrorIs(t, err, usher.ErrDenied)
}

// A command on behalf of another user is possible exactly if each of the two users could run it, with the same
// changes. Commands that concern their actor alone are apart.
func TestCommandsOnBehalf(t *testing.T) {
	p := compile(t, club)
	seed := members()
	seed.Users["rita"] = withStatus(user("member"), usher.Requested)
	s := open(t, p, seed)
	s = do(t, p, s, account.AsUser("max"), requestFor(account.SetRole{User: "max", Role: "desk"}))
	done, refusedByOne := 0, 0
	ids := []usher.UserID{"olga", "adam", "cora", "mia", "max", "dora", "ivan", "ina", "nobody"}
	commands := append(samples[2:len(samples):len(samples)], account.Approve{Request: 1}, account.Decline{Request: 1},
		account.SetRole{User: "max", Role: "desk"}, account.RemoveUser{User: "mia"}, account.AddUser{User: "zoe", Role: "desk"},
		account.GiveGrant{User: "max", Grant: "reports"}, account.AddToTeam{Team: "rowing", User: "dora"}, account.CreateTeam{Team: "new", Parent: "rowing"})
	for _, c := range commands {
		for _, subject := range ids {
			for _, by := range ids {
				if subject == by {
					continue
				}
				own, ownErr := propose(p, s, account.AsUser(subject), c)
				_, byErr := propose(p, s, account.AsUser(by), c)
				got, err := propose(p, s, account.AsUser(subject).By(by), c)
				if err == nil {
					require.NoError(t, ownErr, "%s by %s: %s", subject, by, account.Describe(c))
					require.NoError(t, byErr, "%s by %s: %s", subject, by, account.Describe(c))
					require.Equal(t, own.Changes, got.Changes)
					done++
					continue
				}
				assert.Zero(t, got)
				var refusal *account.Refusal
				require.ErrorAs(t, err, &refusal)
				if ownErr == nil && byErr == nil {
					t.Errorf("%s by %s: %s: %v", subject, by, account.Describe(c), err)
				}
				if (ownErr == nil) != (byErr == nil) {
					refusedByOne++
				}
			}
		}
	}
	assert.Greater(t, done, 30)
	assert.Greater(t, refusedByOne, 100)
}

// Commands that concern their actor alone, and need no permission, are not for another user.
func TestOwnCommandsOnBehalf(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	s = do(t, p, s, account.AsUser("max"), requestFor(account.DeleteAccount{}))
	for _, row := range []struct {
		actor   account.Actor
		command account.Command
		says    string
	}{
		{account.AsUser("ivan").By("olga"), account.AcceptInvitation{}, "olga cannot run the command on behalf of another user"},
		{account.AsUser("ivan").By("olga"), account.DeclineInvitation{}, "olga cannot run the command on behalf of another user"},
		{account.AsUser("max").By("olga"), account.Withdraw{Request: 1}, "olga cannot run the command on behalf of another user"},
		{account.AsUser("mia").By("olga"), account.Leave{}, "denied"},
		{account.AsUser("mia").By("max"), account.Approve{Request: 1}, "max made the request 1"},
		{account.AsUser("max").By("olga"), account.Approve{Request: 1}, "max made the request 1"},
		{account.AsUser("nobody").By("olga"), account.RequestToJoin{}, "denied"},
		{account.AsUser("max").By("mia"), requestFor(account.DeleteAccount{}), "may not request.make"},
	} {
		_, err := propose(p, s, row.actor, row.command)
		assert.ErrorIs(t, err, usher.ErrDenied, account.Describe(row.command))
		assert.ErrorContains(t, err, row.says)
	}
	o, err := propose(p, s, account.AsUser("olga").By("adam"), account.Decline{Request: 1})
	require.NoError(t, err)
	assert.Len(t, o.Changes, 1)
}

// A denial names the one of both users who is denied.
func TestDenialOnBehalf(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	s = do(t, p, s, account.AsUser("max"), requestFor(account.SetRole{User: "max", Role: "desk"}))
	for _, row := range []struct {
		actor   account.Actor
		command account.Command
		says    string
	}{
		{account.AsUser("olga").By("mia"), account.RemoveUser{User: "max"}, "mia for olga may not user.delete on user max: denied (no-permission): the user has no rule for user.delete (for mia, who acts)"},
		{account.AsUser("mia").By("olga"), account.RemoveUser{User: "max"}, "olga for mia may not user.delete on user max: denied (no-permission): the user has no rule for user.delete (for mia)"},
		{account.AsUser("olga").By("zoe"), account.RemoveUser{User: "max"}, "zoe for olga may not user.delete on user max: denied (unknown-user): not a user of this account (for zoe, who acts)"},
		{account.AsUser("olga").By("zoe"), account.Approve{Request: 1}, "zoe for olga may not user.set-role on user max: denied (unknown-user): not a user of this account (for zoe, who acts)"},
		{account.AsUser("zoe").By("olga"), account.Approve{Request: 1}, "approve 1: denied: zoe is not an active user of club"},
	} {
		_, err := propose(p, s, row.actor, row.command)
		assert.ErrorIs(t, err, usher.ErrDenied, row.says)
		assert.ErrorContains(t, err, row.says)
	}
}
