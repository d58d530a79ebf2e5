package policy_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// The random questions notice each fault of a compiler of steps.
func TestStepMutants(t *testing.T) {
	const rounds = 400
	names := slices.Sorted(maps.Keys(policy.Mutants))
	for _, name := range names[:raced.Part(len(names), 3)] {
		if !isNoticed(t, name, rounds) {
			t.Errorf("a compiler of steps that %s passes %d questions", name, rounds*questionsOfAWorld)
		}
	}
}

// isNoticed reports whether a policy with the fault of a mutant disagrees with the model.
func isNoticed(t *testing.T, mutant string, rounds uint64) bool {
	for seed := range rounds {
		d := newDice(1000+seed, 0)
		r, err := newRound(questionDocument(d), d)
		require.NoError(t, err)
		a := newAsking(d, r.doc, questionWorld(d, r.doc))
		for range questionsOfAWorld {
			q := a.evaluation()
			r.compiled.Mutate(a.w.facts(), &q, mutant)
			if r.compareModel(a.w, q) != nil {
				return true
			}
		}
	}
	return false
}

// The zero Policy has no classes, and denies.
func TestZeroPolicyHasNoClasses(t *testing.T) {
	for _, id := range []usher.UserID{"", "nobody", "mia"} {
		w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member"}}}
		a, err := new(policy.Policy).Bind(w, "acme", nil).As(id, nil, midnight)
		assert.Equal(t, id == "mia", err != nil, "the role is not declared: %v", err)
		d, err := a.Check(permission.MustParse("page.edit"), nil)
		assert.ErrorIs(t, err, usher.ErrUndecided)
		assert.False(t, d.Allowed())
	}
}

const classRoles = 11

// teamsPolicy has so many team roles that users have more classes than a policy keeps.
func teamsPolicy(t *testing.T) *policy.Policy {
	var b strings.Builder
	b.WriteString("usher: 1\nroles:\n  member: {default: true}\n")
	for i := range classRoles {
		fmt.Fprintf(&b, "  r%d: {held-on: team}\n", i)
	}
	b.WriteString("resources:\n  page:\n    parties: {team: teams}\n    permissions:\n      edit: {")
	for i := range classRoles {
		fmt.Fprintf(&b, "r%d: team, ", i)
	}
	b.WriteString("}\n")
	p, err := policyfile.Load("teams.yaml", []byte(b.String()))
	require.NoError(t, err)
	return p
}

// Users of more classes than a policy keeps get the same decisions, whichever classes are kept, and
// whether checks are concurrent.
func TestClassesAreBounded(t *testing.T) {
	p := teamsPolicy(t)
	edit := permission.MustParse("page.edit")
	check := func(set int, order []int) {
		u := &policy.User{Status: usher.Active, Role: "member"}
		for _, i := range order {
			if set>>i&1 == 1 {
				u.Teams = append(u.Teams, policy.Membership{Team: usher.TeamID(fmt.Sprint("t", i)), Roles: []role.Name{role.Name(fmt.Sprint("r", i))}})
			}
		}
		w := &world{users: map[usher.UserID]*policy.User{"mia": u}}
		for i := range classRoles {
			page := &usher.Object{Type: "page", Parties: map[string][]string{"team": {fmt.Sprint("t", i)}}}
			d, err := p.Decide(w, &usher.Request{Subject: "mia", Permission: edit, Resource: page, Time: midnight})
			if err != nil || d.Allowed() != (set>>i&1 == 1) || d.Allowed() && d.Detail().Rule.Name != fmt.Sprint("r", i) {
				t.Errorf("roles %b on team %d: %v, %v", set, i, d, err)
			}
		}
	}
	up := slices.Collect(func(yield func(int) bool) {
		for i := range classRoles {
			if !yield(i) {
				return
			}
		}
	})
	down := slices.Clone(up)
	slices.Reverse(down)
	var checks sync.WaitGroup
	for _, order := range [][]int{up, down} {
		checks.Go(func() {
			for set := range 1 << classRoles {
				check(set, order)
			}
		})
	}
	checks.Wait()
	classes, _ := p.Classes()
	assert.Equal(t, policy.MaxClasses, classes)
}

// A class is shared by users who hold the same roles in another order, or twice.
func TestClassesAreShared(t *testing.T) {
	p := teamsPolicy(t)
	edit := permission.MustParse("page.edit")
	ask := func(teams ...policy.Membership) {
		w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member", Teams: teams}}}
		_, err := p.Decide(w, &usher.Request{Subject: "mia", Permission: edit, Time: midnight})
		require.NoError(t, err)
	}
	on := func(names ...role.Name) policy.Membership { return policy.Membership{Team: "t", Roles: names} }
	ask(on("r1", "r2"))
	before, steps := p.Classes()
	for _, teams := range [][]policy.Membership{{on("r2", "r1")}, {on("r1"), on("r2", "r1")}, {on("r2", "gone", "r2"), on("r1")}} {
		ask(teams...)
	}
	after, stepsAfter := p.Classes()
	assert.LessOrEqual(t, after, before+1, "r2 alone is a class on the way")
	assert.Equal(t, steps, stepsAfter)
}

// kindsOf counts the kinds of random questions.
type kindsOf map[string]int

func (k kindsOf) count(kinds uint64) {
	for i, name := range policy.Kinds {
		if kinds>>i&1 == 1 {
			k[name]++
		}
	}
}

// failingFacts fail for one user, for the account or for roles on resources, and count how often.
type failingFacts struct {
	*world
	user    usher.UserID
	account bool
	roles   bool
	failed  int
}

func (f *failingFacts) User(id usher.UserID) (*policy.User, error) {
	if id == f.user {
		f.failed++
		return nil, errDirectory
	}
	return f.world.User(id)
}

func (f *failingFacts) Account() (*policy.Account, error) {
	if f.account {
		f.failed++
		return nil, errDirectory
	}
	return f.world.Account()
}

func (f *failingFacts) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	if f.roles {
		f.failed++
		return nil, errDirectory
	}
	return f.world.UserRolesOn(id, on)
}

// compareFailing requires that a check fails if a fact that it needs does, and is not affected by others.
func (r *round) compareFailing(w *world, q usher.Request, n int) (failed bool, found *disagreement) {
	f := &failingFacts{world: w, account: n%4 < 2, roles: n%4 == 2}
	if n%4 == 3 {
		ids := slices.Sorted(func(yield func(usher.UserID) bool) {
			for id := range w.users {
				if !yield(id) {
					return
				}
			}
		})
		f.user = ids[n/4%len(ids)]
	}
	q.Time = cmp.Or(q.Time, midnight)
	want, wantErr := r.compiled.Decide(w, &q)
	got, err := r.compiled.Decide(f, &q)
	switch {
	case f.failed > 0 && wantErr == nil && (err == nil || got != usher.Decision{}):
		return true, disagree("facts fail", "a fact failed, but Decide = %v, %v", got, err)
	case f.failed == 0 && ((err == nil) != (wantErr == nil) || got.String() != want.String() || !got.Time().Equal(want.Time())):
		return false, disagree("facts fail elsewhere", "no fact that was read failed, but Decide = %v, %v instead of %v, %v", got, err, want, wantErr)
	}
	return f.failed > 0 && wantErr == nil, nil
}
