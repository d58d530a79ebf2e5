package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

// BenchmarkCustomRole measures commands about a role that 100,000 users of an account hold, by the owner,
// under the ceiling: the time, and the size of the commit.
func BenchmarkCustomRole(b *testing.B) {
	const holders = 100_000
	p := compile(b, `
usher: 1
roles:
  owner:  {unique: true, all: true, hands-over-to: member}
  member: {default: true}
custom-roles: {like: member, at-most: 20}
resources:
  calendar:
    parties: {host: users}
    permissions:
      edit: {member: own, custom: [own, any]}
`)
	edit := permission.MustParse("calendar.edit").String()
	changes := []account.Change{
		account.AccountCreated{Owner: "olga", Unique: "owner"},
		account.RoleDefined{Role: "scheduler", Title: "Scheduler", Like: "member"},
		account.RoleRuleAdded{Role: "scheduler", Permission: edit, Rule: "any"},
	}
	for i := range holders {
		changes = append(changes, account.UserAdded{User: userID(i), Role: "scheduler", Status: usher.Active})
	}
	first := commit(changes...)
	first.Version = 1
	s, err := account.New("acme").Apply(&first)
	require.NoError(b, err)
	for name, command := range map[string]account.Command{
		"change": account.ChangeRole{Role: "scheduler", Gives: account.Gives{edit: {"own"}}},
		"delete": account.DeleteRole{Role: "scheduler", ReplaceBy: "member"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o, err := s.Propose(p, account.Proposal{Actor: account.AsUser("olga"), Time: noon.Add(time.Hour), Commands: []account.Command{command}})
				require.NoError(b, err)
				made := commit(o.Changes...)
				data, err := made.Encode()
				require.NoError(b, err)
				b.ReportMetric(float64(len(data)), "commit-bytes")
				b.ReportMetric(float64(len(o.Changes)), "changes")
			}
		})
	}
}
