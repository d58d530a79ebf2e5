package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// withTemps has roles and grants that reduced, the policy after a release, lacks.
const withTemps = `
usher: 1
roles:
  owner:  {unique: true, includes: [boss], hands-over-to: boss}
  boss:   {includes: [hr]}
  hr:     {includes: [member]}
  temp:   {includes: [member]} # gone
  member: {default: true}
  side:   {beside: true}
  extra:  {beside: true} # gone
  lead:   {held-on: team}
  keeper: {held-on: team} # gone
  editor: {held-on: doc} # gone
custom-roles: {like: [member, side, lead]}
resources:
  doc:
    permissions:
      share: {hr: any}
      edit:  {boss: any}
      view:  {boss: any, editor: here} # gone
  pay:
    permissions:
      see: {hr: any, custom: any}
      run: {boss: any}
      out: {boss: any, extra: any, keeper: any} # gone
  user:  {permissions: {create: {hr: any}, set-role: {hr: any}, set-status: {hr: any}, admit: {hr: any}}}
  team:  {permissions: {set-members: {hr: any}, set-role: {hr: any}}}
  grant: {permissions: {give: {hr: any}}}
  role:  {permissions: {define: {hr: any}}}
`

// reduced returns a policy without the lines that end in "# gone".
func reduced(src string) string {
	var kept []string
	for line := range strings.Lines(src) {
		if !strings.HasSuffix(line, "# gone\n") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestUnknownNamesLater lets hana, who covers little, make lasting what another policy gave for a time, and what
// the present policy lacks. A user of hana's rank cannot, under neither policy; the owner can.
func TestUnknownNamesLater(t *testing.T) {
	was, is := compile(t, withTemps), compile(t, reduced(withTemps))
	soon, later := hours(1), hours(24)
	doc := usher.Ref{Type: "doc", ID: "d1"}
	empty := open(t, was, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"a": "", "b": ""},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "hana": user("hr"), "bea": user("boss"), "mia": user("member"), "tim": user("temp"),
			"kim": inTeam(user("member"), "b"),
		},
	})
	invites := func(more ...account.Command) []account.Command {
		return append([]account.Command{account.Invite{Key: "k", Until: later, Teams: []usher.TeamID{"a"}}}, more...)
	}
	asks := func(more ...account.Command) []account.Command {
		return append([]account.Command{account.RequestToJoin{User: "k"}}, more...)
	}
	rows := map[string]struct {
		given   []account.Command
		command account.Command
	}{
		"the end of a role, before one that is gone":     {[]account.Command{account.SetRole{User: "tim", Role: "boss", Until: later}}, account.Cancel{ID: 1}},
		"the same role without an end":                   {[]account.Command{account.SetRole{User: "tim", Role: "boss", Until: later}}, account.SetRole{User: "tim", Role: "boss"}},
		"the end of a role beside":                       {[]account.Command{account.SetRoleBeside{User: "mia", Role: "extra", Until: later}}, account.Cancel{ID: 1}},
		"the end of a team role":                         {[]account.Command{account.SetTeamRole{User: "kim", Team: "b", Role: "keeper", Until: later}}, account.Cancel{ID: 1}},
		"the end of a membership with a role":            {[]account.Command{account.AddToTeam{User: "kim", Team: "a", Until: later}, account.SetTeamRole{User: "kim", Team: "a", Role: "keeper"}}, account.Cancel{ID: 1}},
		"the end of a membership with a role later":      {[]account.Command{account.AddToTeam{User: "kim", Team: "a", Until: later}, account.SetTeamRole{User: "kim", Team: "a", Role: "keeper", From: soon}}, account.AddToTeam{User: "kim", Team: "a"}},
		"the end of a role on a resource":                {[]account.Command{account.GiveRoleOn{User: "mia", Role: "editor", On: doc, Until: later}}, account.Cancel{ID: 1}},
		"an invitation with a grant":                     {invites(account.GiveGrant{User: "k", Grant: "pay.out"}), account.ResendInvitation{User: "k"}},
		"the status of an invited user with a grant":     {invites(account.GiveGrant{User: "k", Grant: "pay.out"}), account.SetStatus{User: "k", Status: usher.Active}},
		"the end of an invitation with a grant":          {invites(account.GiveGrant{User: "k", Grant: "pay.out"}), account.Cancel{ID: 1}},
		"the end of an invitation with a team role":      {invites(account.SetTeamRole{User: "k", Team: "a", Role: "keeper"}), account.Cancel{ID: 1}},
		"the status of an invited user with a team role": {invites(account.SetTeamRole{User: "k", Team: "a", Role: "keeper"}), account.SetStatus{User: "k", Status: usher.Inactive}},
		"an invitation with a role on a resource":        {invites(account.GiveRoleOn{User: "k", Role: "editor", On: doc}), account.ResendInvitation{User: "k"}},
		"an invitation with a role beside later":         {invites(account.SetRoleBeside{User: "k", Role: "extra", From: soon}), account.ResendInvitation{User: "k"}},
		"a request to join with a grant":                 {asks(account.GiveGrant{User: "k", Grant: "pay.out"}), account.AdmitUser{User: "k"}},
		"a request to join with a role on a resource":    {asks(account.GiveRoleOn{User: "k", Role: "editor", On: doc}), account.AdmitUser{User: "k"}},
		"a request to join with a role beside later":     {asks(account.SetRoleBeside{User: "k", Role: "extra", From: soon}), account.AdmitUser{User: "k"}},
		"a role by the name of one beside":               {[]account.Command{account.SetRoleBeside{User: "bea", Role: "extra"}}, account.DefineRole{Role: "extra", Like: "side"}},
		"a role by the name of one on a team":            {[]account.Command{account.SetTeamRole{User: "kim", Team: "b", Role: "keeper"}}, account.DefineRole{Role: "keeper", Like: "lead"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			s := do(t, was, empty, account.AsHost("test"), row.given...)
			send := func(p *policy.Policy, as usher.UserID) (account.Outcome, error) {
				return s.Propose(p, account.Proposal{Actor: account.AsUser(as), Time: noon, Commands: []account.Command{row.command}, Resources: []usher.Resource{&usher.Object{Type: doc.Type, ID: doc.ID, Account: "club"}}})
			}
			_, err := send(is, "hana")
			assert.Equal(t, account.CodeEscalation, codeOf(t, err))
			o, err := send(is, "olga")
			require.NoError(t, err)
			assert.NotEmpty(t, o.Changes)
			if _, defines := row.command.(account.DefineRole); !defines {
				_, err = send(was, "hana")
				assert.Equal(t, account.CodeEscalation, codeOf(t, err), "under the policy that has it")
			}
		})
	}
}

// A user whose role ends, and whose role after that the policy lacks, can do nothing from then on, and so gives
// until then at most.
func TestGivingBeforeAnUnknownRole(t *testing.T) {
	was, is := compile(t, withTemps), compile(t, reduced(withTemps))
	s := open(t, was, account.Seed{Users: map[usher.UserID]policy.User{
		"olga": user("owner"), "tim": user("temp"), "mia": user("member"), "key": withStatus(user("member"), usher.Requested),
	}})
	later := hours(24)
	s = do(t, was, s, account.AsHost("test"), account.SetRole{User: "tim", Role: "boss", Until: later})
	for name, row := range map[string]struct {
		command account.Command
		code    account.Code
	}{
		"a role":               {account.SetRole{User: "mia", Role: "boss"}, account.CodeEscalation},
		"a role until then":    {account.SetRole{User: "mia", Role: "boss", Until: later}, 0},
		"a grant":              {account.GiveGrant{User: "mia", Grant: "pay.run"}, account.CodeEscalation},
		"a grant until then":   {account.GiveGrant{User: "mia", Grant: "pay.run", Until: later}, 0},
		"a new user":           {account.AddUser{User: "new"}, 0},
		"a new administrator":  {account.AddUser{User: "new", Role: "boss"}, account.CodeEscalation},
		"a role without rules": {account.SetRoleBeside{User: "mia", Role: "side"}, 0},
		"a defined role":       {account.DefineRole{Role: "viewer", Like: "member", Gives: account.Gives{"pay.see": {"any"}}}, account.CodeEscalation},
		"an admission":         {account.AdmitUser{User: "key", Role: "boss"}, account.CodeEscalation},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(is, s, account.AsUser("tim"), row.command)
			assert.Equal(t, row.code, codeOf(t, err))
		})
	}
	r := usher.Request{Account: "club", Subject: "tim", Permission: permission.MustParse("pay.run"), Time: noon}
	until, err := s.View(is).AllowedUntil(r)
	require.NoError(t, err)
	assert.Equal(t, later, until)
}
