package policy_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy/policyfile"
)

// A hostile policy file cannot keep a host application busy. Each input is a hostile mebibyte, the
// size limit. A cost that grows faster than the file shows in the bytes allocated for each byte of
// it, or, without allocations, in minutes, which go test ends.
func TestLargeInputsCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	const most = 3000
	inputs := largeInputs()
	names := slices.Sorted(maps.Keys(inputs))
	for _, name := range names[:raced.Part(len(names), 4)] {
		t.Run(name, func(t *testing.T) { // not parallel, because all allocations count
			src := []byte(inputs[name])
			if len(src) > 1<<20 {
				t.Fatalf("the input is %d bytes long, so it is not read at all", len(src))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := policyfile.Load("large.yaml", src)
			if err == nil {
				p.Warnings()
			} else {
				_ = err.Error()
			}
			runtime.ReadMemStats(&after)
			if each := (after.TotalAlloc - before.TotalAlloc) / uint64(len(src)); each > most {
				t.Errorf("Load(%.40q…) allocates %d bytes for each byte of the file, want at most %d", src, each, most)
			} else {
				t.Logf("%d bytes for each", each)
			}
		})
	}
}

func largeInputs() map[string]string {
	inputs := map[string]string{}
	for _, some := range []map[string]string{largeYAML(), largeSections(), largeUnknowns(), largeClosures()} {
		maps.Copy(inputs, some)
	}
	return inputs
}

// largeYAML has large inputs that are only YAML.
func largeYAML() map[string]string {
	inputs := map[string]string{}
	for name, unit := range map[string]string{
		"lists in lists":      "[",
		"maps in maps":        "{a: ",
		"lists in a line":     "- ",
		"complex keys":        "? ",
		"comments":            "#\n",
		"comments, indented":  "  # x\n",
		"blank lines":         "\n",
		"blanks":              " ",
		"tabs":                "\t",
		"zeros":               "\x00",
		"documents":           "---\n",
		"directives":          "%TAG ! tag:x,2000:\n",
		"anchors":             "&a ",
		"tags":                "!a ",
		"double quotes":       `"`,
		"colons with a blank": ": ",
		"aliases":             "- *a\n",
		"keys":                "k%d: 1\n",
		"keys, commented":     "# a\nk%d: 1 # b\n# c\n\n",
		"the same key":        "usher: 1\n",
		"long keys":           "hands-over-to-conditions-hands-over-to-conditions-hands-ov%d: 1\n",
	} {
		inputs[name] = fill("", unit, "")
	}
	inputs["maps below maps"] = deeper("a:\n")
	inputs["lists below lists"] = deeper("-\n")
	inputs["one list"] = fill("features: [", "a,", "]\n")
	inputs["one list, left open"] = fill("features: [", "a,", "")
	inputs["one list of maps"] = fill("features: [", "{},", "]\n")
	inputs["one map"] = fill("features: {", "k%d,", "}\n")
	inputs["one word"] = fill(roles+"title: ", "a", "")
	inputs["many words"] = fill(roles+"title: ", "a ", "")
	inputs["many lines"] = fill(roles+"title:\n", "  a\n", "")
	inputs["many folded lines"] = fill(roles+"title: >\n", "  a\n\n", "")
	inputs["many lines in quotes"] = fill(roles+`title: "`, "\n", `"`)
	inputs["many escapes"] = fill(roles+`title: "`, `\n`, `"`)
	inputs["aliases of aliases"] = fill("a0: &a0 [x]\n", "a%d: &a%d [*a0, *a0, *a0, *a0]\n", "")
	inputs["merge keys"] = fill("roles:\n  a: &a {default: true}\n", "  r%d: {<<: *a}\n", "")
	return inputs
}

// largeSections has large inputs for each section of a policy, valid but for limits, or wrong in
// every line.
func largeSections() map[string]string {
	inputs := map[string]string{}
	for name, parts := range map[string][2]string{
		"roles":             {"", "  r%d: {}\n"},
		"settings":          {"settings:\n", "  s%d: true\n"},
		"conditions":        {"conditions:\n", "  c%d: {context: c%d}\n"},
		"resources":         {"resources:\n", "  r%d: {}\n"},
		"parties":           {"resources:\n  page:\n    parties:\n", "      p%d: users\n"},
		"fields":            {"resources:\n  page:\n    fields:\n      g:\n", "      - f%d\n"},
		"permissions":       {"resources:\n  page:\n    permissions:\n", "      p%d: {}\n"},
		"cells":             {"resources:\n  page:\n    permissions:\n", "      p%d: {owner: any, member: own, everyone: any}\n"},
		"rules in a cell":   {page + "      view:\n        member:\n", "        - any\n"},
		"rules under never": {"never:\n  user.view:\n", "  - own\n"},
		"bundles":           {"bundles:\n", "  b%d: [user.view]\n"},
		"statuses":          {"seats:\n  booking:\n    holds:\n", "    - active\n"},

		"wrong keys of roles":     {"", "  r%d: {uniqe: true, defualt: true, titel: x}\n"},
		"wrong rules":             {page + "      view:\n        member:\n", "        - an\n"},
		"wrong rules under never": {"never:\n", "  a.b%d: any hiding a\n"},
		"same fields":             {"resources:\n  page:\n    fields:\n      g:\n", "      - f\n"},
		"nothing":                 {"features:\n", "-\n"},
	} {
		inputs[name] = fill(roles+parts[0], parts[1], "")
	}
	inputs["names in a rule"] = fill(roles+page+"      view: {member: any if mfa", " and mfa", "}\n")
	inputs["parties in a rule"] = fill(roles+page+"      view: {member: own as a", " or a%d", "}\n")
	inputs["words in a rule"] = fill(roles+page+"      view: {member: any", " any", "}\n")
	inputs["a word in a rule"] = fill(roles+page+"      view: {member: any if ", "a", "}\n")
	return inputs
}

// largeUnknowns has unknown names beside many declared ones.
func largeUnknowns() map[string]string {
	inputs := map[string]string{}
	half := func(head, unit string) string { return fillTo(1<<19, roles+head, unit) }
	const long = "a-name-that-is-as-long-as-names-are-compared-that-is-%d"
	manyParties := half("resources:\n", "  r%d: {parties: {a: users, b: users, c: users, d: users, e: users, f: users, g: users}}\n")
	for name, parts := range map[string][2]string{
		"unknown features":                      {half("features:\n", "- f%d\n") + "conditions:\n", "  c%d: {feature: x%d}\n"},
		"unknown features, long":                {fillTo(1<<20-1<<15, roles+"features:\n", "- "+long+"\n") + "conditions:\n", "  c%d: {feature: " + long + "-}\n"},
		"unknown settings":                      {half("settings:\n", "  s%d: true\n") + "conditions:\n", "  c%d: {setting: x%d}\n"},
		"unknown parties":                       {manyParties + "conditions:\n", "  c%d: {party: x}\n"},
		"parties, looked for":                   {manyParties + "  last: {parties: {z: users}}\nconditions:\n", "  c%d: {party: z}\n"},
		"attributes, kept apart from parties":   {manyParties + "conditions:\n", "  c%d: {attribute: z}\n"},
		"unknown conditions":                    {half("conditions:\n", "  c%d: {context: c}\n") + page, "      p%d: {member: [any if a, any if b, any if d and e and f and g]}\n"},
		"unknown groups":                        {half("resources:\n  page:\n    fields:\n", "      g%d: [f]\n") + "    permissions:\n", "      p%d: {member: [any hiding a, any hiding b, any hiding a and b and c and d and e and h]}\n"},
		"unknown roles in cells":                {roles + lines(254, "  r%d: {}\n") + page + "      view:\n", "        x%d: any\n"},
		"unknown roles, included":               {roles + "  r:\n    includes:\n", "    - x%d\n"},
		"unknown permissions under never":       {roles + page + lines(4000, "      p%d: {}\n") + "never:\n", "  page.x%d: any\n"},
		"unknown permissions in a bundle":       {half("features:\n", "- f%d\n") + "bundles:\n  b:\n", "  - x%d\n"},
		"unknown permissions in a bundle, long": {half("features:\n", "- "+long+"\n") + "bundles:\n  b:\n", "  - " + long + "-\n"},
	} {
		inputs[name] = fill(parts[0], parts[1], "")
	}
	return inputs
}

// largeClosures has roles that include many others on many paths, and nested bundles.
func largeClosures() map[string]string {
	inputs := map[string]string{}
	const most = 4000 // the largest number of permissions that fits
	inputs["roles in a chain"] = roles + manyRoles(250, 1, "") + page + lines(most, "      p%d: {}\n")
	inputs["roles in a chain, with cells"] = roles + manyRoles(250, 1, "") + page + lines(3900, "      p%d: {r0: any}\n")
	inputs["roles that include all before"] = roles + manyRoles(250, 250, "") + page + lines(most, "      p%d: {r0: any}\n")
	inputs["roles in a circle"] = roles + "  last: {includes: [r249]}\n" + manyRoles(250, 250, "last, ")
	inputs["roles on many ways"] = ways(115, 16, 0, 115) + page + lines(most, "      p%d: {}\n")
	inputs["roles on too many ways"] = ways(60, 38, 38, 100) + page + "      view: {r0: any}\n"
	inputs["pointless rules"] = roles + manyRoles(250, 250, "") + page + "      view:\n" + lines(250, "        r%d: ["+strings.Repeat("own as host, ", 29)+"any]\n")
	inputs["long rules, included"] = longRules()

	bundle := page + lines(most, "      p%d: {}\n") + "bundles:\n  all: [" + list("page.p", 0, most) + "]\n"
	inputs["bundles of one bundle, many times"] = fill(roles+bundle+"  b: [", "all,", "]\n")
	inputs["bundles of bundles"] = fill(roles+bundle, "  b%d: [all]\n", "")
	inputs["bundles in a circle"] = fill(roles+"bundles:\n  last: [b0]\n"+bundleChain(1000)+"  b1000: [", "b0,", "]\n")
	return inputs
}

const page = "resources:\n  page:\n    parties: {host: users}\n    permissions:\n"

// fill repeats a unit, with a number for each %d, until no more fits into a mebibyte.
func fill(head, unit, tail string) string {
	return fillTo(1<<20-len(tail), head, unit) + tail
}

func fillTo(size int, head, unit string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; ; i++ {
		next := unit
		if strings.Contains(unit, "%d") {
			next = strings.ReplaceAll(unit, "%d", fmt.Sprint(i))
		}
		if b.Len()+len(next) > size {
			return b.String()
		}
		b.WriteString(next)
	}
}

// deeper repeats a line, each time indented by one more blank.
func deeper(line string) string {
	var b strings.Builder
	for i := 0; b.Len()+i+len(line) <= 1<<20; i++ {
		b.WriteString(strings.Repeat(" ", i) + line)
	}
	return b.String()
}

// manyRoles returns roles r0, r1, …, each of which includes the given number of earlier ones.
func manyRoles(n, before int, also string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  r%d: {includes: [%s%s]}\n", i, also, list("r", max(0, i-before), i))
	}
	return b.String()
}

// list returns numbered names, from one number up to but without another.
func list(name string, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%s%d, ", name, i)
	}
	return b.String()
}

// ways returns many roles t that include many roles r, on paths through guarded roles g, and
// through some of the guarded roles h before those if there are any.
func ways(r, g, h, t int) string {
	var b strings.Builder
	b.WriteString("usher: 1\nconditions:\n" + lines(g, "  c%d: {context: c%d}\n") + roles[len("usher: 1\n"):])
	b.WriteString(lines(r, "  r%d: {}\n"))
	b.WriteString(lines(g, "  g%d: {requires: [c%d], includes: ["+list("r", 0, r)+"]}\n"))
	for i := range h {
		first := (i + 1) % (g - 16)
		fmt.Fprintf(&b, "  h%d: {requires: [c%d], includes: [%s]}\n", i, i, list("g", first, first+16))
	}
	last := list("g", 0, g)
	if h > 0 {
		last = list("h", 0, h)
	}
	b.WriteString(lines(t, "  t%d: {includes: ["+last+"]}\n"))
	return b.String()
}

// longRules returns a cell of long rules that differ at their ends, for a role that many include.
func longRules() string {
	var b strings.Builder
	b.WriteString("usher: 1\nconditions:\n")
	var conditions []string
	for i := range 35 {
		conditions = append(conditions, strings.Repeat("c", 400)+fmt.Sprint(10+i))
		fmt.Fprintf(&b, "  %s: {context: x}\n", conditions[i])
	}
	b.WriteString(roles[len("usher: 1\n"):] + manyRoles(250, 250, "") + page + "      view:\n        r0:\n")
	for i := range 60 {
		last := conditions[30:]
		last[i%5], last[i/5%5] = last[i/5%5], last[i%5]
		fmt.Fprintf(&b, "        - any if %s\n", strings.Join(conditions, " and "))
	}
	return b.String()
}

// bundleChain returns bundles b0, b1, … each of which contains the next.
func bundleChain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  b%d: [b%d]\n", i, i+1)
	}
	return b.String()
}
