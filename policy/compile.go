package policy

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// The limits of a policy. The bits of a decision have room for this much, and the limits
// bound the cost of a hostile file.
const (
	maxRoles        = 256
	maxPermissions  = 4096
	maxBundles      = 1024
	maxParties      = 16
	maxFields       = 40 // of one resource, in all groups
	maxLiterals     = 40 // of one resource, including what roles require
	maxCellRules    = 64
	maxRolesOnTypes = 64        // held on resources; a bit for each
	maxRules        = 1<<20 - 1 // after expansion of includes; an outcome has 20 bits for a rule
)

// Compile resolves every name of a document and returns the compiled policy. The error is a
// *syntax.Problems. If the document already has problems, the error contains them and the
// other problems that Compile finds, except those that may be consequences of the first ones.
// Compile does not change the document.
//
// A policy with custom-roles keeps the document, which must then not be changed any more.
func Compile(d *syntax.Document) (*Policy, error) {
	if d == nil {
		d = &syntax.Document{}
	}
	p, err := compile(d, nil)
	if err != nil {
		return nil, err
	}
	if d.Custom != nil {
		p.custom.base = p
		p.custom.doc = d
		p.custom.derived = &derivedCache{}
	}
	return p, nil
}

// compile is Compile for a policy with further roles. Such a policy has the digest and the
// warnings of the policy without them, which the caller adds.
func compile(d *syntax.Document, custom []customRole) (*Policy, error) {
	problems := d.Problems.Clone()
	problems.File = d.File
	c := compiler{
		doc:        d,
		problems:   problems,
		partial:    problems.Len() > 0,
		warnings:   &syntax.Problems{File: d.File},
		used:       map[int]bool{},
		fromBundle: map[int32]bool{},
		custom:     custom,
		p: &Policy{
			file: d.File, name: d.Name, title: d.Title, unique: -1,
			settings: map[string]bool{}, settingTitles: map[string]string{}, settingAsks: map[string]permission.Permission{}, permTitles: map[int]string{}, contexts: map[string]bool{}, attributes: map[string]bool{},
		},
	}
	for _, step := range []func(){
		c.seats, c.facts, c.resources, c.containers, c.conditions, c.roles, c.customRoles, c.conditionRoles, c.permissions, c.bundles, c.settingRules, // declarations
		c.cells, c.customCells, c.never, // rules
	} {
		step()
	}
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	c.expand()
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	c.fillPermTable()
	c.p.ceilings = newCeilingTable(c.p)
	c.p.classes = c.p.newClassTable(custom != nil)
	if custom == nil {
		c.lint()
		c.p.digest = d.Digest()
		c.p.warnings = c.warnings.All()
	}
	return c.p, nil
}

// compiler is the state that the steps of a compilation share.
type compiler struct {
	doc                *syntax.Document
	p                  *Policy
	problems, warnings *syntax.Problems
	partial            bool // parts of the file could not be parsed, so the document lacks them

	poolIndex, featureIndex, settingIndex, conditionIndex index
	resourceIndex, permIndex, bundleIndex                 index

	guards    []int         // the conditions that roles require
	holders   [][]reached   // by role: the roles that have its rules, including itself
	used      map[int]bool  // the conditions that a rule or a role requires
	cellRules []map[int]row // by permission: the rules for each role, or everyone
	allRules  map[int]int32 // by role: the rule for `all: true`

	custom []customRole // the roles of an account; nil: none

	replaced   []syntax.Name  // cells of wildcards that no permission has
	fromBundle map[int32]bool // the written rules under never that forbid a bundle
	cellOf     int            // the role of the rule that is being resolved, everyone, visitor or underNever
	member     string         // a permission of the bundle whose rule is being resolved; "" for none
}

// row is a list of written rules with their compiled form.
type row []compiledRule

type compiledRule struct {
	extent
	written  int32
	pos      syntax.Pos
	expanded bool // it is the rule of a wildcard
}

// index maps declared names to their order, and keeps them for suggestions.
type index struct {
	at    map[string]int
	names []string
}

func (x *index) add(name string) bool {
	if x.at == nil {
		x.at = map[string]int{}
	}
	if _, dup := x.at[name]; dup {
		return false
	}
	x.at[name] = len(x.names)
	x.names = append(x.names, name)
	return true
}

// declare adds a name. A duplicate, a malformed name or a reserved word is possible only in a
// Document that was not parsed from a file.
func (c *compiler) declare(x *index, n syntax.Name, what string) {
	if !x.add(n.Text) {
		c.problems.Add(n.Pos, "%s %s is declared twice", what, n.Text)
	}
	c.checkName(n, what)
	if syntax.IsReserved(n.Text) { // the cells of a role named everyone would be those of all users
		c.addUnlessPartial(n.Pos, "%q is a reserved word and cannot name a %s", n.Text, what)
	}
}

// checkName reports a malformed name. The digest is that of the printed policy, in which such a
// name could read as something else.
func (c *compiler) checkName(n syntax.Name, what string) {
	if !permission.IsName(n.Text) {
		c.addUnlessPartial(n.Pos, "%q cannot name a %s: names are lower-case letters, digits and dashes, and begin with a letter", n.Text, what)
	}
}

// addUnlessPartial reports a problem, unless a part that could not be parsed may be the cause.
func (c *compiler) addUnlessPartial(at syntax.Pos, format string, args ...any) {
	if !c.partial {
		c.problems.Add(at, format, args...)
	}
}

// find returns the index of a name, and reports a name that is not declared.
func (c *compiler) find(x *index, n syntax.Name, what string) int {
	if i, ok := x.at[n.Text]; ok {
		return i
	}
	c.unknown(n, what, func() []string { return x.names })
	return -1
}

// fewNames is how many declared names a message lists if none is similar.
const fewNames = 6

// unknown reports a name that is not declared. It calls names, which lists the declared
// ones, only if the message needs a suggestion.
func (c *compiler) unknown(n syntax.Name, what string, names func() []string) {
	switch {
	case c.partial && !wellFormed(n.Text, what): // the parser has reported it
	case c.problems.Full():
		c.problems.Add(n.Pos, "unknown %s %q", what, n.Text)
	default:
		declared := names()
		if c.partial && len(declared) == 0 {
			return // the part that should declare them could not be parsed
		}
		hint := suggest.DidYouMean(n.Text, declared)
		switch {
		case len(declared) == 0 && strings.Contains(what, " of "): // a party or a group of fields
			owner, _, _ := strings.Cut(what[strings.LastIndex(what, " of ")+len(" of "):], " ")
			hint = printable.Sprintf("; %s has none", owner)
		case len(declared) == 0:
			hint = printable.Sprintf("; the policy declares no %s", what)
		case hint == "" && len(declared) <= fewNames:
			hint = " (" + strings.Join(declared, ", ") + ")"
		}
		c.problems.Add(n.Pos, "unknown %s %q%s", what, n.Text, hint)
	}
}

// wellFormed reports whether a name of a kind is well-formed. Only permissions and bundles have a dot.
func wellFormed(name, what string) bool {
	if !strings.HasPrefix(what, "permission") && !permission.IsName(name) {
		return false
	}
	_, err := permission.ParseBundle(name)
	return err == nil && !syntax.IsReserved(name)
}

// limit reports the first item over a limit, and whether n is within it.
func (c *compiler) limit(at syntax.Pos, n, most int, what string) bool {
	if n == most+1 {
		c.problems.Add(at, "more than %d %s", most, what)
	}
	return n <= most
}

func (c *compiler) seats() {
	if c.doc.Name != "" {
		c.checkName(syntax.Name{Text: c.doc.Name}, "policy")
	}
	for _, s := range c.doc.Seats {
		c.declare(&c.poolIndex, s.Name, "seat pool")
		holds := s.Holds
		if holds == nil {
			holds = []usher.Status{usher.Invited, usher.Active}
		}
		if !slices.Contains(holds, usher.Active) {
			c.addUnlessPartial(s.Name.Pos, "holds of seat pool %s must include active", s.Name.Text)
		}
		c.p.pools = append(c.p.pools, seat.Kind{Name: seat.PoolName(s.Name.Text), Holds: seat.HoldsIn(holds...), Over: s.Over})
	}
}

func (c *compiler) facts() {
	for _, f := range c.doc.Features {
		c.declare(&c.featureIndex, f, "feature")
		c.p.features = append(c.p.features, f.Text)
	}
	for _, s := range c.doc.Settings {
		c.declare(&c.settingIndex, s.Name, "setting")
		c.p.settings[s.Name.Text] = s.Default
		if s.Title != "" {
			c.p.settingTitles[s.Name.Text] = s.Title
		}
	}
}

func (c *compiler) conditions() {
	parties := c.p.partyResources()
	for _, d := range c.doc.Conditions {
		c.declare(&c.conditionIndex, d.Name, "condition")
		if d.Kind == syntax.OnContext || d.Kind == syntax.OnAttribute { // other facts are declared elsewhere
			c.checkName(d.Of, "fact")
		}
		switch d.Kind {
		case syntax.OnSeat:
			c.find(&c.poolIndex, d.Of, "seat pool")
		case syntax.OnFeature:
			c.find(&c.featureIndex, d.Of, "feature")
		case syntax.OnSetting:
			if _, ok := c.p.settings[d.Of.Text]; !ok {
				c.unknown(d.Of, "setting", c.p.Settings)
			}
		case syntax.OnContext:
			if d.Of.Text == usher.Acting {
				break // it follows from the request, and no caller states it
			}
			c.p.contexts[d.Of.Text] = true
		case syntax.OnAttribute:
			c.p.attributes[d.Of.Text] = true
			c.notIn(d.Of, "attribute")
			c.conditionFact(&d, parties)
		case syntax.OnParty, syntax.OnHas:
			c.conditionFact(&d, parties)
		case syntax.OnGives: // its role is resolved once the roles are known
		default:
			c.addUnlessPartial(d.Name.Pos, "condition %s has no fact", d.Name.Text)
		}
		c.p.conditions = append(c.p.conditions, condition{name: d.Name.Text, kind: d.Kind, of: d.Of.Text, title: d.Title})
	}
}

// conditionFact checks the resource fact of a condition.
func (c *compiler) conditionFact(d *syntax.Condition, parties map[string]string) {
	resource, isParty := parties[d.Of.Text]
	switch {
	case d.Kind == syntax.OnAttribute && isParty:
		// A test file or a call that names "owner" must be unambiguous.
		c.problems.Add(d.Of.Pos, "attribute %s has the name of a party of %s; choose another", d.Of.Text, resource)
	case (d.Kind == syntax.OnParty || d.Kind == syntax.OnHas) && !isParty:
		c.unknown(d.Of, "party", func() []string { return sortedKeys(parties) })
	}
}

// conditionRoles resolves the roles in conditions.
func (c *compiler) conditionRoles() {
	for i, d := range c.doc.Conditions {
		n := d.Of
		switch d.Kind {
		case syntax.OnHas:
			n = d.Has
		case syntax.OnGives:
		default:
			continue
		}
		at := c.p.roleIndex(role.Name(n.Text))
		switch {
		case len(c.p.roles) == 0: // the problem is reported once
		case at < 0:
			c.unknown(n, "role", c.p.roleNames)
		case d.Kind == syntax.OnHas && c.p.roles[at].OnTeam:
			c.problems.Add(n.Pos, "%s is a team role; has takes an account role or a role beside it", n.Text)
		case d.Kind == syntax.OnHas && c.p.roles[at].OnResource != "":
			c.problems.Add(n.Pos, "%s is held on %s; has takes an account role or a role beside it", n.Text, c.p.roles[at].OnResource)
		}
		c.p.conditions[i].role = max(at, 0)
	}
}

// partyResources returns, for each party, the first resource that has it.
func (p *Policy) partyResources() map[string]string {
	first := map[string]string{}
	for _, r := range p.resources {
		for _, party := range r.parties {
			if _, ok := first[party.name]; !ok {
				first[party.name] = r.name
			}
		}
	}
	return first
}

// requiredLiteral returns the literal of a condition that roles require. It is the same
// for each resource.
func (c *compiler) requiredLiteral(condition int) uint64 {
	i := slices.Index(c.guards, condition)
	if i < 0 {
		i = len(c.guards)
		c.guards = append(c.guards, condition)
	}
	return 1 << min(i, 63)
}

func (c *compiler) fillPermTable() {
	c.p.permTable = newPermTable(len(c.p.perms) + len(c.p.bundles))
	for i := range c.p.resources {
		c.p.resources[i].index = i
	}
	for i := range c.p.perms {
		perm := &c.p.perms[i]
		perm.res = &c.p.resources[perm.resource]
		c.p.permTable.add(perm.name, i, perm)
	}
	for i, b := range c.p.bundles {
		c.p.permTable.add(b.name, ^i, nil)
	}
}
