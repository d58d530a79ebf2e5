package policy_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

var (
	seedFlag      = flag.Uint64("seed", 1, "the first seed of the random tests of package policy")
	questionsFlag = flag.Int("questions", raced.Part(300_000, 20_000), "how many questions they ask")
)

// A round draws one policy, for it some worlds, and for each some questions.
const (
	worldsOfARound    = 5
	questionsOfAWorld = 200
)

// TestRandomQuestions makes random requests in random worlds under random policies. The
// model and the policy agree on each. Neither the order of keys in the file nor Actions instead of
// Decide makes a difference.
func TestRandomQuestions(t *testing.T) {
	asked := askAtRandom(t, *questionsFlag, func(n int) comparison {
		if n%4 > 0 {
			return (*round).compareModel
		}
		return (*round).compareAll
	})
	t.Log(asked)
	if asked.questions >= 100_000 && !t.Failed() {
		asked.check(t)
	}
}

// TestRandomResources is TestRandomQuestions, and checks which parties and attributes are read.
func TestRandomResources(t *testing.T) {
	askAtRandom(t, max(1, *questionsFlag/10), func(int) comparison { return (*round).compareAsked })
}

// comparison decides a request in two ways; it returns nil if the results agree.
type comparison func(*round, *world, usher.Request) *disagreement

// askAtRandom draws the given number of requests. For the nth request of a world, it makes the
// comparison compare(n).
func askAtRandom(t *testing.T, questions int, compare func(n int) comparison) *tally {
	const ofARound = worldsOfARound * questionsOfAWorld
	rounds := (questions + ofARound - 1) / ofARound
	asked := tally{kinds: kindsOf{}}
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < uint64(rounds) && !t.Failed(); n = next.Add(1) - 1 {
				if err := runRound(*seedFlag+n, compare, &asked); err != nil {
					t.Errorf("%v\nto see it again: go test ./policy -run %s -seed %d -questions 1", err, t.Name(), *seedFlag+n)
				}
			}
		})
	}
	workers.Wait()
	return &asked
}

// round is a policy with requests.
type round struct {
	doc       *syntax.Document
	types     map[string]syntax.Resource
	compiled  *policy.Policy
	reordered *policy.Policy // with its keys in another order
}

// disagreement is a request with two different results. Disagreements of one kind probably have
// the same cause.
type disagreement struct {
	kind, text string
	by         comparison
	w          *world
	q          usher.Request
}

func disagree(kind, format string, args ...any) *disagreement {
	return &disagreement{kind: kind, text: fmt.Sprintf(format, args...)}
}

// runRound decides in all worlds of a round concurrently, so that the race detector sees
// concurrent decisions of one policy.
func runRound(seed uint64, compare func(n int) comparison, asked *tally) error {
	d := newDice(seed, 0)
	r, err := newRound(questionDocument(d), d)
	if err != nil {
		return err
	}
	found := make([]*disagreement, worldsOfARound)
	var worlds sync.WaitGroup
	for i := range found {
		worlds.Go(func() {
			d := newDice(seed, uint64(i+1))
			found[i] = r.ask(newAsking(d, r.doc, questionWorld(d, r.doc)), compare, asked)
		})
	}
	worlds.Wait()
	if one := cmp.Or(found...); one != nil {
		doc, w, q, text := shrink(r.doc, one)
		return fmt.Errorf("%s: %s\n\n%s\n%v%v", one.kind, text, doc.Print(), w, describe(q))
	}
	return nil
}

func (r *round) ask(a *asking, compare func(n int) comparison, asked *tally) *disagreement {
	counted := tally{kinds: kindsOf{}}
	defer func() { asked.add(&counted) }()
	words := usedWords(r.doc)
	for n := range questionsOfAWorld {
		q := a.evaluation()
		d, err := r.compiled.Decide(a.w.facts(), &q)
		counted.count(d, err)
		if u := a.w.users[q.Subject]; d.Allowed() && (q.Subject == "" || u == nil || u.Status != usher.Active) {
			counted.visitors++
		}
		counted.countWords(words)
		counted.kinds.count(r.compiled.Kind(a.w.facts(), &q))
		failed, wrong := r.compareFailing(a.w, q, n)
		if wrong != nil {
			wrong.by = func(r *round, w *world, q usher.Request) *disagreement {
				_, wrong := r.compareFailing(w, q, n)
				return wrong
			}
			wrong.w, wrong.q = a.w, q
			return wrong
		}
		if failed {
			counted.kinds["a fact that fails"]++
		}
		by := compare(n)
		if found := by(r, a.w, q); found != nil {
			found.by, found.w, found.q = by, a.w, q
			return found
		}
	}
	return nil
}

func newRound(doc *syntax.Document, d dice) (*round, error) {
	compiled, err := policyfile.Load("random.yaml", doc.Print())
	if err != nil {
		return nil, fmt.Errorf("%s\n%w", doc.Print(), err)
	}
	r := &round{doc: doc, types: resources(doc), compiled: compiled}
	other := reordered(d, doc)
	if r.reordered, err = policyfile.Load("random.yaml", other.Print()); err != nil {
		return nil, fmt.Errorf("%s\n%w", other.Print(), err)
	}
	if err := checkSettings(doc, compiled); err != nil {
		return nil, err
	}
	if r.compiled.Digest() != r.reordered.Digest() {
		return nil, fmt.Errorf("%s\nand in another order\n%s\nhave different digests", doc.Print(), other.Print())
	}
	return r, nil
}

// compareAll makes all comparisons of results.
func (r *round) compareAll(w *world, q usher.Request) *disagreement {
	return cmp.Or(r.compareModel(w, q), r.compareOrder(w, q), r.compareActions(w, q), r.compareAsker(w, q))
}

// compareAsker compares an Asker with Decide and with Actions.
func (r *round) compareAsker(w *world, q usher.Request) *disagreement {
	facts := w.facts()
	want, wantErr := r.compiled.Decide(facts, &q)
	a, err := r.compiled.Bind(facts, q.Account, nil).AsRequest(&q)
	if err != nil {
		if wantErr == nil {
			return disagree("no asker", "AsRequest = %v, but Decide = %v", err, want)
		}
		return nil
	}
	got, gotErr := a.Check(q.Permission, q.Resource)
	if (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() {
		return disagree("asker errors", "Asker.Check = %v, but Decide = %v", gotErr, wantErr)
	}
	if got.String() != want.String() || got.Allowed() != want.Allowed() || !got.Time().Equal(want.Time()) || !slices.Equal(got.Hidden(), want.Hidden()) {
		return disagree("asker tells", "Asker.Check = %v at %v, but Decide = %v at %v", got, got.Time(), want, want.Time())
	}
	all, wantErr := r.compiled.Actions(facts, &q)
	list, gotErr := a.Actions(q.Resource)
	same := func(a, b policy.Action) bool {
		return a.Permission == b.Permission && a.Decision.String() == b.Decision.String()
	}
	if (gotErr == nil) != (wantErr == nil) || !slices.EqualFunc(all, list, same) {
		return disagree("asker actions", "Asker.Actions = %v, %v, but Actions = %v, %v", list, gotErr, all, wantErr)
	}
	return nil
}

// compareModel compares the policy with the model.
func (r *round) compareModel(w *world, q usher.Request) *disagreement {
	want, fault := model{r.doc, r.types, w}.decide(q)
	d, err := r.compiled.Decide(w.facts(), &q)
	if wrong := (model{r.doc, r.types, w}).containerFault(q); err != nil && fault == nil && wrong != nil {
		return compareErrors(d, err, wrong)
	}
	if fault != nil || err != nil {
		return compareErrors(d, err, fault)
	}
	detail := d.Detail()
	oneOf := func(unmet []string) bool { return sameElements(unmet, detail.Unmet) }
	switch {
	case d.Reason() != want.reason || d.Allowed() != (want.reason == usher.ReasonGranted):
		return disagree("reason", "Decide = %v (allowed: %t), the model says %v\n%v", d.Reason(), d.Allowed(), want.reason, d)
	case !slices.Equal(d.Hidden(), want.hidden):
		return disagree("hidden", "Decide hides %q, the model %q\n%v", d.Hidden(), want.hidden, d)
	case len(detail.Unmet) > 0 != (want.reason == usher.ReasonConditionUnmet):
		return disagree("unmet", "Decide = %v with the conditions %q unmet", d.Reason(), detail.Unmet)
	case len(detail.Unmet) > 0 && !slices.ContainsFunc(want.unmet, oneOf):
		return disagree("which unmet", "Decide finds %q unmet, the model one of %q\n%v", detail.Unmet, want.unmet, d)
	case d.Reason() == usher.ReasonForbidden && !slices.ContainsFunc(want.unknown, func(u []string) bool { return slices.Equal(u, detail.Unknown) }),
		d.Reason() != usher.ReasonForbidden && detail.Unknown != nil:
		return disagree("unknown", "Decide finds %q unknown, the model one of %q\n%v", detail.Unknown, want.unknown, d)
	case want.named != named{} && want.named != named{detail.Rule.Source, detail.Rule.Name, detail.Rule.Text, detail.Rule.Held}:
		return disagree("rule", "Decide names %+v, the model %+v\n%v", detail.Rule, want.named, d)
	case detail.Digest != r.compiled.Digest():
		return disagree("digest", "the decision carries the digest %q", detail.Digest)
	case !q.Time.IsZero() && !d.Time().Equal(q.Time):
		return disagree("time", "the decision carries the time %v", d.Time())
	}
	return nil
}

// compareErrors compares an error with all faults of a request: it must wrap one of them.
func compareErrors(d usher.Decision, err, fault error) *disagreement {
	var got *usher.RequestError
	switch {
	case err == nil:
		return disagree("no error", "Decide = %v, the model says it is an error: %v", d, fault)
	case d != usher.Decision{}:
		return disagree("no denial", "Decide = %v with the error %v", d, err)
	case fault == nil:
		return disagree("error", "Decide = %v, the model finds nothing wrong", err)
	case !errors.As(err, &got):
		return disagree("no request error", "Decide = %v, which is no *usher.RequestError", err)
	}
	for _, sentinel := range []error{
		usher.ErrUnknownPermission, usher.ErrWrongResource, usher.ErrOtherAccount, usher.ErrUndeclared, usher.ErrNoTime, usher.ErrVisitor,
	} {
		if errors.Is(err, sentinel) && errors.Is(fault, sentinel) {
			return nil
		}
	}
	return disagree("other error", "Decide = %v, the model says: %v", err, fault)
}

// compareAsked finds a resource of the host that is asked for a name that its type lacks.
func (r *round) compareAsked(w *world, q usher.Request) *disagreement {
	host, ok := q.Resource.(*thing)
	if !ok {
		return nil
	}
	for by, ask := range map[string]func(){
		"Decide":  func() { _, _ = r.compiled.Decide(w.facts(), &q) },
		"Actions": func() { _, _ = r.compiled.Actions(w.facts(), &q) },
	} {
		host.asked = nil
		ask()
		containers := 0
		for _, what := range host.asked {
			kind, name, _ := strings.Cut(what, " ")
			if kind == "container" {
				containers++
			}
			if kind == "container" && r.compiled.Container(host.ref.Type) == "" || containers > 1 && host.in != usher.Resource(host) {
				return disagree(by+" asks for a container", "%s asks for a container %d times, of a %s", by, containers, host.ref.Type)
			}
			partyKind, isParty := r.compiled.Parties(host.ref.Type)[name]
			if kind == "party" && !isParty || kind == "teams" && (!isParty || partyKind != syntax.OfBoth) || kind == "attribute" && !slices.Contains(r.compiled.Attributes(), name) {
				return disagree(by+" asks wrongly", "%s asks the resource for %s, which it cannot have", by, what)
			}
		}
	}
	return nil
}

// place is the position of a rule, which depends on the order of the file.
var place = regexp.MustCompile(`random\.yaml:[0-9]+`)

// compareOrder compares the policy with the reordered one.
func (r *round) compareOrder(w *world, q usher.Request) *disagreement {
	a, errA := r.compiled.Decide(w.facts(), &q)
	b, errB := r.reordered.Decide(w.facts(), &q)
	if (errA == nil) != (errB == nil) || a.Reason() != b.Reason() || !slices.Equal(a.Hidden(), b.Hidden()) {
		return disagree("order decides", "Decide = %v, %v; in another order of the file %v, %v", a, errA, b, errB)
	}
	if a, b := a.String(), b.String(); a != b && place.ReplaceAllString(a, "") != place.ReplaceAllString(b, "") {
		return disagree("order tells", "Decide tells %s\nin another order of the file\n%s", a, b)
	}
	return nil
}

// compareActions compares Actions with a check of each permission of the resource's type.
func (r *round) compareActions(w *world, q usher.Request) *disagreement {
	if (model{r.doc, r.types, w}).containerFault(q) != nil {
		return nil // an error of those permissions whose rules look at the container
	}
	actions, err := r.compiled.Actions(w.facts(), &q)
	asked := 0
	for _, p := range r.compiled.Permissions() {
		if q.Resource == nil || p.Resource() != q.Resource.Ref().Type {
			continue
		}
		asked++
		q.Permission = p
		d, errOne := r.compiled.Decide(w.facts(), &q)
		switch {
		case (err == nil) != (errOne == nil):
			return disagree("actions fail", "Actions = %v, but Decide of %s = %v", err, p, errOne)
		case err != nil || !d.Allowed():
			continue
		case len(actions) == 0 || actions[0].Permission != p:
			return disagree("actions lack", "Decide allows %s, but not so Actions, or in another order", p)
		}
		if all := actions[0].Decision; all.Reason() != d.Reason() || !slices.Equal(all.Hidden(), d.Hidden()) || all.String() != d.String() {
			return disagree("actions tell", "Decide of %s = %v, in Actions %v", p, d, all)
		}
		actions = actions[1:]
	}
	if len(actions) > 0 {
		return disagree("actions more", "Actions allows %s, which Decide does not, or in another order", actions[0].Permission)
	}
	if asked == 0 && err == nil {
		return disagree("actions on nothing", "Actions has no error without a resource to act on")
	}
	return nil
}

func sameElements(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Sorted(slices.Values(b)))
}
