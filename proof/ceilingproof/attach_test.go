package ceilingproof_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// attached is what happens when a user who is already in the account accepts an invitation.
type attached struct {
	*effect
	refused bool // as an escalation
}

// attach lets the host accept an invitation as a user of the account. The effect has the person with
// the invitation as its actor, as if that person had given the user what the invitation has: so the
// oracle finds what the user could do then and the person could not.
func (w *fixture) attach(key, as usher.UserID) (*attached, error) {
	host := account.AsHost("host")
	accepted, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(key), Time: w.at, Commands: []account.Command{account.AcceptInvitation{}}})
	if err != nil {
		return nil, err
	}
	p := account.Proposal{Actor: host, Time: w.at, Commands: []account.Command{account.AcceptInvitation{Key: key, User: as}}}
	out, err := w.state.Propose(w.policy, p)
	refused := errors.Is(err, account.CodeEscalation)
	if refused {
		p.Commands = []account.Command{account.RenameUser{From: key, To: as}}
		out, err = w.state.Propose(w.policy, p)
	}
	if err != nil {
		return nil, err
	}
	p.Actor = account.AsUser(key)
	return &attached{&effect{policies: w.policies, had: w.policies, before: accepted.Next, after: out.Next, proposal: p, actor: key}, refused}, nil
}

// TestAttachedInvitations invites persons, gives the invitations team roles, roles beside and
// grants, and attaches them to users who are there. No user may get more than the person with
// the invitation would have, and none may lose what the user outranks that person by.
func TestAttachedInvitations(t *testing.T) {
	done, refused, justified := 0, 0, 0
	for i := range 4 * *worldsFlag {
		w := drawFixture(t, *seedFlag+uint64(i))
		for range 12 {
			key, commands := w.invitation()
			out, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("host"), Time: w.at, Commands: commands})
			if err != nil {
				continue
			}
			was := w.state
			w.state = out.Next
			if a, err := w.attach(key, w.user()); err == nil && a.proposal.Commands != nil {
				b := a.check()
				switch {
				case a.refused && b != nil:
					refused, justified = refused+1, justified+1
				case a.refused:
					refused++
				case b != nil:
					t.Fatalf("seed %d: %s\n%s\n%v", w.seed, describe(a.proposal), b, w.scenario(a.effect))
				default:
					done++
				}
			}
			w.state = was
		}
	}
	t.Logf("%d attached, %d refused, %d of them rightly", done, refused, justified)
	if *worldsFlag >= fullRun && (done < 100 || justified < 10) {
		t.Error("too few attached or refused")
	}
}

// invitation draws the commands that make an invitation.
func (w *fixture) invitation() (usher.UserID, []account.Command) {
	invite := w.command("invite").(account.Invite)
	key, commands := invite.Key, []account.Command{invite}
	for _, t := range invite.Teams {
		if w.chance(60) {
			commands = append(commands, account.SetTeamRole{User: key, Team: t, Role: w.teamRole()})
		}
	}
	if len(w.outside) > 0 && w.chance(20) {
		commands = append(commands, account.SetTeamRole{User: key, Team: w.team(), Role: pick(w.dice, w.outside...)})
	}
	if len(w.beside) > 0 && w.chance(30) {
		commands = append(commands, account.SetRoleBeside{User: key, Role: pick(w.dice, w.beside...)})
	}
	for range w.IntN(3) {
		commands = append(commands, account.GiveGrant{User: key, Grant: pick(w.dice, grantNames...), Until: later(w.dice, w.at)})
	}
	return key, commands
}

// A rule of the user that waits for a feature opens, if the invitation has the feature.
func TestKnownAttachments(t *testing.T) {
	for name, row := range map[string]struct {
		invited, user policy.User
		refused       bool
	}{
		"a role that waits for a feature":   {invited("clerk", grant("trial")), holding("junior"), true},
		"the same role":                     {invited("junior", grant("trial")), holding("junior"), false},
		"a prohibition":                     {invited("clerk", grant("trial")), holding("admin"), true},
		"a permission":                      {invited("clerk", grant("item.edit", 1)), holding("member"), false},
		"a permission for longer than held": {invited("clerk", grant("item.edit", 2)), holding("member", grant("item.edit", 1)), false},
		"a lower role":                      {invited("junior"), holding("admin"), false},
		"a higher role":                     {invited("admin"), holding("junior"), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := knownCase(t, "invites an equal")
			s.contents.Users["key"], s.contents.Users["mia"] = row.invited, row.user
			w, ok := s.start(proposeReal)
			if !ok {
				t.Fatal("the account is invalid")
			}
			a, err := w.attach("key", "mia")
			if err != nil {
				t.Fatal(err)
			}
			if b := a.check(); (b != nil) != row.refused {
				t.Errorf("the oracle found %v", b)
			}
			if a.refused != row.refused {
				t.Errorf("refused %t, want %t", a.refused, row.refused)
			}
			if u, _ := a.after.User("mia"); u.Role != row.user.Role || !slices.Contains([]role.Name{"junior", "admin", "member"}, u.Role) {
				t.Errorf("the role is %s", u.Role)
			}
		})
	}
}
