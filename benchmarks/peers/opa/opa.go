// Package opa is the adapter for Open Policy Agent, which evaluates a Rego policy in
// process.
//
// It follows the documentation ("Integrating OPA", "Policy Performance", "External Data").
// One query for each permission is prepared once, with partial evaluation. The facts of the
// subject, which change often, come as input from the application's table ("overload
// input"). The input consists of parsed values, which saves a conversion. The teams of a
// calendar's hosts are input, too: as data, partial evaluation would iterate over all users.
package opa

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/usher-go/usher/benchmarks/peers/staff"
	"github.com/usher-go/usher/benchmarks/world"
)

//go:embed policy.rego
var source string

// Peer uses OPA.
type Peer struct {
	staff.Table
	queries           [world.Kinds]rego.PreparedEvalQuery
	actions, editable rego.PreparedEvalQuery
}

var names = strings.NewReplacer(".", "_", "-", "_")

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	prepare := func(query string) (rego.PreparedEvalQuery, error) {
		return rego.New(rego.Query(query), rego.Module("policy.rego", source)).
			PrepareForEval(context.Background(), rego.WithPartialEval())
	}
	var err error
	for k := range p.queries {
		if p.queries[k], err = prepare("data.oncehub." + names.Replace(world.Kind(k).String())); err != nil {
			return err
		}
	}
	if p.actions, err = prepare("data.oncehub.actions"); err != nil {
		return err
	}
	if p.editable, err = prepare("data.oncehub.editable"); err != nil {
		return err
	}
	p.Table = staff.Load(w)
	return nil
}

// item returns an entry of an object.
func item(key string, value *ast.Term) [2]*ast.Term {
	return [2]*ast.Term{ast.InternedTerm(key), value}
}

func texts(list []string) *ast.Term {
	terms := make([]*ast.Term, len(list))
	for i, s := range list {
		terms[i] = ast.StringTerm(s)
	}
	return ast.ArrayTerm(terms...)
}

// subject appends the facts of the subject.
func (p *Peer) subject(to [][2]*ast.Term, user string) [][2]*ast.Term {
	who := p.Find(user)
	to = append(to, item("user", ast.StringTerm(user)), item("role", ast.StringTerm(who.Role)), item("team", ast.StringTerm(who.Team)))
	if who.Manages != "" {
		to = append(to, item("manages", ast.StringTerm(who.Manages)))
	}
	return to
}

// parties appends the facts of a calendar.
func (p *Peer) parties(to [][2]*ast.Term, c *world.Calendar) [][2]*ast.Term {
	var room [4]string
	return append(to, item("hosts", texts(c.Hosts)), item("teams", texts(c.Teams)), item("reach", texts(p.Reach(room[:0], c))))
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	if p.Find(q.User) == &staff.Unknown {
		return false, nil
	}
	var room [8][2]*ast.Term
	input := p.subject(room[:0], q.User)
	switch {
	case q.Calendar != nil:
		input = p.parties(input, q.Calendar)
	case q.Entry != nil:
		target := p.Find(q.Entry.ID[0])
		input = append(input, item("target", ast.ObjectTerm(item("role", ast.StringTerm(target.Role)), item("team", ast.StringTerm(target.Team)))))
	}
	results, err := p.queries[q.Kind].Eval(context.Background(), rego.EvalParsedInput(ast.NewObject(input...)))
	return results.Allowed(), err
}

// Actions implements peer.Peer with one evaluation of a rule that collects all actions.
func (p *Peer) Actions(user string, on *world.Calendar) (world.Actions, error) {
	input := p.parties(p.subject(nil, user), on)
	list, err := p.list(p.actions, input)
	var all world.Actions
	for _, name := range list {
		for k := range world.OfCalendars {
			if name == k.String() {
				all = all.With(k)
			}
		}
	}
	return all, err
}

// Editable implements peer.Peer with one evaluation over the whole page.
func (p *Peer) Editable(user string, page []*world.Calendar) ([]*world.Calendar, error) {
	terms := make([]*ast.Term, len(page))
	for i, c := range page {
		terms[i] = ast.ObjectTerm(p.parties(nil, c)...)
	}
	places, err := p.list(p.editable, append(p.subject(nil, user), item("page", ast.ArrayTerm(terms...))))
	if err != nil {
		return nil, err
	}
	list := make([]*world.Calendar, 0, len(places))
	for _, i := range places {
		at, err := i.(interface{ Int64() (int64, error) }).Int64()
		if err != nil {
			return nil, err
		}
		list = append(list, page[at])
	}
	return list, nil
}

// list evaluates a rule that is a set.
func (p *Peer) list(query rego.PreparedEvalQuery, input [][2]*ast.Term) ([]any, error) {
	results, err := query.Eval(context.Background(), rego.EvalParsedInput(ast.NewObject(input...)))
	if err != nil || len(results) == 0 {
		return nil, err
	}
	list, ok := results[0].Expressions[0].Value.([]any)
	if !ok {
		return nil, fmt.Errorf("opa: result has type %T (want a set)", results[0].Expressions[0].Value)
	}
	return list, nil
}
