package account_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// hostOnlyPolicy is a template for the roles, cells and never rules of a row.
const hostOnlyPolicy = `
usher: 1
seats: {booking: {}}
settings: {open: false}
conditions: {open: {setting: open}, locked: {attribute: locked}, on-user: {party: user}, on-team: {party: team}, seated: {seat: booking}}
roles:
  owner:  {unique: true, hands-over-to: member%s}
  member: {default: true}
  bills:  {beside: true}
  lead:   {held-on: team}
bundles: {everything: [user.create, user.view]}
%s
`

// samples contains commands of each name on hostOnlyAccount: on the actor, on others, in the
// actor's teams and in other teams.
var samples = []account.Command{
	account.CreateAccount{Owner: "zoe"},
	account.Import{},
	account.AddUser{User: "zoe"},
	account.AddUser{User: "zoe", Teams: []usher.TeamID{"crew"}},
	account.AddUser{User: "zoe", Teams: []usher.TeamID{"deck"}},
	account.Invite{Key: "zoe"},
	account.Invite{Key: "zoe", Teams: []usher.TeamID{"crew"}},
	account.Invite{Key: "zoe", Teams: []usher.TeamID{"deck"}},
	account.ResendInvitation{User: "ivy"},
	account.ResendInvitation{User: "ivan"},
	account.RevokeInvitation{User: "ivy"},
	account.RevokeInvitation{User: "ivan"},
	account.RequestToJoin{User: "zoe"},
	account.AdmitUser{User: "mia"},
	account.AdmitUser{User: "max"},
	account.AdmitUser{User: "olga"},
	account.AdmitUser{User: "rosa"},
	account.AdmitUser{User: "rita"},
	account.RemoveUser{User: "mia"},
	account.RemoveUser{User: "max"},
	account.RemoveUser{User: "olga"},
	account.RenameUser{From: "mia", To: "zoe"},
	account.RenameUser{From: "max", To: "mia"},
	account.SetStatus{User: "mia", Status: usher.Inactive},
	account.SetStatus{User: "max", Status: usher.Inactive},
	account.SetStatus{User: "olga", Status: usher.Inactive},
	account.SetRole{User: "mia", Role: "member"},
	account.SetRole{User: "max", Role: "member"},
	account.SetRole{User: "olga", Role: "member"},
	account.SetRoleBeside{User: "mia", Role: "bills"},
	account.SetRoleBeside{User: "max", Role: "bills"},
	account.SetRoleBeside{User: "olga", Role: "bills"},
	account.UnsetRoleBeside{User: "mia", Role: "bills"},
	account.UnsetRoleBeside{User: "max", Role: "bills"},
	account.UnsetRoleBeside{User: "olga", Role: "bills"},
	account.SetField{User: "mia", Field: "phone", Value: "1"},
	account.SetField{User: "max", Field: "phone", Value: "1"},
	account.SetField{User: "olga", Field: "phone", Value: "1"},
	account.CreateTeam{Team: "new"},
	account.CreateTeam{Team: "new", Parent: "crew"},
	account.MoveTeam{Team: "deck"},
	account.MoveTeam{Team: "deck", Parent: "crew"},
	account.MoveTeam{Team: "crew"},
	account.DeleteTeam{Team: "deck"},
	account.DeleteTeam{Team: "crew"},
	account.AddToTeam{Team: "crew", User: "mia"},
	account.AddToTeam{Team: "crew", User: "max"},
	account.AddToTeam{Team: "crew", User: "olga"},
	account.RemoveFromTeam{Team: "crew", User: "mia"},
	account.RemoveFromTeam{Team: "crew", User: "max"},
	account.RemoveFromTeam{Team: "crew", User: "olga"},
	account.SetTeamRole{Team: "crew", User: "mia", Role: "lead"},
	account.SetTeamRole{Team: "crew", User: "max", Role: "lead"},
	account.SetTeamRole{Team: "crew", User: "olga", Role: "lead"},
	account.UnsetTeamRole{Team: "crew", User: "mia", Role: "lead"},
	account.UnsetTeamRole{Team: "crew", User: "max", Role: "lead"},
	account.UnsetTeamRole{Team: "crew", User: "olga", Role: "lead"},
	account.SetSeats{Pool: "booking", Total: 2},
	account.AssignSeat{User: "mia", Pool: "booking"},
	account.AssignSeat{User: "max", Pool: "booking"},
	account.AssignSeat{User: "olga", Pool: "booking"},
	account.UnassignSeat{User: "mia", Pool: "booking"},
	account.UnassignSeat{User: "max", Pool: "booking"},
	account.UnassignSeat{User: "olga", Pool: "booking"},
	account.GiveGrant{User: "mia", Grant: "user.view"},
	account.GiveGrant{User: "max", Grant: "user.view"},
	account.GiveGrant{User: "olga", Grant: "user.view"},
	account.RevokeGrant{User: "mia", Grant: "user.view"},
	account.RevokeGrant{User: "max", Grant: "user.view"},
	account.RevokeGrant{User: "olga", Grant: "user.view"},
	account.ChangeSetting{Setting: "open", Value: true},
	account.DefineField{Field: "shoe", Type: account.TextField},
	account.RenameField{Field: "phone", To: "mobile"},
	account.MoveField{Field: "phone"},
	account.ArchiveField{Field: "phone"},
	account.RestoreField{Field: "phone"},
	account.TransferOwnership{To: "max"},
	account.DeleteAccount{},
	account.Decline{Request: 1},
	account.Decline{Request: 2},
	account.Decline{Request: 3},
}

func hostOnlyAccount(t *testing.T, p *policy.Policy) *account.State {
	s := open(t, p, account.Seed{
		Seats:  map[seat.PoolName]int{"booking": 2},
		Teams:  map[usher.TeamID]usher.TeamID{"crew": "", "deck": "crew"},
		Fields: []account.Field{{Name: "phone", Type: account.TextField}},
		Users: map[usher.UserID]policy.User{
			"olga": inTeam(user("owner", "booking"), "crew", "lead"),
			"mia":  inTeam(user("member"), "crew", "lead"),
			"max":  inTeam(user("member", "booking"), "crew"),
			"rosa": inTeam(withStatus(user("member"), usher.Requested), "crew"),
			"rita": withStatus(user("member"), usher.Requested),
			"ivy":  inTeam(withStatus(user("member"), usher.Invited), "crew"),
			"ivan": withStatus(user("member"), usher.Invited),
		},
	})
	made := account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test")}
	for i, id := range []usher.UserID{"mia", "max", "olga"} { // also under a policy that lets no user make requests
		made.Changes = append(made.Changes, account.RequestMade{Request: account.RequestID(i + 1), User: id, Commands: []account.Command{account.DeleteAccount{}}})
	}
	s, err := s.Apply(&made)
	require.NoError(t, err)
	return s
}

// HostOnly lists a command if and only if the policy denies each of its samples to each user.
func TestHostOnly(t *testing.T) {
	bare := compile(t, fmt.Sprintf(hostOnlyPolicy, "", "resources: {page: {permissions: {view: {owner: any if open}}}}"))
	all := account.HostOnly(bare)
	needs := map[string]permission.Permission{}
	for _, c := range all {
		needs[c.Name] = c.Permission
	}
	sampled := map[string]bool{}
	for _, c := range samples {
		sampled[account.NameOf(c)] = true
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(sampled)), slices.Collect(maps.Keys(needs)), "a policy without cells opens nothing")

	for name, perm := range needs {
		if perm.IsZero() {
			continue
		}
		rules := []string{"any", "any if open"}
		var parties []string
		for party := range bare.Parties(perm.Resource()) {
			parties = append(parties, " as "+party)
		}
		for _, scope := range []string{"own", "sole", "team", "shared"} {
			for _, as := range append(parties, "") {
				if len(parties) > 0 {
					rules = append(rules, scope+as)
				}
			}
		}
		for _, who := range []string{"owner", "member", "lead", "everyone"} {
			for _, rule := range rules {
				checkHostOnly(t, name, "", cellOf(perm, who, rule))
			}
		}
		for _, rule := range []string{"any", "any if open", "any if seated", "any if not seated and open", "any if locked"} {
			checkHostOnly(t, name, "", cellOf(perm, "visitor", rule))
		}
		checkHostOnly(t, name, "", cellOf(perm, "visitor", "any")+fmt.Sprintf("never: {%s: any}\n", perm))
		checkHostOnly(t, name, "", cellOf(perm, "everyone", "any")+fmt.Sprintf("never: {%s: any}\n", perm))
		checkHostOnly(t, name, "", cellOf(perm, "everyone", "any")+fmt.Sprintf("never: {%s: any if open}\n", perm))
		checkHostOnly(t, name, ", requires: [open]", cellOf(perm, "owner", "any if not open"))
		conditions := []string{"locked"}
		for _, party := range parties {
			conditions = append(conditions, strings.Replace(party, " as ", "on-", 1))
		}
		for _, condition := range conditions { // on what commands do and do not set on their resource
			for _, rule := range []string{"any if " + condition, "any if not " + condition, "any if open and not " + condition} {
				checkHostOnly(t, name, "", cellOf(perm, "everyone", rule))
				checkHostOnly(t, name, "", cellOf(perm, "everyone", "any")+fmt.Sprintf("never: {%s: %s}\n", perm, rule))
			}
		}
	}
	for name := range needs {
		checkHostOnly(t, name, ", all: true", "resources: {page: {permissions: {view: {member: any if open}}}}")
	}
}

func cellOf(perm permission.Permission, who, rule string) string {
	return fmt.Sprintf("resources: {%s: {permissions: {%s: {%s: %s}}}, page: {permissions: {view: {owner: any if open}}}}\n", perm.Resource(), perm.Action(), who, rule)
}

// checkHostOnly sends each sample of a command as each user, with the setting off and on, and with
// and without a seat of the owner.
// Owner contains additional cells of the role owner.
func checkHostOnly(t *testing.T, name, owner, more string) {
	t.Helper()
	p := compile(t, fmt.Sprintf(hostOnlyPolicy, owner, more))
	s := hostOnlyAccount(t, p)
	opened := do(t, p, s, account.AsHost("test"), account.ChangeSetting{Setting: "open", Value: true})
	seatless := do(t, p, opened, account.AsHost("test"), account.UnassignSeat{User: "olga", Pool: "booking"})
	can := false
	for _, c := range samples {
		if account.NameOf(c) != name {
			continue
		}
		for _, as := range []usher.UserID{"olga", "mia", "max", "zoe"} {
			for _, s := range []*account.State{s, opened, seatless} {
				_, err := propose(p, s, account.AsUser(as), c)
				var refusal *account.Refusal
				denied := errors.As(err, &refusal) && refusal.Code == account.CodeDenied
				if name == "request-to-join" { // a member who has the permission has no use for it
					denied = err != nil
				}
				can = can || !denied
			}
		}
	}
	listed := slices.ContainsFunc(account.HostOnly(p), func(c account.HostCommand) bool { return c.Name == name })
	assert.Equal(t, !can, listed, "%s under %s%s", name, owner, more)
}

// A user who can give grants beyond the user's own permissions opens every permission that
// can be granted.
func TestHostOnlyDelegates(t *testing.T) {
	const cells = "resources: {grant: {permissions: {give: {member: any}}}, page: {permissions: {view: {owner: any if open}}}%s}\n"
	p := compile(t, fmt.Sprintf(hostOnlyPolicy, "", fmt.Sprintf(cells, "")))
	names := func(p *policy.Policy) (list []string) {
		for _, c := range account.HostOnly(p) {
			list = append(list, c.Name)
		}
		return list
	}
	assert.Contains(t, names(p), "set-seats", "to give grants is not enough: nobody gives what they do not have")
	assert.NotContains(t, names(p), "give-grant")
	if !slices.Contains(p.Grantable(), "user.delegate") {
		return // the rest is about that permission
	}
	p = compile(t, fmt.Sprintf(hostOnlyPolicy, "", fmt.Sprintf(cells, ", user: {permissions: {delegate: {member: any}}}")+"never: {audit.view: any, field.manage: any}\n"))
	assert.Equal(t, []string{"create-account", "import", "rename-user", "request-to-join", "define-field", "rename-field", "move-field", "archive-field", "restore-field"}, names(p))
}

func TestHostOnlyWithoutPolicy(t *testing.T) {
	assert.Nil(t, account.HostOnly(nil))
	assert.Nil(t, account.HostOnly(&policy.Policy{}))
	assert.False(t, (*policy.Policy)(nil).Opens(permission.MustParse("user.create")))
	p := compile(t, fmt.Sprintf(hostOnlyPolicy, ", all: true", ""))
	assert.True(t, p.Opens(permission.MustParse("user.create")))
	assert.False(t, p.Opens(permission.MustParse("audit.view")), "no command checks it")
}
