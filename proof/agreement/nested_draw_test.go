package agreement_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// drawnType is the type of resource that a random rule is about.
type drawnType struct {
	parties []string
	nested  bool     // it is in another type, or in itself
	above   []string // the parties of its containers
}

// nesting is what contains calendars in a random policy: other types, the nearest first. In a tree,
// the last type, or without one the calendar, also contains itself.
type nesting struct {
	types []string
	tree  bool
	text  string // of the resources
	on    drawnType
}

// in returns the line with the container of the calendar, for -1, or of one of the types.
func (n nesting) in(i int) string {
	switch {
	case i+1 < len(n.types):
		return "    in: " + n.types[i+1] + "\n"
	case n.tree && i < 0:
		return "    in: calendar\n"
	case n.tree:
		return "    in: " + n.types[i] + "\n"
	}
	return ""
}

// drawNesting draws containers, often with parties of the same names as those of the calendar.
func drawNesting(d dice, parties []string) nesting {
	n := nesting{tree: d.chance(55), types: [][]string{nil, {"shelf"}, {"shelf", "room"}}[d.IntN(3)]}
	n.on = drawnType{parties: parties, nested: n.tree || len(n.types) > 0}
	for i, typ := range n.types {
		var declared []string
		slots := 0
		for _, p := range some(d, 1, 6, append(slices.Clone(parties), "keeper", "unit")) {
			if slots += 2; slots > slotsOfALevel {
				break
			}
			if !slices.Contains(n.on.above, p) {
				n.on.above = append(n.on.above, p)
			}
			switch {
			case d.chance(12):
				p += ": [users, teams]"
			case slices.Contains(teamParties, p) || p == "unit":
				p, slots = p+": teams", slots-1
			default:
				p, slots = p+": users", slots-1
			}
			declared = append(declared, p)
		}
		n.text += fmt.Sprintf("  %s:\n%s    parties: {%s}\n    permissions: {view: {admin: any}}\n", typ, n.in(i), strings.Join(declared, ", "))
	}
	return n
}

// drawScope draws a scope that may look at containers. It is not one of the scopes in but.
func drawScope(d dice, on drawnType, but string) string {
	scope := but
	for scope == but {
		scope = pick(d, []string{"any", "own", "own", "sole", "team", "team", "shared"})
	}
	above := on.nested && scope != "any" && d.chance(60)
	var as []string
	if d.chance(35) {
		as = some(d, 1, len(on.parties), on.parties)
		for _, p := range on.above {
			if above && !slices.Contains(as, p) && d.chance(40) {
				as = append(as, p)
			}
		}
	}
	text := scope
	if above {
		text += " or above"
	}
	if len(as) > 0 {
		text += " as " + strings.Join(as, " or ")
	}
	return text
}

// drawContainers draws the containers of an account. In a tree, they may be in each other, in a cycle,
// or in a chain that is longer than scopes look.
func (x *round) drawContainers(d dice, a asks, id *int) map[string][]*resource {
	pools := map[string][]*resource{}
	typ := x.host.policy.Container(x.typ)
	for above := ""; typ != "" && typ != above; typ, above = x.host.policy.Container(typ), typ {
		tree := x.host.policy.Container(typ) == typ
		n, empty := 6, 35
		if tree && d.chance(40) {
			n, empty = 20, 92
		}
		for i := range n {
			*id++
			r := &resource{
				typ: typ, id: *id, local: fmt.Sprintf("%s %d", typ, i), account: a.account, above: true,
				parties: map[string][]string{}, unknown: map[string]bool{}, chained: n > 6,
			}
			x.drawParties(d, a, r, empty)
			x.host.layouts[typ].fit(r)
			pools[typ] = append(pools[typ], r)
		}
	}
	return pools
}

// drawParties leaves each party empty with a chance of some percent.
func (x *round) drawParties(d dice, a asks, r *resource, empty int) {
	parties := slotNames(x.host.policy.Parties(r.typ))
	for _, name := range sortedKeys(parties) {
		if !d.chance(empty) {
			r.parties[name] = drawIDs(d, x.fixtures[a.account], a.user, parties[name])
		}
	}
	x.host.layouts[r.typ].fit(r)
}

// contain puts containers into each other.
func (x *round) contain(d dice, pools map[usher.AccountID]map[string][]*resource) {
	for _, account := range sortedKeys(pools) {
		for _, typ := range sortedKeys(pools[account]) {
			own := pools[account][typ]
			for i, r := range own {
				in := x.host.policy.Container(typ)
				if in == "" {
					continue
				}
				if r.chained && (i+1 < len(own) || d.chance(20)) {
					r.in = own[(i+1)%len(own)] // at the end in nothing, or in a cycle
				} else if !r.chained {
					x.putIn(d, r, pools)
				}
				x.host.layouts[typ].fitContainer(r)
			}
		}
	}
}

// putIn draws the container of a row: one of the account, none, one that does not exist, or one of
// another account.
func (x *round) putIn(d dice, r *resource, pools map[usher.AccountID]map[string][]*resource) {
	in := x.host.policy.Container(r.typ)
	if in == "" {
		return
	}
	switch n := d.IntN(100); {
	case n < 72:
		r.in = pick(d, pools[r.account][in])
	case n < 86:
	default:
		r.lost = true
		for _, other := range sortedKeys(pools) {
			if other != r.account && n < 93 {
				r.foreign = pick(d, pools[other][in])
			}
		}
	}
	x.host.layouts[r.typ].fitContainer(r)
}

// drawNestedLayout draws the layouts of a type and of its containers.
func drawNestedLayout(d dice, p *policy.Policy, typ string, into map[string]layout) *layout {
	l := drawLayout(d, typ, slotNames(p.Parties(typ)), attributes)
	switch in := p.Container(typ); in {
	case "":
	case typ:
		l.in = pick(d, []string{"row", "row", "row", "row", "local", "local", "local", "none", "unknown"})
		l.container = &l
	default:
		l.in = pick(d, []string{"row", "row", "row", "local", "local", "columns", "columns", "columns and account", "none", "unknown"})
		l.container = drawNestedLayout(d, p, in, into)
	}
	into[typ] = l
	return &l
}
