package ceilingproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// question is a request for a decision, without the user.
type question struct {
	permission permission.Permission
	resource   usher.Resource // nil for none
	context    usher.Context
	at         time.Time
}

func (q question) String() string {
	text := q.permission.String()
	if q.resource != nil {
		text += " on " + fmt.Sprint(q.resource)
	}
	if len(q.context) > 0 {
		text += fmt.Sprintf(" with %v", q.context)
	}
	return text + " at " + q.at.Format("15:04")
}

// resource is a resource of which a party or the container may be unknown.
type resource struct {
	kind       string
	parties    map[string][]string // of users, or of teams
	teams      map[string][]string // the teams in parties of users and teams
	unknown    string              // the unknown party, "" for none
	attributes map[string]bool
	in         *resource // what contains it; nil: nothing
	inUnknown  bool      // it is unknown what contains it
}

func (t *resource) Ref() usher.Ref             { return usher.Ref{Type: t.kind} }
func (t *resource) InAccount() usher.AccountID { return "acme" }

func (t *resource) Party(name string) (ids []string, known bool) {
	return t.parties[name], name != t.unknown
}

func (t *resource) TeamParty(name string) (ids []string, known bool) {
	return t.teams[name], name != t.unknown
}

func (t *resource) Container() (container usher.Resource, known bool) {
	if t.in == nil || t.inUnknown {
		return nil, !t.inUnknown
	}
	return t.in, true
}

func (t *resource) Attribute(name string) (value, known bool) {
	value, known = t.attributes[name]
	return value, known
}

func (t *resource) String() string {
	var words []string
	for _, party := range slices.Sorted(maps.Keys(t.parties)) {
		words = append(words, fmt.Sprintf("%s %s", party, strings.Join(t.parties[party], " and ")))
	}
	for _, party := range slices.Sorted(maps.Keys(t.teams)) {
		words = append(words, fmt.Sprintf("%s team %s", party, strings.Join(t.teams[party], " and ")))
	}
	if t.unknown != "" {
		words = append(words, t.unknown+" unknown")
	}
	for _, name := range slices.Sorted(maps.Keys(t.attributes)) {
		words = append(words, fmt.Sprintf("%s %t", name, t.attributes[name]))
	}
	switch {
	case t.inUnknown:
		words = append(words, "in something unknown")
	case t.in != nil:
		words = append(words, "in "+t.in.String())
	}
	return t.kind + " (" + strings.Join(words, ", ") + ")"
}

// questions returns the requests for a user, without the time: all permissions, on resources that
// name the users and teams of an account, mainly the user and the actor. Facts of the request and
// of the resource are unknown if no rule of the permission tests them.
func (l *policies) questions(in surroundings, user, actor usher.UserID) (list []question) {
	resources := map[string][]usher.Resource{}
	for _, kind := range l.policy.Resources() {
		resources[kind] = l.withRoles(kind, resourcesOf(l.policy, kind, in, user, actor))
	}
	for _, perm := range l.policy.Permissions() {
		if skippedPermissions[perm.String()] {
			continue
		}
		contexts := l.contexts(perm)
		for _, r := range resources[perm.Resource()] {
			if t, ok := r.(*resource); ok && !l.testsAll(t, perm) {
				continue
			}
			for _, c := range contexts {
				list = append(list, question{permission: perm, resource: r, context: c})
			}
		}
	}
	return list
}

// skippedPermissions are not compared. A built-in rule reserves account.transfer for one user, so
// no other user can do it in that user's place. No drawn policy has rules for the others, so they
// are like audit.view.
var skippedPermissions = map[string]bool{"account.transfer": true, "user.view": true, "user.edit": true, "field.manage": true}

// resourcesOf returns resources of a type. Nil, which is one of them, stands for no resource.
func resourcesOf(p *policy.Policy, kind string, in surroundings, user, actor usher.UserID) []usher.Resource {
	list := []usher.Resource{nil}
	parties := p.Parties(kind)
	add := func(t resource) {
		t.kind = kind
		list = append(list, &t)
		if kind == "item" {
			for _, locked := range []bool{true, false} {
				t := t
				t.attributes = map[string]bool{"locked": locked}
				list = append(list, &t)
			}
		}
	}
	name := func(pairs ...string) map[string][]string {
		m := map[string][]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = append(m[pairs[i]], pairs[i+1])
		}
		return m
	}
	var users, teams []string
	for l := range in.state.UsersAfter("") {
		users = append(users, string(l.ID))
	}
	for t := range in.state.View(nil).Teams("") {
		teams = append(teams, string(t.ID))
	}
	var ofUsers, ofTeams, ofBoth []string
	for _, party := range slices.Sorted(maps.Keys(parties)) {
		if parties[party] == syntax.OfTeams {
			ofTeams = append(ofTeams, party)
		} else {
			ofUsers = append(ofUsers, party)
		}
		if parties[party] == syntax.OfBoth {
			ofBoth = append(ofBoth, party)
		}
	}
	u, a := string(user), string(actor)
	for _, party := range ofUsers {
		main := party == ofUsers[len(ofUsers)-1]
		for _, id := range append(users, "stranger") {
			if main || id == u {
				add(resource{parties: name(party, id)})
			}
		}
		add(resource{parties: name(party, u, party, "stranger")})
	}
	for _, t := range teams {
		for _, party := range ofUsers {
			add(resource{parties: name(party, peer+t)})
			add(resource{parties: name(party, peer+t, party, "stranger")})
		}
	}
	for _, party := range ofTeams {
		for _, t := range teams {
			add(resource{parties: name(party, t)})
			for _, by := range ofUsers {
				add(resource{parties: name(party, t, by, u)})
				add(resource{parties: name(party, t, by, "stranger")})
			}
		}
	}
	for _, t := range teams {
		for _, party := range ofBoth {
			add(resource{teams: name(party, t)})
			add(resource{teams: name(party, t), parties: name(party, u)})
			add(resource{teams: name(party, t), parties: name("host", "stranger")})
		}
	}
	if p.Container(kind) == "folder" {
		for _, t := range contained(kind, u, teams, name) {
			add(t)
		}
	}
	if kind == "item" {
		for _, pair := range [][2]string{{u, a}, {a, u}, {"stranger", u}} {
			add(resource{parties: name("host", pair[0], "guest", pair[1])})
		}
		for _, unknown := range append([]string{"guest", "team"}, ofBoth...) {
			add(resource{parties: name("host", u), unknown: unknown})
		}
	}
	return list
}

// contained returns resources in folders that name a user, teams or a stranger, also in a folder of
// another folder, and resources of which the folder is unknown.
func contained(kind, user string, teams []string, name func(...string) map[string][]string) (list []resource) {
	folder := func(in *resource, pairs ...string) *resource {
		return &resource{kind: "folder", parties: name(pairs...), in: in}
	}
	of := func(in *resource, pairs ...string) { list = append(list, resource{parties: name(pairs...), in: in}) }
	for _, party := range []string{"host", "reader"} {
		of(folder(nil, party, user))
		of(folder(nil, party, user), "host", "stranger")
		of(folder(nil, party, "stranger"), "host", user)
		of(folder(folder(nil, party, user), "host", "stranger"))
	}
	of(folder(nil, "reader", user), "host", user)
	for _, t := range teams {
		of(folder(nil, "team", t))
		of(folder(nil, "team", t), "host", user)
		of(folder(nil, "host", peer+t), "team", t)
		of(folder(folder(nil, "reader", peer+t)), "host", "stranger")
	}
	unknownParty, unknownAbove := folder(nil, "host", user), folder(nil, "reader", "stranger")
	unknownParty.unknown, unknownAbove.inUnknown = "reader", true
	of(unknownParty)
	of(unknownAbove, "host", user)
	list = append(list, resource{parties: name("host", user), inUnknown: true})
	return list
}
