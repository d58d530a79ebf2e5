package accountproof_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// modelAccount is an account in the model: maps and lists, which are copied for each command.
type modelAccount struct {
	book     *rulebook
	exists   bool
	deleted  bool
	swapped  bool // the policy was replaced after the account was created
	owned    bool // the commits so far state that the unique role has one holder
	users    map[usher.UserID]*user
	teams    map[usher.TeamID]usher.TeamID // each with its parent, or ""
	gone     map[usher.TeamID]bool         // the deleted teams
	bought   map[seat.PoolName]int
	settings map[string]bool // the changed settings
	fields   []account.Field
	lastID   int // of a field
	values   fieldValues
}

// fieldValues has the values of custom fields, by the field's id. It is not part of the state.
type fieldValues map[usher.UserID]map[int]account.Value

// set stores a value; "" deletes it.
func (s fieldValues) set(user usher.UserID, field int, value account.Value) {
	if s[user] == nil {
		s[user] = map[int]account.Value{}
	}
	if s[user][field] = value; value == "" {
		delete(s[user], field)
	}
	if len(s[user]) == 0 {
		delete(s, user)
	}
}

type user struct {
	status usher.Status
	role   role.Name
	teams  map[usher.TeamID][]role.Name // of which the user is a member, with the roles there
	seats  map[seat.PoolName]bool
	grants map[string]time.Time // until when; zero for no end

	outside map[usher.TeamID][]role.Name // the roles on teams of which the user is no member
	beside  map[role.Name]bool           // the roles beside the account role

	had map[seat.PoolName]bool // the seats before the batch, under any id; not part of the account
}

// take applies the values of an outcome, and returns the store.
func (s fieldValues) take(o account.Outcome) fieldValues {
	for _, id := range o.Removed {
		delete(s, id)
	}
	for _, v := range o.Values {
		s.set(v.User, v.Field, v.Value)
	}
	return s
}

func newModel(book *rulebook) *modelAccount { return &modelAccount{book: book, values: fieldValues{}} }

// same reports whether two accounts are equal, with the values of custom fields.
func (w *modelAccount) same(other *modelAccount) bool {
	return w.String() == other.String() && reflect.DeepEqual(w.values, other.values)
}

func (w *modelAccount) clone() *modelAccount {
	c := *w
	c.users = map[usher.UserID]*user{}
	for id, u := range w.users {
		c.users[id] = u.clone()
	}
	c.teams, c.bought, c.settings = copied(w.teams), copied(w.bought), copied(w.settings)
	c.gone = copied(w.gone)
	c.fields, c.values = slices.Clone(w.fields), fieldValues{}
	for id, values := range w.values {
		c.values[id] = copied(values)
	}
	return &c
}

func (u *user) clone() *user {
	c := *u
	c.teams, c.outside = map[usher.TeamID][]role.Name{}, map[usher.TeamID][]role.Name{}
	c.seats, c.grants, c.beside = copied(u.seats), copied(u.grants), copied(u.beside)
	for id, roles := range u.teams {
		c.teams[id] = slices.Clone(roles)
	}
	for id, roles := range u.outside {
		if len(roles) > 0 {
			c.outside[id] = slices.Clone(roles)
		}
	}
	return &c
}

func copied[K comparable, V any](m map[K]V) map[K]V {
	c := map[K]V{}
	maps.Copy(c, m)
	return c
}

// holder returns the holder of the unique role, nil if the policy has none or the account has no
// owner.
func (w *modelAccount) holder() (usher.UserID, *user) {
	if !w.owned {
		return "", nil
	}
	for id, u := range w.users {
		if w.book.isUnique(u.role) {
			return id, u
		}
	}
	return "", nil
}

// held returns the number of users with a seat of a pool.
func (w *modelAccount) held(pool seat.PoolName) (n int) {
	for _, u := range w.users {
		if u.seats[pool] {
			n++
		}
	}
	return n
}

// holders returns the number of users with an account role or a role beside it, and the number of active ones.
func (w *modelAccount) holders(name role.Name) (all, active int) {
	for _, u := range w.users {
		if (u.role == name || u.beside[name]) && u.status != usher.Requested {
			all++
			if u.status == usher.Active {
				active++
			}
		}
	}
	return all, active
}

// above returns a team and all teams above it. It stops at a cycle.
func (w *modelAccount) above(t usher.TeamID) (teams []usher.TeamID) {
	for ; t != "" && !slices.Contains(teams, t); t = w.teams[t] {
		teams = append(teams, t)
	}
	return teams
}

// field returns the index of a field, -1 if there is none.
func (w *modelAccount) field(name string) int {
	return slices.IndexFunc(w.fields, func(f account.Field) bool { return f.Name == name })
}

// setting returns the present value of a setting.
func (w *modelAccount) setting(name string) bool {
	if value, changed := w.settings[name]; changed {
		return value
	}
	value, _ := w.book.setting(name)
	return value
}

// facts returns the account as facts for a policy.
func (w *modelAccount) facts() policy.Facts { return facts{w} }

type facts struct{ w *modelAccount }

func (f facts) User(id usher.UserID) (*policy.User, error) {
	u := f.w.users[id]
	if u == nil {
		return nil, nil
	}
	return u.plain(), nil
}

func (f facts) Account() (*policy.Account, error) {
	tree, err := team.New(f.w.teams)
	return &policy.Account{Teams: tree, Settings: f.w.settings}, err
}

// plain returns the user as a policy.User, with sorted lists.
func (u *user) plain() *policy.User {
	p := &policy.User{Status: u.status, Role: u.role}
	for _, id := range slices.Sorted(maps.Keys(u.teams)) {
		roles := slices.Sorted(slices.Values(u.teams[id]))
		p.Teams = append(p.Teams, policy.Membership{Team: id, Roles: roles})
	}
	for _, id := range slices.Sorted(maps.Keys(u.outside)) {
		if roles := slices.Sorted(slices.Values(u.outside[id])); len(roles) > 0 {
			p.Outside = append(p.Outside, policy.Membership{Team: id, Roles: roles})
		}
	}
	p.Beside = slices.Sorted(maps.Keys(u.beside))
	p.Seats = slices.Sorted(maps.Keys(u.seats))
	for _, name := range slices.Sorted(maps.Keys(u.grants)) {
		p.Grants = append(p.Grants, policy.Grant{Name: name, Until: u.grants[name]})
	}
	return p
}

// String writes all that is visible of the account, with a line for each part.
func (w *modelAccount) String() string {
	var b strings.Builder
	switch {
	case w.deleted:
		return "deleted\n"
	case !w.exists:
		return "nothing\n"
	}
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		writeUser(&b, id, w.users[id].plain())
	}
	for _, id := range slices.Sorted(maps.Keys(w.teams)) {
		fmt.Fprintf(&b, "team %q in %q\n", id, w.teams[id])
	}
	for _, pool := range w.book.pools() {
		fmt.Fprintf(&b, "pool %s: %d of %d\n", pool, w.held(pool), w.bought[pool])
	}
	for _, name := range slices.Sorted(maps.Keys(w.settings)) {
		fmt.Fprintf(&b, "setting %s %t\n", name, w.settings[name])
	}
	for _, f := range w.fields {
		fmt.Fprintf(&b, "field %d %q %v archived=%t\n", f.ID, f.Name, f.Type, f.Archived)
	}
	return b.String()
}

func sortedTeams(w *modelAccount) []usher.TeamID { return slices.Sorted(maps.Keys(w.teams)) }

// key distinguishes accounts in which the same commands may have different effects: besides the
// visible state, it contains the ids of deleted teams, and whether the account has an owner.
func (w *modelAccount) key() string {
	return fmt.Sprintf("%sgone %q owned %t\n", w, slices.Sorted(maps.Keys(w.gone)), w.owned)
}

// writeUser writes a user whose lists are sorted.
func writeUser(b *strings.Builder, id usher.UserID, u *policy.User) {
	fmt.Fprintf(b, "user %q %v %s", id, u.Status, u.Role)
	if len(u.Beside) > 0 {
		fmt.Fprintf(b, " beside %v", u.Beside)
	}
	for _, m := range u.Teams {
		fmt.Fprintf(b, " in %q as %v", m.Team, m.Roles)
	}
	for _, m := range u.Outside {
		fmt.Fprintf(b, " outside %q as %v", m.Team, m.Roles)
	}
	fmt.Fprintf(b, " seats %v", u.Seats)
	for _, g := range u.Grants {
		fmt.Fprintf(b, " grant %s", g.Name)
		if !g.Until.IsZero() {
			fmt.Fprintf(b, " until %s", g.Until.UTC().Format(time.RFC3339Nano))
		}
	}
	b.WriteByte('\n')
}
