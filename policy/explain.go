package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/role"
)

// Explain decides a request as Decide does, and describes the reason in a sentence, with the
// parties and attributes that the resource does not know. For a denial it also returns remedies. Each remedy was applied to a copy of the facts, and the
// request was then allowed. The errors are those of Decide. usher.Explanation states what
// the result discloses, and to which users it may be shown.
func (p *Policy) Explain(f Facts, r *usher.Request) (usher.Explanation, error) {
	if p == nil || r == nil {
		return usher.Explanation{}, requestError("explain", r, usher.ErrUnknownPermission)
	}
	at := *r
	if clock, ok := f.(Clock); ok && r.Time.IsZero() {
		at.Time = clock.Now() // one time for all decisions
	}
	if r.OnBehalf() {
		return p.explainBoth(f, &at)
	}
	a, err := p.evaluate(f, &at)
	if err != nil {
		return usher.Explanation{}, requestError("explain", r, err)
	}
	x := usher.Explanation{Decision: a.decision()}
	x.Sentence = sentence(r, x.Decision) + p.unknownFacts(r.Resource, a.outcome)
	if !x.Decision.Allowed() {
		x.Remedies = p.remedies(f, at)
	}
	return x, nil
}

func sentence(r *usher.Request, d usher.Decision) string {
	may := "may"
	if !d.Allowed() {
		may = "may not"
	}
	on := ""
	if r.Resource != nil {
		if ref := r.Resource.Ref(); ref.ID != "" {
			on = " on " + ref.String()
		}
	}
	return printable.Sprintf("%s %s %s%s: %s", r.Requester(), may, r.Permission, on, d)
}

// Rules returns all rules of the policy as written: first those of cells, in the order of
// the file, then all: true of roles, then those under never. Held is "". Permission is as the
// file names it: calendar.* for a rule of the wildcard "*", the bundle for a rule under never
// that forbids a bundle, "" for all: true.
func (p *Policy) Rules() []usher.Rule {
	var rules []usher.Rule
	seen := make([]int32, len(p.written)) // one more than the index of a compiled rule; 0: none
	for i := range p.rules {
		seen[p.rules[i].written] = int32(i) + 1
	}
	for w := range p.written {
		source := p.written[w].source
		if seen[w] == 0 || source == usher.SourceGrant || source == usher.SourceBuiltIn {
			continue
		}
		rules = append(rules, p.describeWritten(&p.written[w]))
	}
	return rules
}

// describeWritten describes a rule as Rules does.
func (p *Policy) describeWritten(w *writtenRule) usher.Rule {
	return usher.Rule{Source: w.source, Permission: w.about, Name: w.who, Text: w.text, File: p.file, Line: w.pos.Line}
}

// Matching returns every rule that matches a request, not only the one that decides: rules
// under never, and the rules of the subject. It describes rules as Rules does; a grant has the
// name of its permission or bundle. For a requester who is not an active user, it returns rules
// of visitors, and those under never of the same permission. For a bundle, it returns the rules
// of all its permissions. If a user acts on behalf of the subject, the rules of that user
// follow. The errors are those of Decide.
func (p *Policy) Matching(f Facts, r *usher.Request) ([]usher.Rule, error) {
	if p == nil || r == nil {
		return nil, requestError("check", r, usher.ErrUnknownPermission)
	}
	rules, err := p.matchingFor(f, r)
	if err != nil || !r.OnBehalf() {
		return rules, err
	}
	by := byOf(r)
	more, err := p.matchingFor(f, &by)
	if err != nil {
		return nil, err
	}
	return append(rules, more...), nil
}

// matchingFor is Matching for the subject alone.
func (p *Policy) matchingFor(f Facts, r *usher.Request) ([]usher.Rule, error) {
	if _, err := p.evaluate(f, r); err != nil {
		return nil, requestError("check", r, err)
	}
	index, _ := p.permTable.find(r.Permission)
	perms := []int{index}
	if index < 0 {
		perms = p.bundles[^index].perms
	}
	var rules []usher.Rule
	who, err := p.lookUp(f, r.Subject)
	if err != nil {
		return nil, requestError("check", r, err)
	}
	var q evaluation
	q.fill(p, f, r, who, nil)
	for _, i := range perms {
		q.switchResource(p.perms[i].resource, r.Resource)
		q.eachApplying(&p.perms[i], func(r *rule, team role.Name) {
			if q.matches(r, team) {
				rules = append(rules, p.describeWritten(&p.written[r.written]))
			}
		})
	}
	if q.err != nil {
		return nil, requestError("check", r, q.err)
	}
	return rules, nil
}

// eachApplying calls visit for the rules that can decide for the requester: those of each for
// an active user, and those of eachOpen for others. During the calls, q.user is not nil.
func (q *evaluation) eachApplying(perm *perm, visit func(r *rule, team role.Name)) {
	if q.active() {
		q.each(perm, visit)
		return
	}
	if q.user == nil {
		q.user = &outsider
		defer func() { q.user = nil }()
	}
	q.eachOpen(perm, visit)
}

// each calls visit for the rules under never and for the rules of a user in the account, as if
// the user were active.
func (q *evaluation) each(perm *perm, visit func(r *rule, team role.Name)) {
	for i := range perm.never {
		visit(&perm.never[i], "")
	}
	list := q.p.activeClass(q.user, q.class.role).steps(q.p, perm)
	for i := range list.steps {
		if s := &list.steps[i]; s.only != onGrant || q.counts(s) {
			visit(s.rule, s.team)
		}
	}
}

func (q *evaluation) matches(r *rule, team role.Name) bool {
	yes, maybe := q.reaches(r, team)
	if q.p.written[r.written].source == usher.SourceNever {
		q.evalConditions(r.need)
		return maybe && q.possible&r.need == r.need
	}
	need := q.required(r)
	q.evalConditions(need)
	return yes && q.holds&need == need
}
