package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// agency is a policy with every kind of role that the benchmarks of features use.
const agency = `
usher: 1
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true}
  lead:   {}
  editor: {held-on: calendar}
custom-roles: {like: member, at-most: 20}
resources:
  calendar:
    parties: {host: users}
    permissions:
      edit: {lead: any, member: own, editor: here, custom: [own, any]}
`

// features states what a part of the users of an account has.
type features struct{ ends, custom, shares bool }

// featured returns an account of n users in the policy agency. With ends, one user in twenty has a role
// until a time; with custom, one in a hundred has a role that the account defines; with shares, one
// in ten has a role on ten calendars.
func featured(tb testing.TB, n int, f features) *account.State {
	tb.Helper()
	changes := []account.Change{account.AccountCreated{Owner: "olga", Unique: "owner"}}
	if f.custom {
		changes = append(changes,
			account.RoleDefined{Role: "scheduler", Title: "Scheduler", Like: "member"},
			account.RoleRuleAdded{Role: "scheduler", Permission: editCalendar.String(), Rule: "any"})
	}
	for i := range n {
		id := userID(i)
		name := role.Name("member")
		switch {
		case f.custom && i%100 == 7:
			name = "scheduler"
		case i%20 == 3:
			name = "lead"
		}
		changes = append(changes, account.UserAdded{User: id, Role: name, Status: usher.Active})
		if f.ends && i%20 == 3 {
			changes = append(changes, account.Scheduled{
				ID: i + 1, At: noon.AddDate(1, 0, i%365), Do: "set-role", Ends: true, User: id, Role: "member",
			})
		}
		if f.shares && i%10 == 1 {
			for k := range 10 {
				changes = append(changes, account.RoleOnGiven{User: id, Role: "editor", Type: "calendar", ID: fmt.Sprintf("c%07d", (i+k*7919)%n)})
			}
		}
	}
	c := commit(changes...)
	c.Version = 1
	s, err := account.New("acme").Apply(&c)
	require.NoError(tb, err)
	return s
}

var editCalendar = permission.MustParse("calendar.edit")

var featureRows = []struct {
	name string
	features
}{
	{"none", features{}},
	{"ends", features{ends: true}},
	{"custom", features{custom: true}},
	{"shares", features{shares: true}},
	{"all", features{true, true, true}},
}

// BenchmarkFeatures measures accounts whose users have ends, roles of the account and roles on single
// resources, beside an account without: the heap and the snapshot for each user, and a commit.
func BenchmarkFeatures(b *testing.B) {
	p := compile(b, agency)
	for _, size := range sizes {
		for _, row := range featureRows {
			b.Run(size.name+"/"+row.name, func(b *testing.B) {
				data := featured(b, size.users, row.features).Encode()
				before := heap()
				start := time.Now()
				s, err := account.DecodeState(data)
				require.NoError(b, err)
				took, used := time.Since(start), heap()-before
				// Changes of roles of users who have every feature in turn.
				i := 0
				for b.Loop() {
					id := userID(i * 7919 % size.users)
					u, _ := s.User(id)
					to := role.Name("member")
					if u.Role == to {
						to = "lead"
					}
					out, err := s.Propose(p, account.Proposal{
						Actor: account.AsHost("bench"), Time: noon.Add(time.Hour), Commands: []account.Command{account.SetRole{User: id, Role: to}},
					})
					require.NoError(b, err)
					s = out.Next
					i++
				}
				// Loop deletes what was reported before it.
				b.ReportMetric(float64(took.Nanoseconds())/float64(size.users), "decode-ns/user")
				b.ReportMetric(float64(used)/float64(size.users), "heap-bytes/user")
				b.ReportMetric(float64(len(data))/float64(size.users), "snapshot-bytes/user")
			})
		}
	}
}

// BenchmarkFeatureChecks runs the same checks on accounts with features and on the account without,
// in turns, and reports the ratio of the times. The questions are about users without features
// (plain), users with a role of the account (custom) and users with a role on the calendar (here).
func BenchmarkFeatureChecks(b *testing.B) {
	base := compile(b, agency)
	for _, size := range sizes {
		plain := featured(b, size.users, features{})
		full := featured(b, size.users, features{true, true, true})
		at := noon.Add(time.Hour)
		ask := func(name string, user func(int) usher.UserID, calendar func(int) string, host bool) {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				const turn = 2048
				list := make([]usher.Request, 1<<16)
				for i := range list {
					k := i * 7919 % size.users
					c := &usher.Object{Type: "calendar", ID: calendar(k)}
					if host {
						c.Parties = map[string][]string{"host": {string(user(k))}}
					}
					list[i] = usher.Request{Account: "acme", Subject: user(k), Permission: editCalendar, Resource: c, Time: at}
				}
				var took [2]time.Duration
				sides := []struct {
					p *policy.Policy
					s *account.State
				}{{base, plain}, {full.Policy(base), full}}
				b.ReportAllocs()
				for from := 0; b.Loop(); from += turn {
					for i, side := range sides {
						start := time.Now()
						for k := range turn {
							d, err := side.p.Decide(side.s, &list[(from+k+i*len(list)/2)&(len(list)-1)])
							if err != nil {
								b.Fatal(err)
							}
							decided = decided || d.Allowed()
						}
						took[i] += time.Since(start)
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(took[1].Nanoseconds())/float64(b.N)/turn, "ns/check")
				b.ReportMetric(float64(took[1])/float64(took[0]), "x-without")
			})
		}
		id := func(i int) string { return fmt.Sprintf("c%07d", i) }
		ask("plain", func(i int) usher.UserID { return userID(i/10*10 + 4) }, id, true)
		ask("custom", func(i int) usher.UserID { return userID(i/100*100 + 7) }, id, true)
		ask("here", func(i int) usher.UserID { return userID(i/10*10 + 1) }, func(i int) string { return id(i/10*10 + 1) }, false)
	}
}

var decided bool
