package accountproof_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// lateAccount is an account beside its late model.
type lateAccount struct {
	policy *policy.Policy
	state  *account.State
	model  *lateModel
	way    *lateStep // the commands that led to it
}

type lateStep struct {
	before *lateStep
	text   string
}

func (s *lateStep) String() string {
	if s == nil {
		return ""
	}
	return s.before.String() + s.text + "\n"
}

// newLateAccount returns an account of which ann is the owner, and the others are members.
func newLateAccount(t *testing.T, hours int, members ...string) *lateAccount {
	t.Helper()
	p, err := policyfile.Load("late.yaml", []byte(latePolicy))
	require.NoError(t, err)
	a := &lateAccount{policy: p, model: newLateModel(hours)}
	commands := []account.Command{account.CreateAccount{Owner: lateOwner}}
	for _, user := range members {
		commands = append(commands, account.AddUser{User: usher.UserID(user)})
		a.model.roles[user] = always("member", hours)
	}
	o, err := account.New("acme").Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: commands})
	require.NoError(t, err)
	a.state = o.Next
	return a
}

// try runs a command at an hour, on the account and on the model, which must agree. It returns the account afterwards.
func (a *lateAccount) try(hour int, actor string, c account.Command) (next *lateAccount, code account.Code, problem string) {
	by := account.AsHost("test")
	if actor != "" {
		by = account.AsUser(usher.UserID(actor))
	}
	o, err := a.state.Propose(a.policy, account.Proposal{Actor: by, Time: noon.Add(time.Duration(hour) * time.Hour), Commands: []account.Command{c}, Resources: lateCalendars})
	after, want := a.model.at(hour).do(actor, c)
	var refusal *account.Refusal
	switch {
	case want == 0 && err != nil:
		return nil, want, fmt.Sprintf("the model permits it, and the account says %v", err)
	case want != 0 && (!errors.As(err, &refusal) || refusal.Code != want):
		return nil, want, fmt.Sprintf("the model says %v, and the account %v", want, err)
	case want != 0 || len(o.Changes) == 0 && after.key() == a.model.at(hour).key():
		return nil, want, ""
	case len(o.Changes) == 0:
		return nil, want, fmt.Sprintf("the model changes to %s, and the account does not change", after.key())
	}
	return &lateAccount{a.policy, o.Next, after, &lateStep{a.way, fmt.Sprintf("hour %d, %s: %s", hour, by, account.Describe(c))}}, 0, ""
}

var lateCalendars = []usher.Resource{&usher.Object{Type: "calendar", ID: "c1", Account: "acme"}, &usher.Object{Type: "calendar", ID: "c2", Account: "acme"}}

var (
	lateView  = permission.MustParse("calendar.view")
	lateReads = []permission.Permission{permission.MustParse("page.read"), permission.MustParse("page.edit")}
)

// differs describes the first difference from the model, now or at a later hour.
func (a *lateAccount) differs(users ...string) string {
	for h := a.model.now; h < a.model.hours; h++ {
		at := noon.Add(time.Duration(h) * time.Hour)
		s, m := a.state.At(a.policy, at), a.model.at(h)
		if problem := differsAt(a.policy, s, m, at, users); problem != "" {
			return fmt.Sprintf("at hour %d, %s", h, problem)
		}
	}
	return ""
}

func differsAt(p *policy.Policy, s *account.State, m *lateModel, at time.Time, users []string) string {
	p = s.Policy(p)
	for _, id := range users {
		u, _ := s.User(usher.UserID(id))
		var is, want string
		if u != nil {
			is = string(u.Role)
		}
		if of := m.roles[id]; of != nil {
			want = of[m.now]
		} else if _, invited := m.invited[id]; invited {
			want = "member"
		}
		if is != want {
			return fmt.Sprintf("%s has the role %q, and the model says %q", id, is, want)
		}
		if m.roles[id] == nil {
			continue
		}
		ask := func(perm permission.Permission, on usher.Resource) bool {
			d, err := p.Decide(s, &usher.Request{Account: "acme", Subject: usher.UserID(id), Permission: perm, Resource: on, Time: at})
			return err == nil && d.Allowed()
		}
		for _, perm := range lateReads {
			if is, want := ask(perm, nil), slices.Contains(m.has(want), perm.String()); is != want {
				return fmt.Sprintf("%s %s: %t, and the model says %t", id, perm, is, want)
			}
		}
		for _, on := range lateCalendars {
			of := m.views[id+" "+on.Ref().ID]
			if is, want := ask(lateView, on), m.isAdmin(id, m.now) || of != nil && of[m.now] == "viewer"; is != want {
				return fmt.Sprintf("%s %s on %s: %t, and the model says %t", id, lateView, on.Ref().ID, is, want)
			}
		}
	}
	open := map[int]lateRequest{}
	for id, r := range m.requests {
		if m.now < r.until {
			open[id] = r
		}
	}
	n := 0
	for r := range s.View(p).Requests(at, 0) {
		want, ok := open[int(r.ID)]
		if n++; !ok || string(r.User) != want.by || r.Commands[0] != want.command {
			return fmt.Sprintf("the request %d is open, and the model says %v", r.ID, want)
		}
	}
	if n != len(open) {
		return fmt.Sprintf("%d requests are open, and the model says %d", n, len(open))
	}
	for _, r := range s.CustomRoles() {
		var gives []string
		for _, c := range r.Gives {
			gives = append(gives, c.Permission.String())
		}
		if want, ok := m.defined[string(r.Name)]; !ok || !slices.Equal(gives, want) {
			return fmt.Sprintf("the role %s gives %v, and the model says %v", r.Name, gives, want)
		}
	}
	if len(s.CustomRoles()) != len(m.defined) {
		return fmt.Sprintf("%d roles are defined, and the model says %d", len(s.CustomRoles()), len(m.defined))
	}
	return ""
}

func reads(permissions ...string) account.Gives {
	g := account.Gives{}
	for _, p := range permissions {
		g[p] = []string{"any"}
	}
	return g
}

// TestSmallLater visits all accounts with an admin whose role can end, a role on a calendar with an end, an invitation
// with an end, a request, and a role that the account defines, at the hours before and after the ends.
func TestSmallLater(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Hour)
	give := account.GiveRoleOn{Role: "viewer", On: lateCalendars[0].Ref(), User: "cat"}
	giveUntil := give
	giveUntil.Until = later
	wish := account.SetRole{User: "cat", Role: "reader"}
	commands := []account.Command{
		account.SetRole{User: "bob", Role: "admin"},
		account.SetRole{User: "bob", Role: "admin", Until: later},
		account.SetRole{User: "bob", Role: "admin", From: later},
		account.SetRole{User: "bob", Role: "member"},
		wish,
		account.SetRole{User: "cat", Role: "reader", Until: later},
		account.SetRole{User: "cat", Role: "reader", From: later},
		account.SetRole{User: "cat", Role: "member"},
		give,
		giveUntil,
		account.TakeRoleOn{Role: "viewer", On: lateCalendars[0].Ref(), User: "cat"},
		account.Invite{Key: "key", Until: later},
		account.ResendInvitation{User: "key"},
		account.RevokeInvitation{User: "key"},
		account.AcceptInvitation{Key: "key", User: "dan"},
		account.Request{Commands: []account.Command{wish}, Until: later},
		account.Approve{Request: 1},
		account.Decline{Request: 1},
		account.Withdraw{Request: 1},
		account.DefineRole{Role: "reader", Gives: reads("page.read")},
		account.ChangeRole{Role: "reader", Gives: reads()},
		account.ChangeRole{Role: "reader", Gives: reads("page.read")},
		account.DeleteRole{Role: "reader"},
		account.DeleteRole{Role: "reader", ReplaceBy: "member"},
	}
	first := newLateAccount(t, 2, "bob", "cat")
	reached := map[string]bool{first.model.key(): true}
	seen, codes := map[string]map[account.Code]int{}, map[account.Code]int{}
	visited, transitions := 0, 0
	for queue := []*lateAccount{first}; len(queue) > 0; queue = queue[1:] {
		a := queue[0]
		if visited++; visited > raced.Part(1<<30, 80) {
			t.Logf("%d accounts, of more than %d, because the race detector is on", visited-1, len(reached))
			return
		}
		if problem := a.differs("ann", "bob", "cat", "dan", "key"); problem != "" {
			t.Fatalf("%s\n%s", problem, a.way)
		}
		for hour := a.model.now; hour < 2; hour++ {
			for _, c := range commands {
				for _, actor := range lateActors(c) {
					if _, ok := c.(account.Request); ok && a.model.last > 0 {
						continue // there is only one request, so that the accounts are finite
					}
					transitions++
					next, code, problem := a.try(hour, actor, c)
					if problem != "" {
						t.Fatalf("hour %d, %s: %s\n%s\nafter\n%s", hour, actor, account.Describe(c), problem, a.way)
					}
					if seen[account.NameOf(c)] == nil {
						seen[account.NameOf(c)] = map[account.Code]int{}
					}
					seen[account.NameOf(c)][code]++
					codes[code]++
					if next == nil {
						continue
					}
					if k := next.model.key(); !reached[k] {
						reached[k] = true
						queue = append(queue, next)
					}
				}
			}
		}
		*a = lateAccount{}
	}
	t.Logf("%d accounts, %d transitions\n%v", len(reached), transitions, codes)
	for _, c := range commands {
		require.Positive(t, seen[account.NameOf(c)][0], account.NameOf(c))
	}
	for _, name := range []string{"set-role", "give-role-on", "approve", "define-role", "change-role"} {
		require.Positive(t, seen[name][account.CodeEscalation], name)
	}
}

// lateActors returns the actors of a command in a small account: those for whom it can matter.
func lateActors(c account.Command) []string {
	switch c.(type) {
	case account.AcceptInvitation:
		return []string{"", "cat"}
	case account.Request:
		return []string{"cat"}
	case account.Approve, account.Withdraw:
		return []string{"ann", "bob", "cat"}
	}
	return []string{"ann", "bob"}
}

const lateHours = 12

// TestLaterAgainstModel sends random commands at advancing hours, with more users, calendars, roles and requests.
func TestLaterAgainstModel(t *testing.T) {
	t.Parallel()
	users := []string{"ann", "bob", "cat", "dan", "key"}
	done := map[string]int{}
	for seed := range uint64(raced.Part(400, 20)) {
		d := rand.New(rand.NewPCG(seed, 5))
		a := newLateAccount(t, lateHours, "bob", "cat")
		hour := 0
		for i := range 40 {
			hour = min(hour+[]int{0, 0, 0, 0, 0, 1}[d.IntN(6)], lateHours-2)
			actor, c := drawLate(d, hour, a.model.last)
			if i == 0 || i == 1 && d.IntN(2) == 0 {
				actor, c = "ann", []account.Command{
					account.SetRole{User: "bob", Role: "admin", Until: noon.Add(time.Duration(hour+1+d.IntN(lateHours-hour-1)) * time.Hour)},
					account.DefineRole{Role: "reader", Gives: reads("page.read")},
				}[i]
			}
			next, code, problem := a.try(hour, actor, c)
			if problem != "" {
				t.Fatalf("seed %d, hour %d, %s: %s\n%s\nafter\n%s", seed, hour, actor, account.Describe(c), problem, a.way)
			}
			if code == 0 {
				done[account.NameOf(c)]++
			} else {
				done[account.NameOf(c)+" "+code.String()]++
			}
			if next == nil {
				continue
			}
			a = next
			if problem := a.differs(users...); problem != "" {
				t.Fatalf("seed %d: %s\n%s", seed, problem, a.way)
			}
			if d.IntN(4) == 0 {
				read, err := account.DecodeState(a.state.Encode())
				require.NoError(t, err)
				a.state = read
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(done)) {
		t.Logf("%5d %s", done[name], name)
	}
	for _, name := range []string{"approve", "approve escalation", "decline", "withdraw", "define-role", "define-role escalation", "change-role", "change-role escalation", "delete-role", "delete-role role-in-use", "resend-invitation", "accept-invitation", "give-role-on", "give-role-on escalation"} {
		require.Positive(t, done[name], name)
	}
}

// drawLate draws a command and its actor.
func drawLate(d *rand.Rand, hour, last int) (actor string, c account.Command) {
	actor = []string{"ann", "ann", "ann", "bob", "bob", "bob", "bob", "cat", "dan"}[d.IntN(9)]
	user := usher.UserID([]string{"bob", "bob", "cat", "dan"}[d.IntN(4)])
	name := []role.Name{"admin", "member", "reader", "other"}[d.IntN(4)]
	own := []role.Name{"reader", "other"}[d.IntN(2)]
	var from, until time.Time
	if at := hour + d.IntN(4); d.IntN(4) == 0 && at < lateHours {
		from = noon.Add(time.Duration(at) * time.Hour)
	}
	if at := hour + d.IntN(6); d.IntN(2) == 0 && at < lateHours {
		until = noon.Add(time.Duration(at) * time.Hour)
	}
	gives := reads([][]string{nil, {"page.read"}, {"page.edit"}, {"page.read", "page.edit"}}[d.IntN(4)]...)
	id := account.RequestID(max(1, last-d.IntN(3)))
	switch d.IntN(14) {
	case 0, 1, 2:
		return actor, account.SetRole{User: user, Role: name, From: from, Until: until}
	case 3:
		return actor, account.GiveRoleOn{Role: "viewer", On: lateCalendars[d.IntN(2)].Ref(), User: user, From: from, Until: until}
	case 4:
		return actor, account.TakeRoleOn{Role: "viewer", On: lateCalendars[d.IntN(2)].Ref(), User: user}
	case 5:
		return actor, []account.Command{account.Invite{Key: "key", Until: until}, account.RevokeInvitation{User: "key"}}[d.IntN(2)]
	case 6:
		return actor, account.ResendInvitation{User: "key", Until: until}
	case 7:
		if d.IntN(3) == 0 {
			return "ann", account.RemoveUser{User: "dan"}
		}
		return "", account.AcceptInvitation{Key: "key", User: "dan"}
	case 8, 9:
		author := []string{"bob", "cat"}[d.IntN(2)]
		wish := []account.Command{
			account.SetRole{User: user, Role: name},
			account.SetRole{User: usher.UserID(author), Role: name},
			account.RemoveUser{User: "dan"},
			account.DeleteRole{Role: own},
		}[d.IntN(4)]
		return author, account.Request{Commands: []account.Command{wish}, Until: until}
	case 10, 11:
		return actor, []account.Command{account.Approve{Request: id}, account.Approve{Request: id}, account.Decline{Request: id}, account.Withdraw{Request: id}}[d.IntN(4)]
	case 12:
		return actor, []account.Command{account.DefineRole{Role: own, Gives: gives}, account.ChangeRole{Role: own, Gives: gives}}[d.IntN(2)]
	}
	return actor, []account.Command{account.DeleteRole{Role: own}, account.DeleteRole{Role: own, ReplaceBy: "member"}, account.DeleteRole{Role: own, ReplaceBy: name}}[d.IntN(3)]
}
