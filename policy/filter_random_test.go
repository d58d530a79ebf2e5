package policy_test

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// TestRandomFilters makes random filters: a filter selects a resource if the policy allows, and
// masks what the policy hides.
func TestRandomFilters(t *testing.T) {
	asked := askAtRandom(t, *questionsFlag/3, func(int) comparison { return (*round).compareFilter })
	t.Log(asked)
	if asked.questions >= 50_000 && !t.Failed() {
		asked.check(t)
	}
}

// TestRandomSubjects compares WhoMay with a check of each user.
func TestRandomSubjects(t *testing.T) {
	askAtRandom(t, *questionsFlag/10, func(int) comparison { return (*round).compareWhoMay })
}

// listing is a world that can be listed; ticking and listing is one with a clock too.
type listing struct{ *world }

func (l listing) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(l.users)) {
			if id > after && !yield(policy.Listed{ID: id, User: l.users[id]}, nil) {
				return
			}
		}
	}
}

type tickingListing struct {
	ticking
	listing
}

func (t tickingListing) User(id usher.UserID) (*policy.User, error) { return t.world().User(id) }
func (t tickingListing) Account() (*policy.Account, error)          { return t.world().Account() }
func (t tickingListing) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	return t.world().UserRolesOn(id, on)
}

func (t tickingListing) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return t.world().TeamRolesOn(id, on)
}

func (t tickingListing) world() *world { return t.ticking.world }

func (w *world) listed() policy.Facts {
	if w.now.IsZero() {
		return listing{w}
	}
	return tickingListing{ticking{w}, listing{w}}
}

func (r *round) compareFilter(w *world, q usher.Request) *disagreement {
	d, errOne := r.compiled.Decide(w.facts(), &q)
	every := q
	every.Resource = nil
	f, err := r.compiled.Filter(w.facts(), &every)
	_, errNone := r.compiled.Decide(w.facts(), &every)
	switch {
	case (err == nil) != (errNone == nil):
		return disagree("filter fails", "Filter = %v, Decide without a resource %v", err, errNone)
	case err != nil:
		return compareErrors(usher.Decision{}, err, errNone)
	case q.Resource == nil:
		if selected, err := f.Match(nil); selected || err != nil {
			return disagree("filter selects nothing", "Match = %t, %v of a resource that is nil", selected, err)
		}
		return nil
	}
	if (model{r.doc, r.types, w}).containerFault(q) != nil {
		selected, failed := f.Match(q.Resource)
		if failed == nil && errOne == nil && selected != d.Allowed() {
			return disagree("filter with a wrong container", "Match = %t, but Decide = %v", selected, d)
		}
		return nil
	}
	terms, err := r.compiled.Criteria(w.facts(), &every)
	if err != nil {
		return disagree("no criteria", "Criteria = %v, but the facts fail for no user", err)
	}
	if bySQL, err := criteriatest.New(terms).Match(q.Resource); errOne == nil && (err != nil || bySQL != d.Allowed()) {
		return disagree("criteria select", "by the criteria Match = %t, %v, but Decide = %v", bySQL, err, d)
	}
	if hidden, ok := criteriatest.New(terms).Masks(q.Resource); d.Allowed() && (!ok || !slices.Equal(hidden, d.Hidden())) {
		return disagree("criteria mask", "by the criteria Masks = %q, %t, but Decide hides %q", hidden, ok, d.Hidden())
	}
	declared := r.compiled.Fields(q.Resource.Ref().Type)
	masks := f.Masks(q.Resource)
	selected, failed := f.Match(q.Resource)
	switch {
	case failed != nil:
		return disagree("match fails", "Match = %v, but the facts fail for no user", failed)
	case selected != (errOne == nil && d.Allowed()):
		return disagree("filter selects", "Match = %t, but Decide = %v %v", selected, d, errOne)
	case d.Allowed() && f.None():
		return disagree("filter is none", "the filter selects nothing, but Decide = %v", d)
	case errOne == nil && f.All() && !(d.Allowed() && len(d.Hidden()) == 0):
		return disagree("filter is all", "the filter selects all and masks nothing, but Decide = %v", d)
	case d.Allowed() && !slices.Equal(masks, d.Hidden()):
		return disagree("filter masks", "Masks = %q, but Decide hides %q", masks, d.Hidden())
	case d.Allowed() && !subset(masks, f.Fields()):
		return disagree("filter fields", "Masks = %q, of the fields %q", masks, f.Fields())
	case errOne == nil && !d.Allowed() && !subset(declared, masks):
		return disagree("filter shows", "Masks = %q of a resource that is not selected and has %q", masks, declared)
	}
	return nil
}

func (r *round) compareWhoMay(w *world, q usher.Request) *disagreement {
	after := usher.UserID("")
	if len(q.Context) > 0 {
		after = "kim"
	}
	var want, got []policy.Subject
	var failed error
	q.Subject, q.Visitor = "", true
	d, err := r.compiled.Decide(w.facts(), &q)
	failed = err
	if d.Allowed() && after == "" {
		want = append(want, policy.Subject{Visitor: true, Decision: d})
	}
	q.Visitor = false
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		q.Subject = id
		d, err := r.compiled.Decide(w.facts(), &q)
		failed = cmp.Or(failed, err)
		if id > after && d.Allowed() {
			want = append(want, policy.Subject{ID: id, Decision: d})
		}
	}
	for s, err := range r.compiled.WhoMay(w.listed(), &q, after) {
		if err != nil {
			switch {
			case failed == nil:
				return disagree("who fails", "WhoMay = %v, and Decide fails for nobody", err)
			case s.ID == "":
				return nil
			}
			continue
		}
		got = append(got, s)
	}
	same := func(a, b policy.Subject) bool {
		return a.ID == b.ID && a.Visitor == b.Visitor && a.Decision.Reason() == b.Decision.Reason() && slices.Equal(a.Decision.Hidden(), b.Decision.Hidden())
	}
	if !slices.EqualFunc(got, want, same) {
		return disagree("who", "WhoMay yields %v, asked one by one %v", got, want)
	}
	return nil
}
