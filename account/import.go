package account

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// Import creates the account with the contents of Seed, in one commit. Only the host
// application can run it. A Seed that breaks a rule of accounts is rejected with CodeInvalid:
// two holders of the unique role, more seats held than bought, a cycle of teams, or under a
// policy without a unique role no active holder of its first role with at-least. The code is
// CodeExists for a field that is listed twice, and CodeUnknownRole, CodeUnknownTeam and so on
// for a name that the policy or the Seed lacks.
type Import struct {
	Seed Seed
}

func (Import) asks(*proposing) requirement { return requirement{creates: true} }

// propose validates the facts as other commands do. It does not check whether an actor could
// have made them.
func (i Import) propose(q *proposing) error {
	c := i.Seed
	if q.existed() {
		return q.exists()
	}
	if len(c.Users) >= internThreshold {
		q.interner = &interner{}
	}
	for _, step := range []func(*Seed) error{
		q.importOwner, q.importSeats, q.importSettings, q.importFields, q.importRoles, q.importTeams, q.importUsers, q.importRolesOn,
	} {
		if err := step(&c); err != nil {
			return err
		}
	}
	return nil
}

func (c Import) describe() string {
	return users(len(c.Seed.Users)) + ", " + counted(len(c.Seed.Teams), "team", "teams")
}

// Seed is the contents of an account, for [Import]. No permission is checked for them. A user
// whose role requires a seat holds one even if Seats does not list it. The zero Seed is
// rejected if the policy has a unique role or one with at-least: it has no holder of the role.
type Seed struct {
	Settings map[string]bool
	Seats    map[seat.PoolName]int         // bought
	Teams    map[usher.TeamID]usher.TeamID // the parent of each team, "" at the top
	Fields   []Field                       // in their order; the ids are ignored
	Roles    []policy.CustomRole           // that the account defines, in any order
	Users    map[usher.UserID]policy.User
	Values   map[usher.UserID]map[string]Value // values of custom fields, by the field's name
	RolesOn  []RolesOn                         // roles of users and teams on resources
}

// importOwner creates the account, with the holder of the unique role if there is one. Without
// one, an active user must hold the role that every account needs a holder of.
func (q *proposing) importOwner(c *Seed) error {
	unique := q.policy.UniqueRole().Name
	if unique == "" {
		return q.importWithoutOwner(c)
	}
	var holders []usher.UserID
	for id, u := range c.Users {
		if u.Role == unique {
			holders = append(holders, id)
		}
	}
	slices.Sort(holders)
	if len(holders) != 1 {
		return q.refuse(CodeInvalid, "exactly one user must have the role %s, but %d have it%s", unique, len(holders), listUsers(holders))
	}
	owner := holders[0]
	if err := checkID("user", string(owner)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	return q.emit(AccountCreated{Owner: owner, Unique: unique})
}

func (q *proposing) importWithoutOwner(c *Seed) error {
	if b, ok := neededHolder(q.policy); ok {
		isOne := func(u policy.User) bool {
			name := cmp.Or(u.Role, q.policy.DefaultRole().Name)
			return cmp.Or(u.Status, usher.Active) == usher.Active && u.Kind != usher.ServiceAccount && slices.Contains(b.Holders, name)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(c.Users)), isOne) {
			return q.refuse(CodeInvalid, "no user is active with the role %s%s; the policy has no unique role, so the account needs at least one", b.Role, including(b))
		}
	}
	return q.emit(AccountCreated{})
}

func (q *proposing) importSeats(c *Seed) error {
	for _, name := range slices.Sorted(maps.Keys(c.Seats)) {
		if _, err := q.pool(name); err != nil {
			return err
		}
		if err := checkTotal(c.Seats[name]); err != nil {
			return q.refuse(CodeInvalid, "%s: %v", name, err)
		}
		if c.Seats[name] == 0 {
			continue
		}
		if err := q.emit(SeatsSet{Pool: name, To: c.Seats[name]}); err != nil {
			return err
		}
	}
	return nil
}

// importSettings stores a value even if it is the default, because a later policy may have
// another default.
func (q *proposing) importSettings(c *Seed) error {
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		if _, ok := q.policy.Setting(name); !ok {
			return q.unknownSetting(name)
		}
		if err := q.emit(SettingChanged{Setting: name, Value: c.Settings[name]}); err != nil {
			return err
		}
	}
	return nil
}

func (q *proposing) importFields(c *Seed) error {
	for _, f := range c.Fields {
		if err := (DefineField{Field: f.Name, Type: f.Type}).propose(q); err != nil {
			return err
		}
		if f.Archived {
			if err := q.emit(FieldArchived{Field: f.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// importRoles defines the roles of the account.
func (q *proposing) importRoles(c *Seed) error {
	for _, r := range c.Roles {
		gives := Gives{}
		for _, g := range r.Gives {
			gives[g.Permission.String()] = append(gives[g.Permission.String()], g.Rule)
		}
		if err := (DefineRole{Role: r.Name, Title: r.Title, Like: r.Like, Gives: gives}).propose(q); err != nil {
			return err
		}
	}
	return nil
}

// importTeams creates each team before the teams below it.
func (q *proposing) importTeams(c *Seed) error {
	if _, err := team.New(c.Teams); err != nil {
		code := CodeInvalid
		if errors.Is(err, team.ErrUnknown) {
			code = CodeUnknownTeam
		}
		return q.refuse(code, "%v", err)
	}
	depth := make(map[usher.TeamID]int, len(c.Teams))
	var measure func(usher.TeamID) int
	measure = func(id usher.TeamID) int {
		if id == "" {
			return 0
		}
		if depth[id] == 0 {
			depth[id] = 1 + measure(c.Teams[id])
		}
		return depth[id]
	}
	ids := slices.Collect(maps.Keys(c.Teams))
	for _, id := range ids {
		measure(id)
	}
	slices.SortFunc(ids, func(a, b usher.TeamID) int {
		return cmp.Or(cmp.Compare(depth[a], depth[b]), cmp.Compare(a, b))
	})
	for _, id := range ids {
		if err := q.interrupted(); err != nil {
			return err
		}
		if err := checkID("team", string(id)); err != nil {
			return q.refuse(CodeInvalid, "%v", err)
		}
		if err := q.emit(TeamCreated{Team: id, Parent: c.Teams[id]}); err != nil {
			return err
		}
	}
	return nil
}

func (q *proposing) importUsers(c *Seed) error {
	roles := map[role.Name]role.Role{}
	for _, id := range slices.Sorted(maps.Keys(c.Users)) {
		if err := q.interrupted(); err != nil {
			return err
		}
		u := c.Users[id]
		if u.Role == "" {
			u.Role = q.policy.DefaultRole().Name
		}
		if u.Status == 0 {
			u.Status = usher.Active
		}
		r, ok := roles[u.Role]
		if !ok {
			var err error
			if r, err = q.accountRole(u.Role); err != nil {
				return err
			}
			roles[u.Role] = r
		}
		if err := q.importUser(id, &u, r); err != nil {
			return err
		}
		if err := q.importValues(id, c.Values[id]); err != nil {
			return err
		}
	}
	for _, b := range q.policy.Bounds() {
		if n := q.holders().all(q.policy, b); b.AtMost > 0 && n > b.AtMost {
			return q.refuse(CodeInvalid, "at most %s may have the role %s, but %d have it", users(b.AtMost), b.Role, n)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Values)) {
		if _, ok := c.Users[id]; !ok && len(c.Values[id]) > 0 {
			return q.refuse(CodeUnknownUser, "values are given for %q, which is not one of the users", id)
		}
	}
	return nil
}
