package deps_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/usher-go/usher/internal/deps"
)

var rules = deps.Rules{
	Module: "acme.dev/app",
	Graph: `
		.:
		low:
		yaml: low gopkg.in/yaml.v3
		high: . low yaml # not cmd
		cmd/...: core`,
	Tests: `
		.: core github.com/google/go-cmp
		cmd: core
		kit: any`,
	Bans: []deps.Ban{
		{In: "high", Use: "os/... time.Now", Why: "high is pure"},
		{In: "core", But: "low", Use: "embed", Why: "files are low"},
	},
}

// fineTree returns a repository that keeps the rules, and uses everything that they allow.
func fineTree() fstest.MapFS {
	tree := fstest.MapFS{}
	for file, code := range map[string]string{
		"go.mod":          ``,
		"root.go":         `package root`,
		"root_test.go":    `package root_test; import ("github.com/google/go-cmp/cmp"; "acme.dev/app/high")`,
		"low/l.go":        `package low; import ("embed"; "os"; "time"); var now = time.Now`,
		"yaml/y.go":       `package yaml; import "gopkg.in/yaml.v3"`,
		"high/h.go":       `package high; import ("time"; "acme.dev/app/yaml"); const day = 24 * time.Hour`,
		"high/h_test.go":  `package high_test; import ("os"; "acme.dev/app/high")`,
		"high/testdata/x": `no Go`,
		"cmd/go.mod":      ``,
		"cmd/main.go":     `package main; import ("os"; "acme.dev/app/high"; "acme.dev/app/cmd/cli")`,
		"cmd/cli/cli.go":  `package cli`,
		"kit/go.mod":      ``,
	} {
		tree[file] = &fstest.MapFile{Data: []byte(code)}
	}
	return tree
}

// For each rule there is a tree that breaks it.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name       string
		file, code string // added to the tree, or removed from it if code is empty
		want       string
	}{
		{
			"nothing", "high/x.go", `package high`,
			``,
		},
		{
			"an arrow", "low/x.go", `package low; import "acme.dev/app/high"`,
			`low/x.go:1: low imports high: to allow it, add high to the line "low:" of graph in deps_test.go`,
		},
		{
			"an arrow out of the core", "high/x.go", `package high; import "acme.dev/app/cmd/cli"`,
			`high/x.go:1: high imports cmd/cli: to allow it, add cmd/cli to the line "high:" of graph in deps_test.go`,
		},
		{
			"a third party", "high/x.go", `package high; import "gopkg.in/yaml.v3"`,
			`high/x.go:1: high imports gopkg.in/yaml.v3: to allow it, add its module to the line "high:" of graph in deps_test.go`,
		},
		{
			"a third party for tests", "cmd/cli/x.go", `package cli; import "github.com/google/go-cmp/cmp"`,
			`cmd/cli/x.go:1: cmd/cli imports github.com/google/go-cmp/cmp: to allow it, add its module to the line "cmd/...:" of graph in deps_test.go`,
		},
		{
			"a third party in a test", "cmd/x_test.go", `package main; import "github.com/google/go-cmp/cmp"`,
			`cmd/x_test.go:1: cmd imports github.com/google/go-cmp/cmp: to allow it, add its module to the line "cmd:" of tests in deps_test.go`,
		},
		{
			"a package without a line", "new/x.go", `package new`,
			`new has no line: add "new:" and what it may import to graph in deps_test.go`,
		},
		{
			"a line without a package", "low/l.go", ``,
			`low is not a package: remove its line from graph in deps_test.go`,
		},
		{
			"a line without a module", "kit/go.mod", ``,
			`kit is not a module: remove its line from tests in deps_test.go`,
		},
		{
			"a ban", "high/x.go", `package high; import "os/exec"`,
			`high/x.go:1: high uses os/exec: banned, high is pure`,
		},
		{
			"a ban, through another package", "yaml/x.go", "package yaml\nimport clock `time`\nvar now = clock.Now()",
			`yaml/x.go:3: high uses time.Now through yaml: banned, high is pure`,
		},
		{
			"a ban with an exception", "root.go", `package root; import _ "embed"`,
			`root.go:1: . uses embed: banned, files are low`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := fineTree()
			tree[tt.file] = &fstest.MapFile{Data: []byte(tt.code)}
			if tt.code == "" {
				delete(tree, tt.file)
			}

			got, err := rules.Check(tree)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(got, "\n"); got != tt.want {
				t.Errorf("Check returned\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A line may name only lines above it, so the graph has no cycles.
func TestCheckOrder(t *testing.T) {
	upwards := rules
	upwards.Graph = strings.Replace(rules.Graph, "low:", "low: high", 1)

	got, err := upwards.Check(fineTree())
	if err != nil {
		t.Fatal(err)
	}
	const want = "low may import high, which has no line above it in graph in deps_test.go"
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("Check returned\n%s\nwant\n%s", got, want)
	}
}
