package usher_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what is derived from the types of commands into the pages and the schema")

// The pages and the schema have parts that are derived from the types of the commands. They
// are committed because people and editors read them; "make generate" writes them again.
func TestGenerated(t *testing.T) {
	docs := readCommandDocs(t)
	for _, part := range []struct {
		file, begin, end, text string
	}{
		{"policytest/FORMAT.md", beginMark, endMark, docs.argumentTable()},
		{"policy/FORMAT.md", beginMark, endMark, docs.permissionTable(t)},
		{"schema/test.schema.json", "\n    \"command\": ", "", docs.schema(t)},
	} {
		src, err := os.ReadFile(part.file)
		require.NoError(t, err)
		before, rest, ok := strings.Cut(string(src), part.begin)
		require.True(t, ok, "%s has no %q", part.file, part.begin)
		after := ""
		if part.end != "" {
			_, after, ok = strings.Cut(rest, part.end)
			require.True(t, ok, "%s has no %q", part.file, part.end)
		}
		want := before + part.begin + part.text + part.end + after
		switch {
		case want == string(src):
		case *update:
			require.NoError(t, os.WriteFile(part.file, []byte(want), 0o644))
		default:
			t.Errorf("%s does not say what the types of commands do: run make generate", part.file)
		}
	}
}

const (
	beginMark = "<!-- derived from the types of commands; to change it, run make generate -->\n"
	endMark   = "<!-- end of what is derived -->\n"
)

// argumentTable lists the arguments of each command.
func (docs commandDocs) argumentTable() string {
	var b strings.Builder
	b.WriteString("\n| command | arguments | |\n|---|---|---|\n")
	for _, c := range docs {
		var names, remarks []string
		for _, arg := range c.args {
			names = append(names, "`"+arg.written()+"`")
			if arg.remark() != "" {
				remarks = append(remarks, "`"+arg.Name+"` ("+arg.remark()+")")
			}
		}
		text := c.sentence
		if remarks != nil {
			text += ": " + strings.Join(remarks, ", ")
		}
		b.WriteString("| `" + c.Name + "` |" + strings.Join(append([]string{""}, names...), " ") + " | " + text + " |\n")
	}
	b.WriteString("\n")
	return b.String()
}

// permissionTable lists the permission that each command checks, and the parties of the
// request.
func (docs commandDocs) permissionTable(t *testing.T) string {
	asked := askedFor(t, docs)
	var b strings.Builder
	b.WriteString("\n| command | asks for | about a resource that names |\n|---|---|---|\n")
	for _, c := range docs {
		b.WriteString("| `" + c.Name + "` | " + strings.TrimSpace(asked[c.Name].permission+" | "+asked[c.Name].parties) + " |\n")
	}
	b.WriteString("\n")
	return b.String()
}

// schema returns the definitions of commands and of their arguments, which end the schema
// of test files.
func (docs commandDocs) schema(t *testing.T) string {
	names, arguments := []any{}, []any{}
	for _, c := range docs {
		names = append(names, members{{"const", c.Name}, {"description", c.sentence + "."}})
		if len(c.args) == 0 {
			continue
		}
		required, properties := []any{}, members{}
		for _, arg := range c.args {
			if !arg.Optional {
				required = append(required, arg.Name)
			}
			properties = append(properties, member{arg.Name, arg.schema(t)})
		}
		arguments = append(arguments, members{
			{"if", members{{"required", []any{"do"}}, {"properties", members{{"do", members{{"const", c.Name}}}}}}},
			{"then", members{{"required", required}, {"properties", properties}}},
		})
	}
	command := members{{"description", "A command."}, {"anyOf", names}}
	needs := members{
		{"$comment", "What each command needs and takes besides its name; one that is not here takes nothing. Names are not held to the letters of a policy: a command may name what is not there, to fail."},
		{"allOf", arguments},
	}
	return command.text("    ") + ",\n    \"arguments\": " + needs.text("    ") + "\n  }\n}\n"
}

// members is a JSON object that keeps the order of its keys.
type members []member

type member struct {
	key   string
	value any
}

// text writes the object on one line, or with one key per line if it is long.
func (m members) text(indent string) string {
	parts := make([]string, len(m))
	for i, p := range m {
		parts[i] = jsonText(p.key, "") + ": " + jsonText(p.value, indent+"  ")
	}
	return enclose("{", parts, "}", indent)
}

// jsonText writes members, a list or a plain value as JSON.
func jsonText(value any, indent string) string {
	switch v := value.(type) {
	case members:
		return v.text(indent)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = jsonText(item, indent+"  ")
		}
		return enclose("[", parts, "]", indent)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
}

func enclose(begin string, parts []string, end, indent string) string {
	line := begin + strings.Join(parts, ", ") + end
	if !strings.Contains(line, "\n") && len(indent)+len(line) <= 160 {
		if begin == "{" {
			return "{ " + strings.Join(parts, ", ") + " }"
		}
		return line
	}
	return begin + "\n" + indent + "  " + strings.Join(parts, ",\n"+indent+"  ") + "\n" + indent + end
}

// Each type has a description, and each kind of argument has a schema.
func TestCommandDocs(t *testing.T) {
	for _, c := range readCommandDocs(t) {
		assert.NotEmpty(t, c.sentence, c.Name)
		assert.False(t, strings.HasSuffix(c.sentence, "."), c.Name)
		for _, arg := range c.args {
			assert.NotEmpty(t, argKinds[arg.Kind].description, "%s of %s is a %s", arg.Name, c.Name, arg.Kind)
			if arg.Optional {
				assert.Contains(t, arg.comment, "default: ", "%s of %s may be left out: say in its comment what it is then", arg.Name, c.Name)
			}
		}
		assert.True(t, slices.IsSortedFunc(c.args, func(a, b argDoc) int { return len(optionalMark(a)) - len(optionalMark(b)) }), "%s: optional arguments come last", c.Name)
	}
}
