package policy_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// A custom role allows exactly what the same role in the policy file allows. The test draws a
// policy, and writes it a second time with some of its roles as custom roles: their rules are in cells of
// custom, beside rules of other roles, which they do not choose. All calls on both policies agree.

// twins are a policy by hand and the same policy with some roles as custom roles.
type twins struct {
	doc           *syntax.Document // by hand, with a role that each custom role is like
	hand, derived *policy.Policy
	custom        []policy.CustomRole
}

// newTwins returns false if the document has no role that can be a custom one.
func newTwins(d dice, doc *syntax.Document) (x twins, ok bool, err error) {
	withoutDuplicates(doc)
	named := map[string]bool{}
	for _, r := range doc.Roles {
		for _, n := range append(slices.Clone(r.Includes), r.HandsOverTo) {
			named[n.Text] = true
		}
	}
	for _, c := range doc.Conditions {
		named[c.Of.Text], named[c.Has.Text] = true, true
	}
	hand, base := *doc, *doc
	hand.Roles, base.Roles = nil, nil
	base.Custom = &syntax.CustomRoles{AtMost: 100}
	isCustom := map[string]bool{}
	for _, r := range doc.Roles {
		if r.Unique || r.Default || r.OnResource.Text != "" || named[r.Name.Text] || len(x.custom) == 5 || d.chance(30) {
			hand.Roles, base.Roles = append(hand.Roles, r), append(base.Roles, r)
			continue
		}
		r.Includes, r.All, r.AtLeast, r.AtMost, r.BoundsPos = nil, false, 0, 0, syntax.Pos{}
		like := r
		like.Name, like.Title = ruleOutcome(fmt.Sprintf("like-%d", len(x.custom))), ""
		isCustom[r.Name.Text] = true
		hand.Roles, base.Roles = append(hand.Roles, like, r), append(base.Roles, like)
		base.Custom.Like = append(base.Custom.Like, like.Name)
		x.custom = append(x.custom, policy.CustomRole{Name: role.Name(r.Name.Text), Title: r.Title, Like: role.Name(like.Name.Text)})
	}
	if len(x.custom) == 0 {
		return x, false, nil
	}
	base.Resources = nil
	for _, r := range doc.Resources {
		base.Resources = append(base.Resources, offered(d, doc, r, isCustom, x.custom))
	}
	for i := range x.custom {
		x.custom[i].Gives = shuffled(d, x.custom[i].Gives)
	}
	x.doc = &hand
	if x.hand, err = policyfile.Load("random.yaml", hand.Print()); err != nil {
		return x, false, fmt.Errorf("%s\n%w", hand.Print(), err)
	}
	p, err := policyfile.Load("random.yaml", base.Print())
	if err != nil {
		return x, false, fmt.Errorf("%s\n%w", base.Print(), err)
	}
	if faults := p.CustomFaults(x.custom); len(faults) > 0 {
		return x, false, fmt.Errorf("%s\n%v", base.Print(), faults)
	}
	x.derived = p.WithCustom(x.custom)
	if x.derived == p || x.derived.Digest() != p.Digest() || x.derived.Base() != p {
		return x, false, fmt.Errorf("%s\nWithCustom returns another policy", base.Print())
	}
	return x, true, nil
}

// withoutDuplicates writes all rules of cells in one order of words, and removes those that a cell has twice.
func withoutDuplicates(doc *syntax.Document) {
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			for i := range p.Cells {
				seen := map[string]bool{}
				p.Cells[i].Rules = slices.DeleteFunc(p.Cells[i].Rules, func(r syntax.Rule) bool {
					text := r.Canonical()
					defer func() { seen[text] = true }()
					return seen[text]
				})
				for k, r := range p.Cells[i].Rules {
					p.Cells[i].Rules[k], _ = syntax.ParseRule(r.Canonical())
				}
			}
		}
	}
}

// offered returns a resource with the cells of custom roles as cells of custom, and adds what they
// gave to the definitions.
func offered(d dice, doc *syntax.Document, r syntax.Resource, isCustom map[string]bool, custom []policy.CustomRole) syntax.Resource {
	actions := map[string]bool{}
	for _, name := range everyPermission(doc) {
		if resource, action, _ := strings.Cut(name, "."); resource == r.Name.Text {
			actions[action] = true
		}
	}
	var wildcard []syntax.Cell
	for _, p := range r.Permissions {
		if p.Action.Text == syntax.Wildcard {
			wildcard = p.Cells
		}
	}
	written := r.Permissions
	r.Permissions = nil
	for _, p := range written {
		kept := p
		kept.Cells = nil
		for _, c := range p.Cells {
			if !isCustom[c.Who.Text] {
				kept.Cells = append(kept.Cells, c)
			}
		}
		r.Permissions = append(r.Permissions, kept)
	}
	for _, action := range slices.Sorted(maps.Keys(actions)) {
		at := slices.IndexFunc(r.Permissions, func(p syntax.Permission) bool { return p.Action.Text == action })
		var own []syntax.Cell
		if i := slices.IndexFunc(written, func(p syntax.Permission) bool { return p.Action.Text == action }); i >= 0 {
			own = written[i].Cells
		}
		var offer []syntax.Rule
		add := func(rule syntax.Rule) {
			if !slices.ContainsFunc(offer, func(o syntax.Rule) bool { return o.Canonical() == rule.Canonical() }) {
				offer = append(offer, rule)
			}
		}
		for i := range custom {
			is := func(c syntax.Cell) bool { return c.Who.Text == string(custom[i].Name) }
			cells := own
			if !slices.ContainsFunc(own, is) && r.Name.Text+"."+action != "user.delegate" {
				cells = wildcard
			}
			for _, c := range cells {
				if !is(c) {
					if len(offer) < 30 && d.chance(30) && c.Who.Text != "visitor" {
						for _, rule := range c.Rules {
							if !strings.Contains(rule.String(), "here") { // which only roles on resources have
								add(rule) // which no role may choose
							}
						}
					}
					continue
				}
				for _, rule := range c.Rules {
					add(rule)
					choice := policy.Choice{Permission: permission.MustParse(r.Name.Text + "." + action), Rule: rule.String()}
					if !slices.Contains(custom[i].Gives, choice) {
						custom[i].Gives = append(custom[i].Gives, choice)
					}
				}
			}
		}
		if offer == nil {
			continue
		}
		cell := syntax.Cell{Who: ruleOutcome("custom"), Rules: shuffled(d, offer)}
		if at < 0 {
			r.Permissions = append(r.Permissions, syntax.Permission{Action: ruleOutcome(action), Cells: []syntax.Cell{cell}})
		} else {
			r.Permissions[at].Cells = append(r.Permissions[at].Cells, cell)
		}
	}
	return r
}

var writtenAt = regexp.MustCompile(` of [a-z.*-]+ \(random.yaml:\d+\)| \(random.yaml:\d+\)|random.yaml:\d+`)

// TestRandomCustomRoles compares all calls on random requests.
func TestRandomCustomRoles(t *testing.T) {
	asked, allowed := 0, 0
	for n := range uint64(max(20, *questionsFlag/4000)) {
		seed := *seedFlag + n
		d := newDice(seed, 7)
		x, ok, err := newTwins(d, randomDocument(d))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !ok {
			continue
		}
		for range 3 {
			a := newAsking(d, x.doc, randomWorld(d, x.doc))
			for range 40 {
				q := a.evaluation()
				if text := x.compare(a.w, q, &asked, &allowed); text != "" {
					t.Fatalf("%s\n\n%s\n%v\n%v%v\nto see it again: go test ./policy -run %s -seed %d -questions 1", text, x.doc.Print(), x.custom, a.w, describe(q), t.Name(), seed)
				}
			}
		}
	}
	if asked < 500 || allowed < 20 {
		t.Errorf("%d requests of users with custom roles, %d of them allowed by such a role", asked, allowed)
	}
	t.Logf("%d requests of users with custom roles, %d of them allowed by such a role", asked, allowed)
}

func (x twins) compare(w *world, q usher.Request, asked, allowed *int) string {
	f := w.facts()
	want, wantErr := x.hand.Decide(f, &q)
	got, gotErr := x.derived.Decide(f, &q)
	if u := w.users[q.Subject]; u != nil && x.holds(u) {
		*asked++
		if rule := got.Detail().Rule; got.Allowed() && x.derived.IsCustom(role.Name(rule.Name)) {
			*allowed++
		}
	}
	text := func(v any) string { return writtenAt.ReplaceAllString(fmt.Sprint(v), "") }
	if (wantErr == nil) != (gotErr == nil) {
		return fmt.Sprintf("by hand %v, custom %v", wantErr, gotErr)
	}
	if wantErr != nil {
		return ""
	}
	if want.Allowed() != got.Allowed() || want.Reason() != got.Reason() || !slices.Equal(want.Hidden(), got.Hidden()) || text(want) != text(got) {
		return fmt.Sprintf("by hand %v, custom %v", want, got)
	}
	if *asked%4 > 0 {
		return "" // the other calls take much longer
	}
	for name, call := range map[string]func(*policy.Policy) (any, error){
		"Explain": func(p *policy.Policy) (any, error) {
			e, err := p.Explain(f, &q)
			return fmt.Sprint(e.Sentence, e.Remedies), err
		},
		"Summary": func(p *policy.Policy) (any, error) {
			s, err := p.Summary(f, q.Subject, q.Time)
			var list []string
			for _, e := range append(s.Entitlements, s.Never...) {
				list = append(list, fmt.Sprint(e.Permission, e.Rule.Name, e.Rule.Held, e.Scope, e.As, e.And, e.If, e.Hiding, e.Teams, e.Until))
			}
			slices.Sort(list)
			return list, err
		},
		"WhoMay": func(p *policy.Policy) (any, error) {
			var list []string
			r := q
			r.Subject = ""
			for s, err := range p.WhoMay(f, &r, "") {
				list = append(list, fmt.Sprint(s.ID, err != nil))
			}
			slices.Sort(list)
			return list, nil
		},
		"Actions": func(p *policy.Policy) (any, error) {
			actions, err := p.Actions(f, &q)
			var list []string
			for _, a := range actions {
				list = append(list, fmt.Sprint(a.Permission, a.Decision.Hidden()))
			}
			slices.Sort(list)
			return list, err
		},
	} {
		a, errA := call(x.hand)
		b, errB := call(x.derived)
		if (errA == nil) != (errB == nil) || errA == nil && !reflect.DeepEqual(text(a), text(b)) {
			return fmt.Sprintf("%s by hand: %v %v\ncustom: %v %v", name, a, errA, b, errB)
		}
	}
	return ""
}

func (x twins) holds(u *policy.User) bool {
	roles := append([]role.Name{u.Role}, u.Beside...)
	for _, m := range slices.Concat(u.Teams, u.Outside) {
		roles = append(roles, m.Roles...)
	}
	return slices.ContainsFunc(roles, x.derived.IsCustom)
}

// TestRandomCustomCeilings compares the ceiling.
func TestRandomCustomCeilings(t *testing.T) {
	given := 0
	for n := range uint64(max(20, *questionsFlag/4000)) {
		seed := *seedFlag + n
		d := newDice(seed, 8)
		x, ok, err := newTwins(d, randomDocument(d))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !ok {
			continue
		}
		w := randomWorld(d, x.doc)
		account, err := w.Account()
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			h := randomHanding(d, x.doc, w)
			context := newAsking(d, x.doc, w).context()
			var texts [2]string
			for i, p := range []*policy.Policy{x.hand, x.derived} {
				c, err := p.Ceiling(h.by, account, context, h.at)
				_, gives, errGives := c.Gives(h.before, h.after)
				takes, errTakes := c.Takes(h.before, h.after)
				_, outranks, errOutranks := c.Outranks(h.before)
				texts[i] = fmt.Sprint(err != nil, gives, errGives != nil, takes, errTakes != nil, outranks, errOutranks != nil)
				if gives {
					given++
				}
			}
			if texts[0] != texts[1] {
				t.Fatalf("by hand %s, custom %s\n%s\n%v\n%v\nto see it again: go test ./policy -run %s -seed %d -questions 1", texts[0], texts[1], x.doc.Print(), x.custom, h, t.Name(), seed)
			}
		}
	}
	if given < 20 {
		t.Errorf("%d commands gave something uncovered", given)
	}
}
