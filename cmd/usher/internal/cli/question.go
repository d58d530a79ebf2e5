package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// question contains the flags of explain.
type question struct {
	as, by, can, kind string
	gives             string
	visitor           bool     // in place of as
	resource, with    []string // NAME=VALUE
	whens             []string // the values of --at: times and versions
	account, policy   string   // for a store

	at, version string   // from whens
	flags       []string // each flag with its value, for messages
}

// request returns the request that the flags describe. Without --can, its permission
// is any permission of the type, or any permission of the policy; callers then use only
// the other fields. The error is a usageError.
func (q *question) request(s *target) (usher.Request, error) {
	can, err := q.permission(s.policy)
	if err != nil {
		return usher.Request{}, err
	}
	asked := testfile.Question{Can: q.name("--can "+printable.Value(q.can), can)}
	for _, fact := range q.with {
		if err := q.addFlag(&asked, fact); err != nil {
			return usher.Request{}, err
		}
	}
	if q.gives != "" {
		asked.Gives = q.name("--gives "+printable.Value(q.gives), q.gives)
	}
	for _, fact := range q.resource {
		if err := q.addFact(&asked, fact); err != nil {
			return usher.Request{}, err
		}
	}
	if q.at != "" {
		if asked.At, err = testfile.ParseTime(q.at); err != nil {
			return usher.Request{}, wrongUsage("--at: %v", err)
		}
	}
	request, err := s.request(usher.UserID(q.as), asked)
	if err != nil {
		return usher.Request{}, q.sentences(err)
	}
	request.Visitor, request.By = q.visitor, usher.UserID(q.by)
	return q.withType(s.policy, request)
}

// permission returns the name of the permission or bundle in the request.
func (q *question) permission(p *policy.Policy) (string, error) {
	switch {
	case q.kind != "" && !slices.Contains(p.Resources(), q.kind):
		return "", wrongUsage("--type: the policy has no resource %q%s", q.kind, suggest.DidYouMean(q.kind, p.Resources()))
	case q.can != "":
		return q.can, nil
	case q.kind == "" && len(q.resource) > 0:
		return "", wrongUsage("--resource %s: a resource needs --can PERMISSION or --type TYPE", q.resource[0])
	}
	for _, perm := range p.Permissions() {
		if q.kind == "" || perm.Resource() == q.kind {
			return perm.String(), nil
		}
	}
	return "", wrongUsage("--type: the policy has no permission for %s", q.kind)
}

// withType checks the request against --type, and sets the type of its resource.
func (q *question) withType(p *policy.Policy, request usher.Request) (usher.Request, error) {
	if q.kind == "" {
		return request, nil
	}
	is := request.Permission.Resource()
	if _, bundle := p.Bundle(request.Permission); bundle {
		is = q.kind // a bundle may have permissions of several types
	}
	if request.Resource == nil {
		request.Resource = &usher.Object{Type: is}
	} else {
		is = request.Resource.Ref().Type
	}
	if is != q.kind {
		return request, wrongUsage("--type %s: here %s applies to type %s; leave --type out", q.kind, q.can, is)
	}
	return request, nil
}

// name returns a name whose line is the index of its flag, so that problems can be
// mapped to flags.
func (q *question) name(flag, text string) syntax.Name {
	q.flags = append(q.flags, flag)
	return syntax.Name{Text: text, Pos: syntax.Pos{Line: len(q.flags), Col: 1}}
}

func (q *question) addFlag(asked *testfile.Question, fact string) error {
	flag := "--with " + printable.Value(fact)
	name, value, err := parseSwitch(fact)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(asked.With, func(f testfile.Flag) bool { return f.Name.Text == name }):
		return wrongUsage("%s: %s is given twice", flag, name)
	}
	asked.With = append(asked.With, testfile.Flag{Name: q.name(flag, name), Value: value})
	return nil
}

// container returns the facts of what contains a resource, and adds it if it is missing.
func (q *question) container(facts *[]testfile.Fact, flag string) *[]testfile.Fact {
	at := slices.IndexFunc(*facts, func(f testfile.Fact) bool { return f.In != nil })
	if at < 0 {
		at = len(*facts)
		*facts = append(*facts, testfile.Fact{Name: q.name(flag, testfile.InKey), In: []testfile.Fact{}})
	}
	return &(*facts)[at].In
}

// addFact adds an id to a party, or sets an attribute.
func (q *question) addFact(asked *testfile.Question, fact string) error {
	flag := "--resource " + printable.Value(fact)
	name, value, ok := strings.Cut(fact, "=")
	if !ok || name == "" || value == "" {
		return wrongUsage("%s: write NAME=VALUE, as in host=mia; leave out an empty party", flag)
	}
	facts := &asked.Resource
	for {
		rest, in := strings.CutPrefix(name, testfile.InKey+".") // in.host, of what contains the resource
		if !in {
			break
		}
		name = rest
		facts = q.container(facts, flag)
	}
	name, of, apart := strings.Cut(name, ".") // editor.teams, of a party of users and teams
	if apart && of != "users" && of != "teams" {
		return wrongUsage("%s: after the dot, write users or teams, as in %s.teams=sales", flag, name)
	}
	if name == testfile.InKey {
		return wrongUsage("%s: write a party of the container, as in in.host=mia", flag)
	}
	at := slices.IndexFunc(*facts, func(f testfile.Fact) bool { return f.Name.Text == name })
	if at < 0 {
		at = len(*facts)
		*facts = append(*facts, testfile.Fact{Name: q.name(flag, name)})
	}
	f := &(*facts)[at]
	if f.Apart = f.Apart || apart; f.Apart && !apart {
		return wrongUsage("%s: write %s.users=… or %[2]s.teams=…, as for the other ids of the party", flag, name)
	}
	if apart && of == "teams" {
		if slices.ContainsFunc(f.Teams, func(n syntax.Name) bool { return n.Text == value }) {
			return wrongUsage("%s is given twice", flag)
		}
		f.Teams = append(f.Teams, syntax.Name{Text: value, Pos: f.Name.Pos})
		return nil
	}
	if slices.ContainsFunc(f.IDs, func(n syntax.Name) bool { return n.Text == value }) {
		return wrongUsage("%s is given twice", flag)
	}
	f.IDs = append(f.IDs, syntax.Name{Text: value, Pos: f.Name.Pos})
	f.Bare = len(f.IDs) == 1 && (value == "true" || value == "false")
	return nil
}

// sentences returns a usageError with one line for each problem, which starts with the
// flag.
func (q *question) sentences(err error) error {
	var list *syntax.Problems
	if !errors.As(err, &list) {
		return err
	}
	var lines []string
	for _, p := range list.List() {
		lines = append(lines, q.flags[p.Pos.Line-1]+": "+p.Message)
	}
	return wrongUsages(lines)
}
