package policytest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// compareState compares the account with the expected values of a step.
func (p *scenarioRun) compareState(step *testfile.State) {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil {
		p.fail("", "state", "an account", "an error", err.Error())
		return
	}
	state := view.State()
	for _, s := range step.Seats {
		p.comparePool(s, state.Pool(seat.PoolName(s.Pool.Text)))
	}
	for _, u := range step.Users {
		p.pos = u.ID.Pos
		p.compareUser(&u, view)
	}
	for _, t := range step.Teams {
		p.compareTeam(t, view)
	}
	for _, f := range step.Settings {
		value, changed := state.Setting(f.Name.Text)
		if !changed {
			value, _ = p.suite.policy.Setting(f.Name.Text)
		}
		p.compare("setting "+f.Name.Text, fmt.Sprint(f.Value), fmt.Sprint(value))
	}
	if step.Fields != nil {
		p.compareFields(step.Fields, state.Fields())
	}
}

// version returns the version of the account in the engine, 0 if it has none.
func (p *scenarioRun) version() uint64 {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil {
		return 0
	}
	return view.Version()
}

func (p *scenarioRun) compare(what, expected, got string) {
	if expected != got {
		p.addDifference(what, expected, got)
	}
}

func (p *scenarioRun) comparePool(s testfile.PoolState, pool seat.Pool) {
	p.pos = s.Pool.Pos
	if s.Held != nil {
		p.compare("seats held in "+s.Pool.Text, fmt.Sprint(*s.Held), fmt.Sprint(pool.Held))
	}
	if s.Total != nil {
		p.compare("seats bought in "+s.Pool.Text, fmt.Sprint(*s.Total), fmt.Sprint(pool.Total))
	}
}

func (p *scenarioRun) compareUser(written *testfile.User, view account.View) {
	id := usher.UserID(written.ID.Text)
	u, _ := view.State().User(id) // a State returns no error
	if u == nil {
		p.addDifference("user "+written.ID.Text, "a user", "none")
		return
	}
	of := " of " + written.ID.Text
	if written.Role.Text != "" {
		p.compare("role"+of, written.Role.Text, string(u.Role))
	}
	if written.Status != 0 {
		p.compare("status"+of, written.Status.String(), u.Status.String())
	}
	if written.Kind.Text != "" {
		p.compare("kind"+of, written.Kind.Text, string(u.Kind))
	}
	if written.Seats != nil {
		p.compare("seats"+of, list(texts(written.Seats)), list(u.Seats))
	}
	if written.Beside != nil {
		p.compare("roles beside"+of, list(texts(written.Beside)), list(u.Beside))
	}
	if written.Teams != nil {
		p.compare("teams"+of, expectedTeams(written.Teams), heldTeams(written.Teams, u.Teams))
	}
	if written.Outside != nil {
		p.compare("roles outside teams"+of, expectedTeams(written.Outside), heldTeams(written.Outside, u.Outside))
	}
	if written.RolesOn != nil {
		p.compareRolesOn(of, written.RolesOn, view.ResourcesOfUser(id, usher.Ref{}))
	}
	if written.Grants != nil {
		var expected, got []string
		for _, g := range written.Grants {
			expected = append(expected, grantText(g.Name.Text, g.Until))
		}
		for _, g := range u.Grants {
			got = append(got, grantText(g.Name, g.Until))
		}
		p.compare("grants"+of, list(expected), list(got))
	}
	if written.Fields != nil {
		p.compareValues(written)
	}
}

// compareValues compares the values of custom fields, including archived ones.
func (p *scenarioRun) compareValues(written *testfile.User) {
	id := usher.UserID(written.ID.Text)
	values, err := p.engine.Values(p.ctx, worldAccount, id)
	if err == nil {
		var archived map[string]account.Value
		archived, err = p.engine.ArchivedValues(p.ctx, worldAccount, id)
		maps.Copy(values, archived)
	}
	if err != nil {
		p.fail("", "fields of "+written.ID.Text, "values", "an error", err.Error())
		return
	}
	for _, f := range written.Fields {
		p.compare(f.Field.Text+" of "+written.ID.Text, printable.Sprintf("%q", f.Value.Text), printable.Sprintf("%q", string(values[f.Field.Text])))
	}
}

func (p *scenarioRun) compareTeam(written testfile.Team, view account.View) {
	p.pos = written.ID.Pos
	parent, ok := view.State().Team(usher.TeamID(written.ID.Text))
	switch {
	case !ok:
		p.addDifference("team "+written.ID.Text, "a team", "none")
		return
	case written.Parent.Text != "":
		p.compare("parent of "+written.ID.Text, written.Parent.Text, string(parent))
	}
	if written.RolesOn != nil {
		p.compareRolesOn(" of "+written.ID.Text, written.RolesOn, view.ResourcesOfTeam(usher.TeamID(written.ID.Text), usher.Ref{}))
	}
}

// compareRolesOn compares the roles of a user or a team on resources.
func (p *scenarioRun) compareRolesOn(of string, written []testfile.RoleOn, held iter.Seq[account.RolesOn]) {
	text := func(name string, on usher.Ref) string { return printable.Sprintf("%s on %s", name, on) }
	var expected, got []string
	for _, r := range written {
		expected = append(expected, text(r.Role.Text, r.On))
	}
	for on := range held {
		for _, name := range on.Roles {
			got = append(got, text(string(name), on.On))
		}
	}
	p.compare("roles on resources"+of, list(expected), list(got))
}

// compareFields compares all custom fields, in order. It compares the type and the archived
// state of a field only if they are in the file.
func (p *scenarioRun) compareFields(written []testfile.FieldDefinition, fields []account.Field) {
	var expected, got []string
	for i, d := range written {
		text := func(name, kind string, archived bool) string {
			s := name
			if d.Type != 0 {
				s += " (" + kind + ")"
			}
			if d.Archived != nil && archived {
				s += " archived"
			}
			return s
		}
		expected = append(expected, text(d.Field.Text, d.Type.String(), d.Archived != nil && *d.Archived))
		if i < len(fields) {
			got = append(got, text(fields[i].Name, fields[i].Type.String(), fields[i].Archived))
		}
	}
	for _, f := range fields[min(len(written), len(fields)):] {
		got = append(got, f.Name)
	}
	p.compare("fields", ordered(expected), ordered(got))
}

// expectedTeams returns the memberships in the file as text, with the team roles if the
// file has them.
func expectedTeams(members []testfile.Membership) string {
	var words []string
	for _, m := range members {
		words = append(words, memberText(m.Team.Text, m.Roles != nil, list(texts(m.Roles))))
	}
	return list(words)
}

func heldTeams(written []testfile.Membership, held []policy.Membership) string {
	withRoles := map[usher.TeamID]bool{}
	for _, m := range written {
		withRoles[usher.TeamID(m.Team.Text)] = m.Roles != nil
	}
	var words []string
	for _, m := range held {
		words = append(words, memberText(string(m.Team), withRoles[m.Team], list(m.Roles)))
	}
	return list(words)
}

func memberText(team string, withRoles bool, roles string) string {
	if !withRoles {
		return team
	}
	return team + " as " + roles
}

func grantText(name string, until time.Time) string {
	if until.IsZero() {
		return name
	}
	return name + " until " + until.UTC().Format(time.RFC3339Nano)
}

// list returns names in sorted order.
func list[T ~string](names []T) string {
	return ordered(slices.Sorted(slices.Values(names)))
}

func ordered[T ~string](names []T) string {
	if len(names) == 0 {
		return "none"
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}
