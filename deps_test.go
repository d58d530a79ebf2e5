package usher_test

import (
	"os"
	"testing"

	"github.com/usher-go/usher/internal/deps"
)

// graph says who may import whom: after a package stands all that it may import besides
// the standard library. A package is named by its directory, "." is the root; a third
// party by its module. A line names only lines above it, so that the text reads from the
// words to the machinery.
//
// dir/... stands for the packages in and below dir, which may import each other; core for
// every package of the core module; any for anything.
const graph = `
# What every text from outside goes through before it is printed, and JSON.
internal/printable:
internal/strictjson: internal/printable

# The words of question and answer: all that a handler imports. A program that makes
# decisions itself imports decision, too; the layout of a decision is theirs alone.
permission: internal/printable
internal/packed:
.: permission internal/printable internal/packed
decision: . internal/packed
internal/criteria: .
filter: . internal/criteria internal/printable internal/strictjson
mask: . permission internal/printable
usherhttp: . permission internal/printable

# What an account is made of. Its tables are immutable, and a changed copy is cheap.
internal/table:
seat: . internal/printable
role: . permission seat internal/printable
team: . permission internal/printable internal/table

# The policy file as it is written, and the policy that decides.
internal/suggest: internal/printable
policy/syntax: . permission role internal/printable internal/suggest
policy: . decision permission role team seat filter internal/criteria internal/printable internal/suggest policy/syntax

# From YAML to a policy. Only source reads YAML, so that every error has its place.
internal/source: internal/printable internal/suggest gopkg.in/yaml.v3
policy/policyfile: . permission role internal/printable internal/source internal/suggest policy policy/syntax
preset: internal/printable internal/suggest policy policy/policyfile
internal/roletable: internal/printable role policy

# How an account changes. A store knows bytes and versions, and nothing of what they mean.
account: . decision permission role team seat internal/printable internal/strictjson internal/suggest internal/table policy
store: . internal/printable
store/memstore: . store
store/storetest: . store
engine: . decision permission role seat filter policy account store internal/printable internal/table

# Test files, which the command line runs too. As they are written, they are a package of
# their own, so that only what parses them reads YAML.
internal/testfile: . permission role seat internal/printable internal/source internal/suggest policy policy/syntax account
policytest: . permission role seat internal/printable internal/suggest internal/testfile policy policy/syntax policy/policyfile preset account store store/memstore engine

# For tests only.
internal/deps:
internal/hostile:
internal/storefault: . store
ushertest: . decision permission internal/printable usherhttp
usherfiles: . internal/printable internal/suggest internal/roletable policy policy/policyfile preset store store/memstore engine policytest

# Modules of their own.
store/boltstore: . store internal/printable go.etcd.io/bbolt
cmd/usher/...: core store/boltstore github.com/spf13/cobra golang.org/x/term
examples/...: core store/boltstore modernc.org/sqlite
proof/...: any
benchmarks/...: any
tools/...: golang.org/x/mod # they read go.mod files and make module archives
`

// tests says what the test files of a module may import besides what their package may.
const tests = `
.: core gopkg.in/yaml.v3 github.com/google/go-cmp github.com/stretchr/testify
cmd/usher: core go.etcd.io/bbolt github.com/google/go-cmp github.com/rogpeppe/go-internal github.com/stretchr/testify
store/boltstore: core go.etcd.io/bbolt github.com/google/go-cmp github.com/stretchr/testify
examples: core store/boltstore
proof: any
benchmarks: any
tools: any
`

// pure are the packages that decide. Whatever they need to know is an argument.
const pure = ". decision permission role team seat filter mask policy/syntax policy account"

// bans hold whatever the graph allows, for the files of a package that are no tests and
// for all that they link of this repository.
var bans = []deps.Ban{
	{
		In: pure, Use: "net/... os/... io/fs database/sql/... math/rand/... crypto/rand",
		Why: "the same question about the same state has one answer, so that a decision can be replayed",
	},
	{
		In: pure, Use: "time.Now time.Since time.Until",
		Why: "time is an input, so that asking about the first of March is the same call",
	},
	{
		In: ". permission policy/syntax policy", Use: "reflect unsafe",
		Why: "a check is a few look-ups in plain data, and must read as such",
	},
	{
		In: pure + " usherhttp ushertest store store/memstore engine", Use: "gopkg.in/yaml.v3/... go.yaml.in/yaml/...",
		Why: "a program that decides, and loads no policy file, links no YAML",
	},
	{
		In: pure, Use: "embed",
		Why: "a host's binary carries no files for us, unless it links preset",
	},
	{
		In: "core cmd/usher/... store/boltstore", But: "store/storetest ushertest usherfiles", Use: "testing/... github.com/google/go-cmp/... github.com/stretchr/testify/...",
		Why: "a host's binary would carry the machinery of tests",
	},
}

func TestImports(t *testing.T) {
	if _, err := os.Stat("tools/go.mod"); err != nil {
		t.Skip("a downloaded module comes without the modules nested in it")
	}
	rules := deps.Rules{Module: "github.com/usher-go/usher", Graph: graph, Tests: tests, Bans: bans}
	wrong, err := rules.Check(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}
