// Package proof_test tests the JSON Schemas: they agree with the loaders of policy files and test
// files. It is in a separate module, so that no other module requires its dependencies.
package proof_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

const (
	policySchema = "../schema/policy.schema.json"
	testSchema   = "../schema/test.schema.json"
)

// kinds are the kinds of files that have a schema. The files of the last pattern are small.
var kinds = []struct {
	schema      string
	files       []string // patterns
	parse, load func(name string, src []byte) error
}{
	{
		policySchema,
		[]string{"../preset/*.yaml", "../testdata/trust/*.policy.yaml", "../policy/testdata/warned/*.yaml", "../policy/testdata/accepted/*.yaml"},
		func(name string, src []byte) error { _, err := policyfile.Parse(name, src); return err },
		func(name string, src []byte) error { _, err := policyfile.Load(name, src); return err },
	},
	{
		testSchema,
		[]string{"../testdata/conformance/*.yaml", "../testdata/trust/*.test.yaml", "../testdata/stories/*.test.yaml", "testdata/tests/*.yaml"},
		func(name string, src []byte) error { _, err := testfile.Parse(name, src); return err },
		func(name string, src []byte) error { _, err := policytest.Load(name, src, os.ReadFile); return err },
	},
}

// The schema accepts each file that loads.
func TestSchemaAccepts(t *testing.T) {
	for _, kind := range kinds {
		schema := compile(t, kind.schema, "")
		for _, pattern := range kind.files {
			for _, file := range files(t, pattern) {
				src, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.NoError(t, kind.load(file, src), "Load(%s)", file)
				value, ok := readYAML(src)
				assert.True(t, ok, "%s is YAML", file)
				assert.NoError(t, schema.Validate(value), "Validate(%s)", file)
			}
		}
	}
}

// The schema of test files has every code with which a command can fail.
func TestSchemaHasCodes(t *testing.T) {
	src, err := os.ReadFile(testSchema)
	require.NoError(t, err)
	for _, code := range account.Codes() {
		assert.Contains(t, string(src), `{ "const": "`+code+`", "description"`)
	}
}

// The schema rejects a mistake in the structure of a file. The loader rejects the others, which
// concern several parts of a file or the form of the YAML.
func TestSchemaRefuses(t *testing.T) {
	const mark = "\n# schema: refuses\n"
	schema := compile(t, policySchema, "")
	seeded := files(t, "../policy/testdata/refused/*.yaml")
	refused := 0
	for _, file := range seeded {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		value, ok := readYAML(src)
		err = nil
		if ok {
			err = schema.Validate(value)
		}
		if err != nil {
			refused++
		}
		if want := bytes.Contains(src, []byte(mark)); want != (err != nil) {
			t.Errorf("Validate(%s) = %v, want an error: %t, as the file's mark has it", file, err, want)
		}
	}
	t.Logf("the schema sees %d of %d mistakes", refused, len(seeded))
}

// For all sequences of a few words in a cell, if ParseRule accepts a rule, the pattern of the
// schema does, too. The converse holds except for repetitions, which a pattern cannot reject.
func TestSchemaRules(t *testing.T) {
	rule, forbid := compile(t, policySchema, "#/$defs/rule"), compile(t, policySchema, "#/$defs/forbid")
	words := []string{"as", "or", "if", "not", "and", "hiding", "team", "host", "mfa", "any", "above", "here"}
	var try func(text string, more int)
	try = func(text string, more int) {
		r, err := syntax.ParseRule(text)
		repeats := err != nil && regexp.MustCompile("duplicate |never hold together|has here once").MatchString(err.Error()) && !strings.Contains(text, "here as")
		if got := rule.Validate(text) == nil; got != (err == nil || repeats) {
			t.Errorf("schema: %q is a rule: %t, want %t: ParseRule says %v", text, got, !got, err)
		}
		if got := forbid.Validate(text) == nil; !repeats && got != (err == nil && r.Hiding == nil && !strings.Contains(text, "here")) {
			t.Errorf("schema: %q is a rule that forbids: %t, want %t: ParseRule says %v", text, got, !got, err)
		}
		if more == 0 {
			return
		}
		for _, word := range words {
			try(text+" "+word, more-1)
		}
	}
	for _, first := range []string{"own", "team", "here", "host", "if", ""} {
		try(first, 4)
	}
}

// The schema accepts each damaged file that still loads.
func TestSchemaDamage(t *testing.T) {
	for _, kind := range kinds {
		t.Run(filepath.Base(kind.schema), func(t *testing.T) {
			t.Parallel()
			schema := compile(t, kind.schema, "")
			tried, missed := 0, 0
			for _, file := range files(t, kind.files[len(kind.files)-1]) {
				src, err := os.ReadFile(file)
				require.NoError(t, err)
				damage(t, src, func(what string, src []byte) {
					tried++
					value, ok := readYAML(src)
					if !ok {
						return
					}
					invalid, refused := schema.Validate(value), kind.parse(file, src)
					if invalid == nil && refused != nil {
						missed++
					}
					if invalid != nil && refused == nil && kind.load(file, src) == nil {
						t.Errorf("Validate(%s, %s) = %v, want nil: it loads", file, what, invalid)
					}
				})
			}
			t.Logf("of %d damaged files, the schema accepts %d that do not parse", tried, missed)
		})
	}
}

// stride is the number of ways to damage a file for each one that is tested: all of them take a
// minute.
const stride = 11

// damage changes a node, or removes an entry.
func damage(t *testing.T, src []byte, try func(what string, src []byte)) {
	t.Helper()
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal(src, &root))
	ways := 0
	with := func(what string) {
		if ways++; ways%stride != 0 {
			return
		}
		damaged, err := yaml.Marshal(&root)
		require.NoError(t, err)
		try(what, damaged)
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			is := *child
			for _, other := range []string{"null", "[]", "{}", "[x, x]", "{x: x}", "x y", "team", "7", "2026-01-31"} {
				var doc yaml.Node
				require.NoError(t, yaml.Unmarshal([]byte(other), &doc))
				*child = *doc.Content[0]
				with(fmt.Sprintf("line %d: %s for %q", is.Line, other, is.Value))
			}
			*child = is
			content := n.Content
			switch {
			case n.Kind == yaml.SequenceNode:
				n.Content = append(slices.Clone(content[:i]), content[i+1:]...)
			case n.Kind == yaml.MappingNode && i%2 == 0:
				n.Content = append(slices.Clone(content[:i]), content[i+2:]...)
			}
			with(fmt.Sprintf("line %d: without %q", is.Line, is.Value))
			n.Content = content
			walk(child)
		}
	}
	walk(&root)
}

// For each command, the schema requires and accepts the same arguments as the loader.
func TestSchemaCommands(t *testing.T) {
	values := map[string]string{
		"as": "mia", "with": "{mfa: true}", "at": "2026-01-31", "fails": "denied", "expect": "allow",
		"owner": "x", "user": "x", "role": "x", "status": "active", "team": "x", "teams": "[x]", "parent": "x", "pool": "x", "total": "3", "seats": "{booking: 5}",
		"setting": "x", "value": "true", "grant": "x", "until": "2026-01-31T00:00:00+01:00", "field": "x", "type": "date", "to": "x", "before": "x",
	}
	schema := compile(t, testSchema, "")
	agree := func(body string) {
		src := []byte(step + body + end)
		_, err := testfile.Parse("step.yaml", src)
		value, ok := readYAML(src)
		if invalid := schema.Validate(value); !ok || (err == nil) != (invalid == nil) {
			t.Errorf("Validate({%s}) = %v, and Parse says %v; want them to agree", body, invalid, err)
		}
	}
	agree("do: set-rolle, user: x, role: x")
	commands := arguments(t)
	require.NotEmpty(t, commands)
	for command, required := range commands {
		body := "do: " + command
		agree(body)
		for _, arg := range required {
			body += ", " + arg + ": " + values[arg]
		}
		agree(body)
		agree("do: [{" + body + "}]")
		for arg, value := range values {
			if !strings.Contains(body, " "+arg+": ") {
				agree(body + ", " + arg + ": " + value)
				agree("do: [{" + body + ", " + arg + ": " + value + "}]")
				continue
			}
			agree(strings.Replace(body, ", "+arg+": "+value, "", 1))
			agree(strings.Replace(body, ", "+arg+": "+value, ", "+arg+": {}", 1))
			agree(strings.Replace(body, ", "+arg+": "+value, ", "+arg+": null", 1))
		}
	}
}

// The schema and the loader have the same words.
func TestSchemaWords(t *testing.T) {
	reasons, codes := compile(t, testSchema, "#/$defs/reason"), consts(t, "code")
	for _, reason := range usher.Reasons() {
		denies := reason != usher.ReasonGranted.String()
		assert.Equal(t, denies, reasons.Validate(reason) == nil, "%s is a reason of a denial", reason)
	}
	assert.Len(t, consts(t, "reason"), len(usher.Reasons())-1)
	require.NotEmpty(t, codes)
	for _, code := range codes {
		_, err := testfile.Parse("step.yaml", []byte(step+"do: leave, fails: "+code+end))
		assert.NoError(t, err, "Parse of a step that fails: %s", code)
	}
}

// step is the beginning of a test file with one step, and end is its end.
const (
	step = "{usher: 1, policy: oncehub, account: {}, scenarios: [{name: x, steps: [{"
	end  = "}]}]}"
)

// arguments returns the commands of the schema with their required arguments.
func arguments(t *testing.T) map[string][]string {
	t.Helper()
	commands := map[string][]string{}
	for _, command := range consts(t, "command") {
		commands[command] = nil
	}
	for _, a := range readDefs(t)["arguments"].AllOf {
		name := a.If.Properties.Do.Const
		assert.Contains(t, commands, name)
		commands[name] = a.Then.Required
	}
	return commands
}

// consts returns the words that a definition of the test schema lists.
func consts(t *testing.T, name string) (words []string) {
	t.Helper()
	for _, item := range readDefs(t)[name].AnyOf {
		words = append(words, item.Const)
	}
	return words
}

// definition is the part of a definition of a schema that the tests read.
type definition struct {
	AnyOf []struct{ Const string }
	AllOf []struct {
		If struct {
			Properties struct{ Do struct{ Const string } }
		}
		Then struct{ Required []string }
	}
}

func readDefs(t *testing.T) map[string]definition {
	t.Helper()
	src, err := os.ReadFile(testSchema)
	require.NoError(t, err)
	var schema struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(src, &schema))
	defs := map[string]definition{}
	for _, name := range []string{"command", "arguments", "reason", "code"} {
		var d definition
		require.NoError(t, json.Unmarshal(schema.Defs[name], &d), "$defs/%s", name)
		defs[name] = d
	}
	return defs
}

// Every key has a description in the schema.
func TestSchemaDescriptions(t *testing.T) {
	for _, path := range []string{policySchema, testSchema} {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		var root map[string]any
		require.NoError(t, json.Unmarshal(src, &root))
		explained := func(schema map[string]any) bool {
			ref, _ := schema["$ref"].(string)
			defs := root["$defs"].(map[string]any)
			def, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			return schema["description"] != nil || def["description"] != nil
		}
		var walk func(at string, value any)
		walk = func(at string, value any) {
			switch value := value.(type) {
			case []any:
				for _, item := range value {
					walk(at, item)
				}
			case map[string]any:
				keys, _ := value["properties"].(map[string]any)
				for key, schema := range keys {
					// A schema without any of these refines a key that has its description elsewhere.
					schema, _ := schema.(map[string]any)
					if schema["type"] != nil || schema["$ref"] != nil || schema["enum"] != nil || schema["anyOf"] != nil {
						assert.True(t, explained(schema), "%s: %s/%s has no description", path, at, key)
					}
				}
				for key, part := range value {
					walk(at+"/"+key, part)
				}
			}
		}
		walk("", root)
	}
}

func compile(t *testing.T, path, part string) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(path + part)
	require.NoError(t, err)
	return schema
}

// files returns the paths that match patterns. Each pattern must match some.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, paths, "no files in %s", pattern)
		all = append(all, paths...)
	}
	return all
}

// readYAML reads the first document like an editor, with the types of YAML 1.2. ok is false if
// there is none.
func readYAML(src []byte) (value any, ok bool) {
	var n yaml.Node
	if err := yaml.Unmarshal(src, &n); err != nil || len(n.Content) == 0 {
		return nil, false
	}
	return toJSON(n.Content[0]), true
}

func toJSON(n *yaml.Node) any {
	switch n.Kind {
	case yaml.AliasNode:
		return toJSON(n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, toJSON(item))
		}
		return list
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].ShortTag() == "!!merge" {
				continue // an editor looks through it
			}
			m[n.Content[i].Value] = toJSON(n.Content[i+1])
		}
		return m
	}
	var value any
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&value); err == nil {
			return value
		}
	}
	return n.Value
}
