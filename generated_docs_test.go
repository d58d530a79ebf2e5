package usher_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
)

// commandDocs returns the commands that files can contain, in the order of the
// documentation.
type commandDocs []commandDoc

// commandDoc is a command, with the documentation from its type's comment.
type commandDoc struct {
	account.CommandType
	sentence string // the first sentence of the type's comment: "Gives a user a seat"
	args     []argDoc
}

// argDoc is an argument, with the comment at the end of its field's line.
type argDoc struct {
	account.Arg
	comment string
}

func optionalMark(arg argDoc) string {
	if arg.Optional {
		return "?"
	}
	return ""
}

func (arg argDoc) written() string { return arg.Name + optionalMark(arg) }

// remark returns the allowed values and the comment of the argument, which its kind does
// not state.
func (arg argDoc) remark() string {
	var parts []string
	if arg.Kind == "status" || arg.Kind == "flag" {
		parts = append(parts, "`"+strings.Join(arg.Choices, "` or `")+"`")
	}
	if arg.comment != "" {
		parts = append(parts, arg.comment)
	}
	return strings.Join(parts, ", ")
}

// schema returns the JSON Schema of the argument.
func (arg argDoc) schema(t *testing.T) members {
	kind, ok := argKinds[arg.Kind]
	require.True(t, ok, "add the kind %q to argKinds", arg.Kind)
	description := kind.description + "."
	if arg.comment != "" {
		description += " " + upper(arg.comment) + "."
	}
	form := kind.form
	if arg.Kind == "status" {
		choices := []any{}
		for _, text := range arg.Choices {
			choices = append(choices, text)
		}
		form = members{{"enum", choices}}
	}
	return append(members{{"description", description}}, form...)
}

// argKinds maps each kind of argument to its description and its JSON Schema.
var argKinds = map[string]struct {
	description string
	form        members
}{
	"user":        {"The id of a user", ref("id")},
	"team":        {"The id of a team", ref("id")},
	"teams":       {"The ids of teams", ref("ids")},
	"role":        {"An account role", ref("id")},
	"role-beside": {"A role beside the account role", ref("id")},
	"team-role":   {"A team role", ref("id")},
	"custom-role": {"A role that the account defined", ref("id")},
	"new-role":    {"The name of a new role", ref("id")},
	"any-role":    {"A role of any kind", ref("id")},
	"gives": {"What the role gives", members{
		{"type", "object"},
		{"propertyNames", members{{"minLength", 1}}},
		{"additionalProperties", ref("rules")},
	}},
	"role-on":    {"A role on resources of the type", ref("id")},
	"resource":   {"A resource, with the type, the id, and as in a check its parties, its attributes and its container", ref("on")},
	"pool":       {"A seat pool", ref("id")},
	"setting":    {"A setting of the policy", ref("id")},
	"grant":      {"A permission, a bundle or a feature", ref("id")},
	"field":      {"The name of a custom field", ref("id")},
	"name":       {"A name", ref("id")},
	"count":      {"A number, in all", ref("count")},
	"flag":       {"Whether it is on", members{{"type", "boolean"}}},
	"time":       {"A time", ref("time")},
	"status":     {"The status", nil},
	"user-kind":  {"The kind of the user", members{{"const", "service"}}},
	"field-type": {"The type of the field's values", ref("fieldType")},
	"value":      {"A value of the field's type", ref("value")},
	"request":    {"The number of a request", ref("count")},
	"commands": {"The commands", members{
		{"type", "array"},
		{"minItems", 1},
		{"items", members{{"type", "object"}, {"required", []any{"do"}}, {"properties", members{{"do", ref("command")}}}}},
	}},
	"seats": {"How many seats of each pool", members{
		{"type", "object"},
		{"propertyNames", members{{"minLength", 1}}},
		{"additionalProperties", ref("count")},
	}},
}

func ref(name string) members { return members{{"$ref", "#/$defs/" + name}} }

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// readCommandDocs reads the comments in package account.
func readCommandDocs(t *testing.T) (docs commandDocs) {
	t.Helper()
	files, err := filepath.Glob("account/*.go")
	require.NoError(t, err)
	types := map[string]*ast.TypeSpec{}
	comments := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, spec := range decl.Specs {
				spec := spec.(*ast.TypeSpec)
				types[spec.Name.Name] = spec
				comments[spec.Name.Name] = decl.Doc.Text() + spec.Doc.Text()
			}
		}
	}
	for _, c := range testfile.CommandTypes() {
		goName := c.New().Type().Name()
		doc := commandDoc{CommandType: c, sentence: firstSentence(comments[goName], goName)}
		structure, ok := types[goName].Type.(*ast.StructType)
		require.True(t, ok, goName)
		for _, field := range structure.Fields.List {
			for range field.Names {
				doc.args = append(doc.args, argDoc{c.Args[len(doc.args)], strings.TrimSpace(field.Comment.Text())})
			}
		}
		docs = append(docs, doc)
	}
	return docs
}

// firstSentence returns the first sentence of a comment, without the name that it begins
// with and without its full stop.
func firstSentence(comment, name string) string {
	text := strings.Join(strings.Fields(strings.TrimPrefix(comment, name)), " ")
	text, _, _ = strings.Cut(text+" ", ". ")
	if text == "" {
		return ""
	}
	return upper(text)
}

// asking is what a command checks, for the page about policies.
type asking struct{ permission, parties string }

// askedFor submits each command as a user without permissions. The DeniedError then has the
// request that the command checks.
func askedFor(t *testing.T, docs commandDocs) map[string]asking {
	t.Helper()
	office := `usher: 1
seats: {desk: {}}
features: [sauna]
settings: {night: false}
roles:
  boss:  {unique: true, hands-over-to: staff}
  staff: {default: true}
  bills: {beside: true}
  lead:  {held-on: team}
  editor: {held-on: calendar}
resources: {calendar: {permissions: {share: {staff: any if night}}}}
conditions: {night: {setting: night}}
`
	suite, err := policytest.Load("office.test.yaml", []byte(`usher: 1
policy: office.yaml
account:
  seats: {desk: 1}
  teams: {west: {}, sales: {parent: west}, east: {}}
  fields: [{field: phone, type: text}]
  users: {olga: {role: boss}, mia: {}, max: {teams: [sales]}, ivy: {status: invited, teams: [east]}}
`), func(string) ([]byte, error) { return []byte(office), nil })
	require.NoError(t, err)
	values := map[string]string{
		"user": "max", "team": "sales", "teams": "west", "role": "staff", "role-beside": "bills", "team-role": "lead", "pool": "desk", "seats": "1",
		"role-on": "editor", "resource": "c1",
		"custom-role": "crew", "new-role": "crew", "any-role": "staff", "gives": "none",
		"setting": "night", "grant": "sauna", "field": "phone", "name": "mobile", "count": "3", "flag": "true", "time": "2027-01-01",
		"status": "active", "user-kind": "service", "field-type": "text", "value": "x", "request": "1", "commands": "[{do: create-team, team: new}]",
	}
	asked := map[string]asking{}
	for _, c := range docs {
		names := map[string]string{"mia": "the actor", "west": "its present parent", "": "the user who made the request", "east": "the teams of the invited user"}
		words := []string{c.Name}
		for _, arg := range c.args {
			key, value := arg.Name, values[arg.Kind]
			if arg.Kind == "time" && c.Name == account.NameOf(account.SetSeats{}) {
				continue // only the host sets seats for later
			}
			switch {
			case arg.Kind == "resource":
				words = append(words, key+".type=calendar")
				key += ".id"
			case arg.Kind == "seats":
				key += ".desk"
			case arg.Kind == "user" && slices.Contains([]string{account.NameOf(account.RevokeInvitation{}), account.NameOf(account.ResendInvitation{})}, c.Name):
				value = "ivy"
			case arg.Kind == "team" && names[value] != "": // the second team of the command
				value = "east"
			}
			names[value] = "`" + arg.written() + "`"
			words = append(words, key+"="+value)
		}
		command, named, err := testfile.ParseCommand(words...)
		require.NoError(t, err)
		resources, err := testfile.Resources(suite.Policy(), named, testfile.IDs{})
		require.NoError(t, err)
		_, err = suite.World().State().Propose(suite.Policy(), account.Proposal{
			Actor: account.AsUser("mia"), Time: suite.Time(), Commands: []account.Command{command}, Resources: resources,
		})
		var request usher.Request // none for a command that checks no permission
		if refusal := new(account.Refusal); errors.As(err, &refusal) {
			request = refusal.Request
		}
		request.Context, request.Time = nil, time.Time{}
		said, checked := suite.World().State().RequestFor(suite.Policy(), "mia", command, resources...)
		assert.Equal(t, !request.Permission.IsZero(), checked, c.Name)
		assert.Equal(t, request, said, "what RequestFor says of %s is what Propose checks", c.Name)
		asked[c.Name] = describeRequest(suite.Policy(), c.Name, request, names)
	}
	return asked
}

func describeRequest(p *policy.Policy, command string, r usher.Request, names map[string]string) asking {
	if r.Permission.IsZero() {
		if command == account.NameOf(account.Approve{}) {
			return asking{permission: "what each command of the request asks for"}
		}
		hostOnly := func(h account.HostCommand) bool { return h.Name == command }
		if slices.ContainsFunc(account.HostOnly(p), hostOnly) {
			return asking{permission: "nothing; only the host can run it"}
		}
		return asking{permission: "nothing; it concerns the actor alone"}
	}
	if r.Permission.Action() == "share" {
		return asking{"`share` of the type of resource, such as `" + r.Permission.String() + "`", "the parties that the host application states; without the permission in the policy, only the host can run it"}
	}
	var parties []string
	object, _ := r.Resource.(*usher.Object)
	for _, party := range []string{"user", "team"} {
		var ids []string
		for _, id := range partiesOf(object)[party] {
			ids = append(ids, names[id])
		}
		if ids != nil {
			parties = append(parties, "`"+party+"`: "+strings.Join(ids, ", "))
		}
	}
	if parties == nil {
		parties = []string{"no user and no team: write `any`"}
	}
	if command == account.NameOf(account.ChangeSetting{}) {
		return asking{"what the setting `asks`, or `" + r.Permission.String() + "`", parties[0]}
	}
	if command == account.NameOf(account.SetSeats{}) {
		return asking{"`" + r.Permission.String() + "`; only the host can run it for later", parties[0]}
	}
	return asking{"`" + r.Permission.String() + "`", strings.Join(parties, "; ")}
}

// partiesOf returns the parties of an object, which may be nil.
func partiesOf(o *usher.Object) map[string][]string {
	if o == nil {
		return nil
	}
	return o.Parties
}
