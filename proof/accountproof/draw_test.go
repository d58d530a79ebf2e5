package accountproof_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// The ids and names of random proposals. Each list ends with unknown or unusual ones.
var (
	userIDs  = []usher.UserID{"ann", "bob", "cat", "dan", "eve", "fay", "gil"}
	teamIDs  = []usher.TeamID{"sales", "emea", "dach", "bern", "ops"}
	fieldIDs = []string{"email", "phone", "salary", "size", "birthday"}
	oddIDs   = []string{"", "\xff", strings.Repeat("x", 1024), strings.Repeat("x", 1025), "Zoë \"<&>\" \u2028\x00"}
	values   = []account.Value{"", "x", "12", "-3.5e2", "2026-02-28", "2026-02-30", "true", "null", " 1", "\"x\"", "\xff"}
)

// noon is the time at which the random accounts begin.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// drawing draws proposals to an account. The commands of a batch are often about the same user and
// team.
type drawing struct {
	*rapid.T
	w      *modelAccount
	recent *recent
}

type recent struct {
	user usher.UserID
	team usher.TeamID
}

func newDrawing(t *rapid.T, w *modelAccount) drawing { return drawing{t, w, &recent{}} }

// below returns a generator of the numbers below n with equal probabilities: the generators of
// rapid prefer small numbers, and so the first elements of a list.
func below(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		number := 0
		for limit := 1; limit < 16*n; limit *= 2 {
			if number *= 2; rapid.Bool().Draw(t, "bit") {
				number++
			}
		}
		return number % n
	})
}

func (d drawing) below(n int, label string) int { return below(n).Draw(d.T, label) }

func pick[V any](d drawing, label string, list []V) V { return list[d.below(len(list), label)] }

// onceIn returns true with the probability 1/n.
func (d drawing) onceIn(n int, label string) bool { return d.below(n, label) == n-1 }

// user draws a user, mostly one of the account.
func (d drawing) user() usher.UserID {
	if d.recent.user == "" || !d.onceIn(3, "same user") {
		d.recent.user = d.anyUser()
	}
	return d.recent.user
}

func (d drawing) anyUser() usher.UserID {
	there := slices.Sorted(maps.Keys(d.w.users))
	switch {
	case d.onceIn(60, "odd user"):
		return usher.UserID(pick(d, "user", oddIDs))
	case len(there) > 0 && !d.onceIn(12, "any user"):
		return pick(d, "user", there)
	}
	return pick(d, "user", userIDs)
}

// newcomer draws a user, mostly one who is not in the account.
func (d drawing) newcomer() usher.UserID {
	missing := slices.DeleteFunc(slices.Clone(userIDs), func(id usher.UserID) bool { return d.w.users[id] != nil })
	if len(missing) > 0 && !d.onceIn(8, "any user") {
		return pick(d, "newcomer", missing)
	}
	return d.user()
}

func (d drawing) team() usher.TeamID {
	if d.recent.team == "" || !d.onceIn(3, "same team") {
		d.recent.team = d.anyTeam()
	}
	return d.recent.team
}

func (d drawing) anyTeam() usher.TeamID {
	there := slices.Sorted(maps.Keys(d.w.teams))
	switch {
	case d.onceIn(60, "odd team"):
		return usher.TeamID(pick(d, "team", oddIDs))
	case len(there) > 0 && !d.onceIn(12, "any team"):
		return pick(d, "team", there)
	}
	return pick(d, "team", teamIDs)
}

// parent draws a team, or "" for the top.
func (d drawing) parent() usher.TeamID {
	if len(d.w.teams) == 0 && !d.onceIn(10, "below nothing") || d.onceIn(3, "top") {
		return ""
	}
	return d.team()
}

// membership draws a team of a user, and a role that the user holds there, if there is one.
func (d drawing) membership(u *user) (usher.TeamID, role.Name) {
	in := []usher.TeamID{}
	if u != nil {
		in = slices.Sorted(maps.Keys(u.teams))
		in = append(in, slices.Sorted(maps.Keys(u.outside))...)
	}
	if len(in) == 0 || d.onceIn(5, "any membership") {
		return d.team(), d.role()
	}
	team := pick(d, "member of", in)
	if roles := u.on(team); len(roles) > 0 && d.onceIn(2, "held role") {
		return team, pick(d, "held", roles)
	}
	return team, d.teamRole()
}

func (d drawing) role() role.Name {
	var names []role.Name
	for _, r := range d.w.book.doc.Roles {
		names = append(names, roleName(r))
	}
	if d.onceIn(40, "odd role") {
		return pick(d, "role", []role.Name{"", "nosuch", "everyone"})
	}
	return pick(d, "role", names)
}

// ofKind draws a role, mostly one of the kind.
func (d drawing) ofKind(is func(role.Name) bool) role.Name {
	var names []role.Name
	for _, r := range d.w.book.doc.Roles {
		if name := roleName(r); is(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 || d.onceIn(20, "any role") {
		return d.role()
	}
	return pick(d, "role", names)
}

func (d drawing) accountRole() role.Name {
	return d.ofKind(func(name role.Name) bool { return d.w.book.isAccountRole(name) && !d.w.book.isUnique(name) })
}

func (d drawing) roleBeside() role.Name { return d.ofKind(d.w.book.isRoleBeside) }

func (d drawing) teamRole() role.Name { return d.ofKind(d.w.book.isTeamRole) }

func (d drawing) status() usher.Status {
	if d.onceIn(15, "odd status") {
		return pick(d, "status", []usher.Status{0, usher.Invited, usher.Requested, 5})
	}
	return pick(d, "status", []usher.Status{usher.Active, usher.Inactive})
}

func (d drawing) pool() seat.PoolName {
	if pools := d.w.book.pools(); len(pools) > 0 && !d.onceIn(30, "odd pool") {
		return pick(d, "pool", pools)
	}
	return pick(d, "pool", []seat.PoolName{"nosuch", ""})
}

func (d drawing) setting() string {
	if settings := d.w.book.doc.Settings; len(settings) > 0 && !d.onceIn(15, "odd setting") {
		return pick(d, "setting", settings).Name.Text
	}
	return pick(d, "setting", []string{"nosuch", ""})
}

// grant draws a grant that the user holds, or any grant.
func (d drawing) grant(u *user) string {
	if u != nil && len(u.grants) > 0 && d.onceIn(4, "held grant") {
		return pick(d, "grant", slices.Sorted(maps.Keys(u.grants)))
	}
	book := d.w.book
	switch {
	case d.onceIn(20, "odd grant"):
		return pick(d, "grant", []string{"nosuch", "", "user.nosuch", "nosuch.view"})
	case len(book.doc.Features) > 0 && d.onceIn(3, "feature"):
		return pick(d, "feature", book.doc.Features).Text
	case len(book.doc.Bundles) > 0 && d.onceIn(5, "bundle"):
		return pick(d, "bundle", book.doc.Bundles).Name.Text
	}
	return pick(d, "permission", book.actions).name
}

func (d drawing) field() string {
	switch {
	case d.onceIn(60, "odd field"):
		return pick(d, "field", oddIDs)
	case len(d.w.fields) > 0 && !d.onceIn(6, "any field"):
		return pick(d, "field", d.w.fields).Name
	}
	return pick(d, "field", fieldIDs)
}

// fieldName draws a name for a field.
func (d drawing) fieldName() string {
	if d.onceIn(12, "odd field") {
		return pick(d, "field", oddIDs)
	}
	return pick(d, "field", fieldIDs)
}

func (d drawing) value(field string) account.Value {
	i := d.w.field(field)
	if i < 0 || d.onceIn(3, "any value") {
		return pick(d, "value", values)
	}
	fit := slices.DeleteFunc(slices.Clone(values), func(v account.Value) bool { return !fits(v, d.w.fields[i].Type) })
	return pick(d, "value", fit)
}

// time draws an hour of an afternoon, so that grants end sometimes.
func (d drawing) time() time.Time {
	at := noon.Add(time.Duration(d.below(11, "hour")) * time.Hour)
	if d.onceIn(10, "odd time") {
		at = at.In(time.FixedZone("east", 3*60*60+17)).Add(time.Nanosecond)
	}
	return at
}

func (d drawing) until() time.Time {
	switch {
	case d.onceIn(3, "for good"):
		return time.Time{}
	case d.onceIn(40, "odd end"):
		return time.Date(pick(d, "year", []int{-1, 0, 1, 1500, 9999, 10000}), 12, 31, 23, 59, 59, 999999999, time.FixedZone("west", -60*60))
	}
	return d.time()
}

// leader returns a user with the role of the first user: the owner, if the account has one.
func (d drawing) leader() usher.UserID {
	for _, id := range slices.Sorted(maps.Keys(d.w.users)) {
		if d.w.users[id].role == roleName(*d.w.book.first()) {
			return id
		}
	}
	return "ann"
}

// question draws an actor and a time. Most actors are users of the account.
func (d drawing) question(command string) question {
	q := question{time: d.time(), context: d.context()}
	there := slices.Sorted(maps.Keys(d.w.users))
	invited, requested := d.withStatus(usher.Invited), d.withStatus(usher.Requested)
	holder := d.leader()
	if d.onceIn(25, "anybody") {
		q.actor = pick(d, "actor", []account.Actor{{}, account.AsUser("stranger"), account.AsUser("\xff")})
		return q
	}
	switch who := pick(d, "actor", []string{"user", "user", "user", "beside", "beside", "holder", "holder", "host", "host", "host", "host", "host"}); {
	case command == "accept-invitation" && d.onceIn(2, "the host"):
		q.actor = account.AsHost("billing")
	case strings.HasSuffix(command, "-invitation") && command != "revoke-invitation" && command != "resend-invitation" && len(invited) > 0 && !d.onceIn(4, "any actor"):
		q.actor = account.AsUser(pick(d, "invited", invited))
	case command == "request-to-join" && d.onceIn(2, "a requester"):
		q.actor = account.AsUser(pick(d, "actor", userIDs))
	case command == "withdraw-request" && len(requested) > 0 && !d.onceIn(4, "any actor"):
		q.actor = account.AsUser(pick(d, "requested", requested))
	case strings.HasSuffix(command, "-team") && strings.Count(command, "-") == 1 && len(there) > 0 && d.onceIn(2, "a user"):
		q.actor = account.AsUser(pick(d, "actor", there))
	case command == "transfer-ownership" && !d.onceIn(3, "any actor"):
		q.actor = account.AsUser(holder)
	case command == "rename-user" && !d.onceIn(4, "any actor"):
		q.actor = account.AsHost("billing")
	case who == "beside" && len(d.besides()) > 0:
		q.actor = account.AsUser(pick(d, "beside", d.besides()))
	case (who == "user" || who == "beside") && len(there) > 0:
		q.actor = account.AsUser(pick(d, "actor", there))
	case who == "holder":
		q.actor = account.AsUser(holder)
	default:
		q.actor = account.AsHost("billing")
	}
	return q
}

// besides returns the users with roles beside the account role, or outside a team, sorted.
func (d drawing) besides() []usher.UserID {
	ids := slices.Sorted(maps.Keys(d.w.users))
	return slices.DeleteFunc(ids, func(id usher.UserID) bool { return len(d.w.users[id].beside)+len(d.w.users[id].outside) == 0 })
}

// withStatus returns the users with a status, sorted.
func (d drawing) withStatus(status usher.Status) []usher.UserID {
	ids := slices.Sorted(maps.Keys(d.w.users))
	return slices.DeleteFunc(ids, func(id usher.UserID) bool { return d.w.users[id].status != status })
}

// context draws facts of a request, sometimes one that the policy does not declare.
func (d drawing) context() usher.Context {
	c := usher.Context{}
	for _, condition := range d.w.book.doc.Conditions {
		if condition.Kind != syntax.OnContext {
			continue
		}
		switch known := d.below(6, condition.Of.Text); known {
		case 0:
		case 1:
			c[condition.Of.Text] = false
		default:
			c[condition.Of.Text] = true
		}
	}
	if d.onceIn(100, "odd context") {
		c["nosuch"] = true
	}
	return c
}
