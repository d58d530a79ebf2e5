package agreement_test

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// dice makes the random choices of a round. The same seed makes the same choices.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 7))} }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// some returns low to high different elements, all if there are fewer.
func some[T any](d dice, low, high int, from []T) []T {
	from = slices.Clone(from)
	d.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:min(low+d.IntN(high-low+1), len(from))]
}

// The names in a random policy.
var (
	userParties = []string{"host", "guest", "owner"}
	teamParties = []string{"team", "crew"}
	attributes  = []string{"public", "paid"}
	fields      = map[string]string{"details": "title, place", "contact": "phone", "money": "price, phone"}
	userIDs     = []usher.UserID{"mia", "max", "bea", "tom", "ann", "kim", "leo", "odd \"{id}\"", `back\slash`, "it's,", "ünï", "42", "NULL", "west"}
	teamIDs     = []usher.TeamID{"sales", "east", "west", "ops", "lab", "mia", `{"quoted"}`, "null", "7"}
	anyTime     = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// drawPolicy writes a policy about calendars, users and pages.
func drawPolicy(d dice) string {
	var b strings.Builder
	parties := append(some(d, 0, 2, userParties), some(d, 0, 2, teamParties)...)
	if len(parties) == 0 {
		parties = []string{"host"}
	}
	b.WriteString("usher: 1\nfeatures: [sms]\nsettings: {open: false}\nseats: {desk: {}}\nconditions:\n" +
		"  sms: {feature: sms}\n  open: {setting: open}\n  seated: {seat: desk}\n  mfa: {context: mfa}\n" +
		"  public: {attribute: public}\n  also-public: {attribute: public}\n  paid: {attribute: paid}\n")
	for _, p := range parties {
		fmt.Fprintf(&b, "  has-%s: {party: %s}\n", p, p)
		if slices.Contains(userParties, p) {
			fmt.Fprintf(&b, "  admin-%s: {party: %s, has: admin}\n  clerk-%[1]s: {party: %[1]s, has: clerk}\n", p, p)
		}
	}
	b.WriteString("  admin-user: {party: user, has: admin}\n  gives-clerk: {gives: clerk}\n  gives-lead: {gives: lead}\n")
	require := func() string {
		switch {
		case d.chance(8):
			return ", requires: [" + pick(d, []string{"mfa", "seated", "public"}) + "]"
		}
		return ""
	}
	fmt.Fprintf(&b, "roles:\n  boss: {%s%s}\n", pick(d, []string{"unique: true, hands-over-to: admin", "unique: true, hands-over-to: admin", "at-least: 1"}), pick(d, []string{", includes: [admin]", ", all: true", ""}))
	fmt.Fprintf(&b, "  admin: {includes: [member]%s}\n  member: {default: true%s}\n  clerk: {}\n", require(), require())
	fmt.Fprintf(&b, "  manager: {held-on: team%s%s}\n  lead: {held-on: team%s}\n", pick(d, []string{"", ", includes: [lead]"}), require(), require())
	fmt.Fprintf(&b, "bundles:\n  both: [calendar.view, calendar.edit]\n  staff: [user.edit, user.delete]\n  mixed: [%s]\n",
		strings.Join(some(d, 2, 3, []string{"calendar.edit", "page.view", "user.view"}), ", "))
	types := make([]string, 0, len(parties))
	for _, p := range parties {
		types = append(types, p+": "+map[bool]string{true: "teams", false: "users"}[slices.Contains(teamParties, p)])
	}
	if d.chance(35) { // one more slot than parties
		types[0] = parties[0] + ": [users, teams]"
	}
	groups := make([]string, 0, len(fields))
	for _, g := range slices.Sorted(maps.Keys(fields)) {
		groups = append(groups, g+": ["+fields[g]+"]")
	}
	n := drawNesting(d, parties)
	calendar, user := n.on, drawnType{parties: []string{"user", "team"}}
	cells := func(on drawnType, hiding bool) string {
		var list []string
		for _, who := range some(d, 3, 7, []string{"boss", "admin", "member", "clerk", "manager", "manager", "lead", "everyone"}) {
			if slices.ContainsFunc(list, func(c string) bool { return strings.HasPrefix(c, who+":") }) {
				continue
			}
			list = append(list, who+": "+drawRules(d, on, hiding))
		}
		if d.chance(40) {
			list = append(list, "visitor: "+drawVisitors(d, hiding))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	fmt.Fprintf(&b, "resources:\n%s  calendar:\n%s    parties: {%s}\n    fields: {%s}\n    permissions:\n", n.text, n.in(-1), strings.Join(types, ", "), strings.Join(groups, ", "))
	fmt.Fprintf(&b, "      view: %s\n      edit: %s\n      move: %s\n", cells(calendar, true), cells(calendar, true), cells(calendar, false))
	if d.chance(25) {
		fmt.Fprintf(&b, "      \"*\": {%s: %s}\n", pick(d, []string{"clerk", "everyone", "lead"}), drawRules(d, calendar, true))
	}
	fmt.Fprintf(&b, "  page:\n    fields: {details: [title]}\n    permissions: {view: {everyone: %s}}\n", pick(d, []string{"any", "any hiding details", "any if mfa", "any if open hiding details"}))
	fmt.Fprintf(&b, "  user:\n    permissions:\n      view: %s\n      edit: %s\n      edit-sign-in: %s\n      delete: %s\n", cells(user, false), cells(user, false), cells(user, false), cells(user, false))
	var never []string
	for _, perm := range some(d, 0, 3, []string{"calendar.view", "calendar.edit", "calendar.move"}) {
		never = append(never, perm+": "+drawRules(d, calendar, false))
	}
	if d.chance(20) {
		never = append(never, "both: "+drawRules(d, calendar, false)) // a bundle
	}
	if d.chance(30) {
		never = append(never, "user.edit: "+drawRules(d, user, false))
	}
	if len(never) > 0 {
		b.WriteString("never:\n  " + strings.Join(never, "\n  ") + "\n")
	}
	return b.String()
}

// drawVisitors draws rules of visitors.
func drawVisitors(d dice, hiding bool) string {
	rule := pick(d, []string{"any if public", "any if not paid", "any if open", "any if mfa", "any if seated", "any if not sms and public", "any"})
	if hiding && d.chance(50) {
		rule += " hiding " + pick(d, slices.Sorted(maps.Keys(fields)))
	}
	return "[" + rule + ", any if paid and public]"
}

func drawRules(d dice, on drawnType, hiding bool) string {
	var rules []string
	for range 1 + d.IntN(3) {
		rules = append(rules, drawRule(d, on, hiding))
	}
	return "[" + strings.Join(rules, ", ") + "]"
}

func drawRule(d dice, on drawnType, hiding bool) string {
	parties := on.parties
	rule := drawScope(d, on, "")
	if scope, _, _ := strings.Cut(rule, " "); d.chance(25) {
		second := drawScope(d, on, scope)
		for strings.HasPrefix(second, "any") {
			second = drawScope(d, on, scope)
		}
		if scope == "any" || d.chance(50) {
			second = "not " + second
		}
		rule += " and " + second
	}
	conditions := []string{"sms", "open", "seated", "mfa", "public", "public", "also-public", "paid", pick(d, []string{"gives-clerk", "gives-lead"})}
	for _, p := range parties {
		switch {
		case p == "user":
			conditions = append(conditions, "admin-user")
		case parties[0] == "user":
			// the team of a standard resource
		case slices.Contains(userParties, p):
			conditions = append(conditions, "has-"+p, "admin-"+p, "clerk-"+p)
		default:
			conditions = append(conditions, "has-"+p)
		}
	}
	if d.chance(40) || rule == "any" && d.chance(50) {
		var tests, seen []string
		for _, c := range some(d, 1, 2, conditions) {
			if slices.Contains(seen, c) {
				continue
			}
			seen = append(seen, c)
			tests = append(tests, pick(d, []string{"", "not "})+c)
		}
		rule += " if " + strings.Join(tests, " and ")
	}
	if hiding && d.chance(60) {
		rule += " hiding " + strings.Join(some(d, 1, 2, slices.Sorted(maps.Keys(fields))), " and ")
	}
	return rule
}

// fixture is an account whose users and teams have unusual ids.
type fixture struct {
	users    map[usher.UserID]*policy.User
	parents  map[usher.TeamID]usher.TeamID
	settings map[string]bool
	tree     *team.Tree
	held     []holding // roles on resources
}

func (w *fixture) User(id usher.UserID) (*policy.User, error) { return w.users[id], nil }

func (w *fixture) Account() (*policy.Account, error) {
	return &policy.Account{Teams: w.tree, Settings: w.settings}, nil
}

func (w *fixture) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(w.users)) {
			if id > after && !yield(policy.Listed{ID: id, User: w.users[id]}, nil) {
				return
			}
		}
	}
}

// indexed is a fixture that finds users by their teams, and the holder of the unique role.
type indexed struct{ *fixture }

func (w indexed) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) {
		for id, u := range w.users {
			for _, m := range u.Teams {
				if slices.Contains(teams, m.Team) && !yield(id, nil) {
					return
				}
			}
		}
	}
}

func (w indexed) Owner() usher.UserID {
	for id, u := range w.users {
		if u.Role == "boss" {
			return id
		}
	}
	return ""
}

// addBosses gives some more users the role boss, which several can have.
func (w *fixture) addBosses(d dice) {
	for _, id := range sortedKeys(w.users) {
		if d.chance(25) {
			w.users[id].Role = "boss"
		}
	}
}

func drawFixture(d dice) *fixture {
	w := &fixture{users: map[usher.UserID]*policy.User{}, parents: map[usher.TeamID]usher.TeamID{}, settings: map[string]bool{}}
	teams := some(d, 1, 6, teamIDs)
	for i, id := range teams {
		w.parents[id] = ""
		if i > 0 && d.chance(65) {
			w.parents[id] = teams[d.IntN(i)]
		}
	}
	var err error
	if w.tree, err = team.New(w.parents); err != nil {
		panic(err)
	}
	teams = append(teams, "stray")
	for i, id := range some(d, 3, 9, userIDs) {
		u := &policy.User{Status: usher.Active, Role: pick(d, []role.Name{"admin", "member", "member", "clerk", "clerk"})}
		switch {
		case i == 0:
			u.Role = "boss"
		case d.chance(12):
			u.Status = pick(d, []usher.Status{usher.Invited, usher.Inactive, usher.Requested})
		}
		for _, t := range some(d, 0, 2, teams) {
			u.Teams = append(u.Teams, policy.Membership{Team: t, Roles: some(d, 0, 2, []role.Name{"manager", "lead"})})
		}
		if d.chance(50) {
			u.Seats = []seat.PoolName{"desk"}
		}
		for _, g := range some(d, 0, 2, []string{"sms", "calendar.view", "both", "gone", "user.delete"}) {
			if d.chance(30) {
				u.Grants = append(u.Grants, policy.Grant{Name: g, Until: anyTime.Add(time.Duration(d.IntN(3)-1) * time.Hour)})
			}
		}
		w.users[id] = u
	}
	if d.chance(50) {
		w.settings["open"] = d.chance(50)
	}
	return w
}

var permissions = []string{
	"calendar.view", "calendar.view", "calendar.view", "calendar.edit", "calendar.edit", "calendar.move", "both", "both", "mixed",
	"user.view", "user.edit", "user.edit-sign-in", "user.delete", "staff",
}

func drawRequest(d dice, w *fixture, account usher.AccountID) usher.Request {
	r := usher.Request{Account: account, Subject: pick(d, slices.Sorted(maps.Keys(w.users))), Time: anyTime}
	switch {
	case d.chance(6):
		r.Subject, r.Visitor = "", true
	case d.chance(3):
		r.Subject = "nobody"
	}
	if err := r.Permission.UnmarshalText([]byte(pick(d, permissions))); err != nil {
		panic(err)
	}
	if d.chance(60) {
		r.Context = usher.Context{"mfa": d.chance(60)}
	}
	if d.chance(60) {
		r.Gives = pick(d, []string{"clerk", "clerk", "lead", "member", usher.GivesNone})
	}
	return r
}

// drawIDs draws the ids of a party. The subject and the subject's teams occur more often than
// others.
func drawIDs(d dice, w *fixture, me usher.UserID, teams bool) (ids []string) {
	var all, mine []string
	if teams {
		for id := range w.parents {
			all = append(all, string(id))
		}
		if u := w.users[me]; u != nil {
			for _, m := range u.Teams {
				mine = append(mine, string(m.Team))
			}
		}
		all = append(all, "stray", "gone", "")
	} else {
		for id := range w.users {
			all = append(all, string(id))
		}
		all, mine = append(all, "stranger", ""), []string{string(me)}
	}
	slices.Sort(all)
	for range pick(d, []int{0, 0, 1, 1, 1, 1, 2, 2, 3}) {
		if len(mine) > 0 && d.chance(45) {
			ids = append(ids, pick(d, mine))
		} else {
			ids = append(ids, pick(d, all))
		}
	}
	return ids
}

func mustPermission(name string) (p permission.Permission) {
	if err := p.UnmarshalText([]byte(name)); err != nil {
		panic(err)
	}
	return p
}
