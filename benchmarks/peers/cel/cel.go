// Package cel is the adapter for the Common Expression Language, with one expression for
// each permission. CEL is an expression language, not an authorization library. It stores
// no users, so the application does, and looks up the team of each host.
//
// It follows the documentation (README and pkg.go.dev, "Evaluate"). Expressions are compiled
// once into programs, which all goroutines share, with OptOptimize, which folds constants.
// Variables come from a custom Activation instead of a map, so only the variables that an
// expression uses are created.
package cel

import (
	"sync"

	"cel.dev/cel-go/cel"

	"github.com/usher-go/usher/benchmarks/peers/staff"
	"github.com/usher-go/usher/benchmarks/world"
)

const (
	admin  = `role in ["owner", "admin"]`
	sole   = `(hosts == [user] && teams.size() == 0)`
	within = `(manages != "" && reach.size() > 0 && reach.all(t, t == manages))`
)

var rules = [world.Kinds]string{
	world.CalendarView:       admin + ` || user in hosts || team in teams || (manages != "" && manages in reach)`,
	world.CalendarEdit:       admin + ` || ` + sole + ` || ` + within,
	world.CalendarDelete:     admin + ` || ` + sole + ` || ` + within,
	world.CalendarCreate:     admin + ` || ` + sole + ` || (teams.size() == 0 && ` + within + `)`,
	world.CalendarSetHosts:   admin + ` || (teams.size() == 0 && ` + within + `)`,
	world.SeatAssign:         admin + ` || (manages != "" && target_team == manages)`,
	world.UserDelete:         admin + ` && target_role != "owner"`,
	world.SubscriptionManage: admin,
	world.AccountDelete:      `role == "owner"`,
}

// Peer uses CEL.
type Peer struct {
	staff.Table
	staff.OneByOne
	programs [world.Kinds]cel.Program
}

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	text, texts := cel.StringType, cel.ListType(cel.StringType)
	env, err := cel.NewEnv(
		cel.Variable("user", text), cel.Variable("role", text), cel.Variable("team", text), cel.Variable("manages", text),
		cel.Variable("target_role", text), cel.Variable("target_team", text),
		cel.Variable("hosts", texts), cel.Variable("teams", texts), cel.Variable("reach", texts),
	)
	if err != nil {
		return err
	}
	for k, rule := range rules {
		ast, issues := env.Compile(rule)
		if issues.Err() != nil {
			return issues.Err()
		}
		if p.programs[k], err = env.Program(ast, cel.EvalOptions(cel.OptOptimize)); err != nil {
			return err
		}
	}
	p.Table = staff.Load(w)
	p.OneByOne = func(user string, k world.Kind, c *world.Calendar) (bool, error) {
		return p.ask(user, k, c, &staff.Unknown)
	}
	return nil
}

// facts is the Activation of one question.
type facts struct {
	staff    staff.Table
	user     string
	asker    *staff.Person
	calendar *world.Calendar
	target   *staff.Person
	reach    []string
}

// ResolveName implements cel.Activation.
func (f *facts) ResolveName(name string) (any, bool) {
	switch name {
	case "user":
		return f.user, true
	case "role":
		return f.asker.Role, true
	case "team":
		return f.asker.Team, true
	case "manages":
		return f.asker.Manages, true
	case "hosts":
		return f.calendar.Hosts, true
	case "teams":
		return f.calendar.Teams, true
	case "reach":
		if len(f.reach) == 0 {
			f.reach = f.staff.Reach(f.reach, f.calendar)
		}
		return f.reach, true
	case "target_role":
		return f.target.Role, true
	case "target_team":
		return f.target.Team, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (f *facts) Parent() cel.Activation { return nil }

var pool = sync.Pool{New: func() any { return new(facts) }}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	target := &staff.Unknown
	if q.Entry != nil {
		target = p.Find(q.Entry.ID[0])
	}
	return p.ask(q.User, q.Kind, q.Calendar, target)
}

func (p *Peer) ask(user string, k world.Kind, c *world.Calendar, target *staff.Person) (bool, error) {
	asker := p.Find(user)
	if asker == &staff.Unknown {
		return false, nil
	}
	f := pool.Get().(*facts)
	defer pool.Put(f)
	*f = facts{staff: p.Table, user: user, asker: asker, calendar: c, target: target, reach: f.reach[:0]}
	out, _, err := p.programs[k].Eval(f)
	if err != nil {
		return false, err
	}
	return out.Value() == true, nil
}
