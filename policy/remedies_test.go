package policy_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Each remedy, applied to the facts, changes the decision.
func TestRemediesChangeTheDecision(t *testing.T) {
	denied, helped, steps := 0, 0, map[usher.StepKind]int{}
	for seed := range uint64(raced.Part(150, 40)) {
		d := newDice(seed, 0)
		doc := randomDocument(d)
		p, err := policyfile.Load("random.yaml", doc.Print())
		require.NoError(t, err)
		w := randomWorld(d, doc)
		asking := newAsking(d, doc, w)
		for range 60 {
			q := asking.evaluation()
			x, err := p.Explain(w.facts(), &q)
			if err != nil || x.Decision.Allowed() {
				require.Empty(t, x.Remedies)
				continue
			}
			denied++
			if len(x.Remedies) > 0 {
				helped++
			}
			for _, way := range x.Remedies {
				require.NotEmpty(t, way.Text)
				then, r := w, q
				for _, s := range way.Steps {
					steps[s.Kind]++
					then, r = do(t, p, then, r, s)
				}
				after, err := p.Decide(then.facts(), &r)
				require.NoError(t, err)
				require.True(t, after.Allowed(), "seed %d: %s\nwould help, so it says: %s\nbut then %v\n%s%s", seed, x.Sentence, way.Text, after, doc.Print(), then)
			}
		}
	}
	t.Logf("%d denials, %d with a way to yes, steps %v", denied, helped, steps)
	require.Greater(t, helped, denied/2, "most denials can be turned")
	for kind := usher.StepJoin; kind <= usher.StepParty; kind++ {
		require.Positive(t, steps[kind], "no way has a step of kind %d, so none was tried", kind)
	}
}

// The explanation is the same on every run, and in every order of the file's
// keys.
func TestExplanationHasNoOrder(t *testing.T) {
	for seed := range uint64(raced.Part(60, 10)) {
		d := newDice(seed, 1)
		doc := randomDocument(d)
		p, err := policyfile.Load("random.yaml", doc.Print())
		require.NoError(t, err)
		other, err := policyfile.Load("random.yaml", reordered(d, doc).Print())
		require.NoError(t, err)
		w := randomWorld(d, doc)
		asking := newAsking(d, doc, w)
		for range 40 {
			q := asking.evaluation()
			x, err := p.Explain(w.facts(), &q)
			again, _ := p.Explain(w.facts(), &q)
			require.Equal(t, x.String(), again.String())
			y, errOther := other.Explain(w.facts(), &q)
			require.Equal(t, err == nil, errOther == nil)
			require.Equal(t, place.ReplaceAllString(x.String(), ""), place.ReplaceAllString(y.String(), ""), "seed %d\n%s\n%s", seed, doc.Print(), w)
		}
	}
}

// do applies a step to a copy of the world, or to the request.
func do(t *testing.T, p *policy.Policy, w *world, r usher.Request, s usher.Step) (*world, usher.Request) {
	t.Helper()
	next := &world{users: maps.Clone(w.users), teams: w.teams, settings: maps.Clone(w.settings), held: maps.Clone(w.held), now: w.now}
	var user policy.User
	if old := w.users[r.Subject]; old != nil {
		user = *old
	}
	switch s.Kind {
	case usher.StepJoin:
		user = policy.User{Status: usher.Active, Role: role.Name(s.Name)}
		user.Seats = seatsWith(t, p, policy.User{}, user)
	case usher.StepActivate:
		user.Status = usher.Active
	case usher.StepRole:
		before := user
		user.Role = role.Name(s.Name)
		have, _ := p.Role(user.Role)
		if have.NoTeamRoles {
			user.Teams, user.Outside = slices.Clone(user.Teams), nil
			for i := range user.Teams {
				user.Teams[i].Roles = nil
			}
		}
		if have.NoGrants {
			user.Grants = nil
		}
		user.Seats = seatsWith(t, p, before, user)
	case usher.StepBeside:
		user.Beside = append(slices.Clone(user.Beside), role.Name(s.Name))
	case usher.StepTeam:
		user.Teams = append(slices.Clone(user.Teams), policy.Membership{Team: s.Team})
	case usher.StepTeamRole:
		before := user
		have, _ := p.Role(user.Role)
		require.False(t, have.NoTeamRoles, "%s may hold no team roles", user.Role)
		gets := policy.Membership{Team: s.Team, Roles: []role.Name{role.Name(s.Name)}}
		onTeam, _ := p.Role(role.Name(s.Name))
		if isIn := slices.ContainsFunc(user.Teams, func(m policy.Membership) bool { return m.Team == s.Team }); onTeam.Outside && !isIn {
			user.Outside = append(slices.Clone(user.Outside), gets)
		} else {
			user.Teams = append(slices.Clone(user.Teams), gets)
		}
		user.Seats = seatsWith(t, p, before, user)
	case usher.StepSeat:
		user.Seats = append(slices.Clone(user.Seats), seat.PoolName(s.Name))
		require.True(t, mayHold(p, user, seat.PoolName(s.Name), role.SeatOptional, role.SeatRequired), "%s may hold no seat in %s", user.Role, s.Name)
	case usher.StepGrant:
		have, _ := p.Role(user.Role)
		require.False(t, have.NoGrants, "%s may have no grants", user.Role)
		user.Grants = append(slices.Clone(user.Grants), policy.Grant{Name: s.Name})
	case usher.StepSetting:
		if next.settings == nil {
			next.settings = map[string]bool{}
		}
		next.settings[s.Name] = s.Value
	case usher.StepContext:
		r.Context = maps.Clone(r.Context)
		if r.Context == nil {
			r.Context = usher.Context{}
		}
		r.Context[s.Name] = s.Value
	case usher.StepResourceRole:
		if next.held == nil {
			next.held = map[usher.Ref]map[string][]role.Name{}
		}
		holders, me := maps.Clone(next.held[s.On]), "user "+string(r.Subject)
		if holders == nil {
			holders = map[string][]role.Name{}
		}
		holders[me] = append(slices.Clone(holders[me]), role.Name(s.Name))
		next.held[s.On] = holders
	case usher.StepAttribute, usher.StepParty:
		r.Resource = changed(p, r.Resource, s)
	default:
		t.Fatalf("step %+v changes nothing", s)
	}
	if user.Status != 0 {
		next.users[r.Subject] = &user
	}
	return next, r
}

// seatsWith returns the user's seats after a change of roles: "The seat comes with the first team
// role that requires it, on any team, and goes with the last one, unless the account role requires
// it." A change of team roles alone keeps the seats of pools that it does not concern, even if they
// are not allowed.
func seatsWith(t *testing.T, p *policy.Policy, before, u policy.User) []seat.PoolName {
	t.Helper()
	_, ok := p.Role(u.Role)
	require.True(t, ok)
	var seats []seat.PoolName
	for _, pool := range p.Pools() {
		lost := slices.Contains(teamRules(p, before, pool.Name), role.SeatRequired) && !mayHold(p, u, pool.Name, role.SeatRequired)
		keeps := slices.Contains(before.Seats, pool.Name) && mayHold(p, u, pool.Name, role.SeatOptional) && !lost
		if before.Role == u.Role && before.Status == u.Status && sameRules(p, before, u, pool.Name) {
			if slices.Contains(before.Seats, pool.Name) {
				seats = append(seats, pool.Name)
			}
			continue
		}
		if keeps || mayHold(p, u, pool.Name, role.SeatRequired) {
			seats = append(seats, pool.Name)
		}
	}
	for _, s := range before.Seats {
		if _, known := p.Pool(s); !known {
			seats = append(seats, s)
		}
	}
	return seats
}

// sameRules reports whether two users have the same rules for a pool.
func sameRules(p *policy.Policy, a, b policy.User, pool seat.PoolName) bool {
	for _, rule := range []role.Seat{role.SeatOptional, role.SeatRequired} {
		if mayHold(p, a, pool, rule) != mayHold(p, b, pool, rule) || slices.Contains(teamRules(p, a, pool), role.SeatRequired) != slices.Contains(teamRules(p, b, pool), role.SeatRequired) {
			return false
		}
	}
	return true
}

// mayHold reports whether the account role or a team role of a user has one of the rules for a pool.
func mayHold(p *policy.Policy, u policy.User, pool seat.PoolName, rules ...role.Seat) bool {
	of, _ := p.Role(u.Role)
	rule, named := of.Seats[pool]
	return named && slices.Contains(rules, rule) ||
		slices.ContainsFunc(teamRules(p, u, pool), func(r role.Seat) bool { return slices.Contains(rules, r) })
}

// teamRules returns the rules that a user's team roles have for a pool.
func teamRules(p *policy.Policy, u policy.User, pool seat.PoolName) (rules []role.Seat) {
	for i, list := range [][]policy.Membership{u.Teams, u.Outside} {
		for _, m := range list {
			for _, name := range m.Roles {
				if r, ok := p.Role(name); ok && r.OnTeam && (i == 0 || r.Outside) {
					if rule, named := r.Seats[pool]; named {
						rules = append(rules, rule)
					}
				}
			}
		}
	}
	return rules
}

// changed returns a copy of a resource with one party or attribute changed.
func changed(p *policy.Policy, old usher.Resource, s usher.Step) usher.Resource {
	made := &thing{ref: old.Ref(), account: old.InAccount(), parties: map[string][]string{}, teams: map[string][]string{}, attributes: map[string]bool{}}
	for name, kind := range p.Parties(made.ref.Type) {
		if kind == syntax.OfBoth {
			ids, known := usher.TeamParty(old, name)
			switch {
			case s.Kind == usher.StepParty && s.Teams && s.Name == name:
				made.teams[name] = s.IDs
			case known:
				made.teams[name] = ids
			default:
				made.silent = append(made.silent, "teams of "+name)
			}
		}
		ids, known := old.Party(name)
		switch {
		case s.Kind == usher.StepParty && !s.Teams && s.Name == name:
			made.parties[name] = s.IDs
		case known:
			made.parties[name] = ids
		default:
			made.silent = append(made.silent, name)
		}
	}
	in, known := usher.Container(old)
	made.in, made.noIn = in, !known
	for _, name := range p.Attributes() {
		if value, known := usher.Attribute(old, name); known {
			made.attributes[name] = value
		}
	}
	if s.Kind == usher.StepAttribute {
		made.attributes[s.Name] = s.Value
	}
	return made
}
