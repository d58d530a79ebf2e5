package usher_test

import (
	"os"
	"testing"

	"github.com/usher-go/usher/internal/deps"
)

// graph is the import graph. Each line has a package and all packages that it may import,
// besides the standard library. "." is the root package, other packages are named by their
// directory, third-party packages by their module. A line refers only to lines above it, so
// the text reads from the vocabulary to the implementation.
//
// dir/... stands for the packages in and below dir, which may import each other; core for
// every package of the core module; any for all packages.
const graph = `
# Safe printing of text from outside, and JSON.
internal/printable:
internal/raced:
internal/strictjson: internal/printable

# The vocabulary of requests and decisions: all that a handler imports. A program that makes
# decisions itself also imports decision. Only these packages know the layout of a decision.
permission: internal/printable
internal/packed:
.: permission internal/printable internal/packed
decision: . internal/packed
internal/criteria: .
internal/criteria/criteriatest: . internal/criteria
filter: . internal/criteria internal/printable internal/strictjson
mask: . permission internal/printable
usherhttp: . permission internal/printable

# The parts of an account. Its tables are immutable, and changed copies are cheap.
internal/table:
seat: . internal/printable
role: . permission seat internal/printable
team: . permission internal/printable internal/table

# The policy document, and the compiled policy.
internal/suggest: internal/printable
policy/syntax: . permission role internal/printable internal/suggest
policy: . decision permission role team seat filter internal/criteria internal/printable internal/suggest internal/table policy/syntax

# From YAML to a policy. Only source reads YAML, so that every error has its position.
internal/source: internal/printable internal/suggest gopkg.in/yaml.v3
policy/policyfile: . permission role internal/printable internal/source internal/suggest policy policy/syntax
preset: internal/printable internal/suggest policy policy/policyfile
internal/roletable: internal/printable role policy

# How an account changes. A store handles bytes and versions, and does not interpret them.
account: . decision permission role team seat internal/printable internal/strictjson internal/suggest internal/table policy
store: . internal/printable
store/memstore: . internal/printable store
store/storetest: . store internal/raced # shorter rows under the race detector
store/storecopy: . store internal/printable
store/storefeed: . account store internal/printable # a feed verifies the chain of the commits
store/filearchive: . store internal/printable
internal/archived: . store internal/printable # what an archive has of journals
store/storearchive: . store internal/archived
internal/sqljournal: . store internal/printable # the stores in SQL databases share it
internal/mirror: . account seat store internal/printable internal/sqljournal # the tables of members
internal/mirror/mirrortest: . account policy policy/policyfile role seat store internal/printable
engine: . decision permission role seat filter policy account store internal/archived internal/printable internal/table

# The pages for the users of an account.
console: . permission role seat internal/printable internal/suggest policy/syntax policy account store engine usherhttp

# Test files, which the command line also runs. The parsed documents are a package of
# their own, so that only the parser reads YAML.
internal/testfile: . permission role seat internal/printable internal/source internal/suggest policy policy/syntax account
policytest: . permission role seat internal/printable internal/suggest internal/testfile policy policy/syntax policy/policyfile preset account store store/memstore engine

# For tests only.
internal/deps:
internal/hostile:
internal/storefault: . store
internal/pgtest: internal/printable
internal/natstest: internal/printable
internal/turns:
ushertest: . decision permission internal/printable usherhttp
usherfiles: . internal/printable internal/suggest internal/roletable policy policy/policyfile preset store store/memstore engine policytest

# Modules of their own.
store/boltstore: . store internal/printable go.etcd.io/bbolt
store/natsstore: . store internal/printable github.com/nats-io/nats.go github.com/nats-io/nuid
store/pgstore: . store internal/printable internal/mirror internal/sqljournal github.com/jackc/pgx/v5
store/sqlstore: . store internal/printable internal/mirror internal/sqljournal
cmd/usher/...: core store/boltstore store/pgstore store/sqlstore github.com/jackc/pgx/v5 github.com/spf13/cobra golang.org/x/term modernc.org/sqlite
examples/cluster: core store/natsstore internal/natstest github.com/nats-io/nats.go
examples/...: core store/boltstore store/pgstore store/sqlstore github.com/jackc/pgx/v5 modernc.org/sqlite
console/browsertest/...:
proof/...: any
benchmarks/...: any
tools/...: golang.org/x/mod # they read go.mod files and make module archives
`

// tests lists what the test files of a module may import besides the imports of their
// package.
const tests = `
.: core gopkg.in/yaml.v3 github.com/google/go-cmp github.com/stretchr/testify
cmd/usher: core go.etcd.io/bbolt github.com/google/go-cmp github.com/rogpeppe/go-internal github.com/stretchr/testify
store/boltstore: core go.etcd.io/bbolt github.com/google/go-cmp github.com/stretchr/testify
store/natsstore: core internal/natstest store/boltstore github.com/nats-io/nats.go github.com/stretchr/testify
store/pgstore: core github.com/jackc/pgx/v5 github.com/google/go-cmp github.com/stretchr/testify
store/sqlstore: core github.com/jackc/pgx/v5 modernc.org/sqlite github.com/google/go-cmp github.com/stretchr/testify
examples: core store/boltstore github.com/stretchr/testify
console/browsertest: core github.com/chromedp/chromedp github.com/chromedp/cdproto github.com/stretchr/testify
proof: any
benchmarks: any
tools: any
`

// pure lists the packages that decide. All their input comes as arguments.
const pure = ". decision permission role team seat filter mask policy/syntax policy account"

// bans apply in addition to the graph, to the non-test files of a package and to everything
// in this repository that they link.
var bans = []deps.Ban{
	{
		In: pure, Use: "net/... os/... io/fs database/sql/... math/rand/... crypto/rand",
		Why: "the same request on the same state has one result, so that a decision can be replayed",
	},
	{
		In: pure, Use: "time.Now time.Since time.Until",
		Why: "time is an input, so that a check for a future date is the same call",
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
		Why: "a host's binary contains no embedded files unless it links preset",
	},
	{
		In: "core cmd/usher/... store/...", But: "store/storetest ushertest usherfiles internal/pgtest internal/natstest internal/turns", Use: "testing/... github.com/google/go-cmp/... github.com/stretchr/testify/...",
		Why: "a host's binary would contain test libraries",
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
