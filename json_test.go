package usher_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/hostile"
	"github.com/usher-go/usher/internal/printable"
)

var aRule = usher.Rule{
	Source: usher.SourceRole, Permission: "calendar.edit", Name: "member", Held: "manager",
	Text: "own if mfa & <x>", File: "policy.yaml", Line: 7,
}

func unmet() usher.Decision {
	b := basis{Rule: aRule, Unmet: []string{"mfa"}, Version: 3, Digest: "d1"}
	return decision.New(&b, usher.ReasonConditionUnmet, 0, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
}

func encode(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	require.NoError(t, e.Encode(v))
	return b.String()
}

// The keys and their order never change, because programs read them.
func TestJSON(t *testing.T) {
	const rule = `{
  "source": "role",
  "permission": "calendar.edit",
  "name": "member",
  "held": "manager",
  "text": "own if mfa & <x>",
  "file": "policy.yaml",
  "line": 7
 }`
	const sentence = "denied (condition-unmet): `member: own if mfa & <x>` of calendar.edit (which manager includes, policy.yaml:7) would allow it, but mfa does not hold"
	rest := func(sentence, remedies string) string {
		return `{
 "allowed": false,
 "reason": "condition-unmet",
 "sentence": "` + sentence + `",
 "rule": ` + rule + `,
 "unmet": [
  "mfa"
 ],
 "unknown": [],
 "hidden": [],
 "version": 3,
 "digest": "d1",
 "time": "2026-03-01T09:00:00Z"` + remedies + `
}
`
	}
	assert.Equal(t, rest(sentence, ""), encode(t, unmet()))
	x := usher.Explanation{Decision: unmet(), Sentence: "no", Remedies: []usher.Remedy{{Text: "mfa", Steps: []usher.Step{{Kind: usher.StepContext}}}}}
	assert.Equal(t, rest("no", ",\n \"remedies\": [\n  {\n   \"text\": \"mfa\"\n  }\n ]"), encode(t, x))

	const zero = `{"allowed":false,"reason":"undecided","sentence":"denied: no decision was made","rule":null,"unmet":[],"unknown":[],"hidden":[],"version":0,"digest":"","time":null}`
	text, err := json.Marshal(usher.Decision{})
	require.NoError(t, err)
	assert.Equal(t, zero, string(text))
	text, err = json.Marshal([]any{usher.Explanation{}, usher.Rule{}})
	require.NoError(t, err)
	assert.Equal(t, `[{"allowed":false,"reason":"undecided","sentence":"","rule":null,"unmet":[],"unknown":[],"hidden":[],"version":0,"digest":"","time":null,"remedies":[]},null]`, string(text))
}

// JSON cannot make a decision: after UnmarshalJSON, a decision that allowed denies.
func TestNotReadFromJSON(t *testing.T) {
	d := granted(usher.Detail{})
	x := usher.Explanation{Decision: d, Sentence: "yes"}
	for _, text := range []string{`{"allowed":true}`, `{"allowed":true,"reason":"granted"}`, `{"Decision":{"allowed":true}}`, `null`, encode(t, d), encode(t, x)} {
		into, explained := d, x
		assert.Error(t, json.Unmarshal([]byte(text), &into), text)
		assert.False(t, into.Allowed(), text)
		assert.Error(t, json.Unmarshal([]byte(text), &explained), text)
		assert.Zero(t, explained, text)
	}
}

// Text from outside is safe to print in JSON and in logs.
func TestHostileJSON(t *testing.T) {
	for _, bad := range hostile.Texts {
		b := basis{Rule: usher.Rule{Source: usher.SourceRole, Name: bad, Text: bad, File: bad}, Unmet: []string{bad}, Digest: bad}
		d := decision.New(&b, usher.ReasonConditionUnmet, 0, time.Time{})
		x := usher.Explanation{Decision: d, Sentence: bad, Remedies: []usher.Remedy{{Text: bad}}}
		for _, v := range []any{d, x, b.Rule} {
			text, err := json.Marshal(v)
			require.NoError(t, err)
			for _, r := range string(text) {
				assert.True(t, printable.Safe(r), "%q in %q", r, text)
			}
			var logged bytes.Buffer
			slog.New(slog.NewJSONHandler(&logged, nil)).Info("checked", "value", v)
			for _, r := range string(bytes.TrimSuffix(logged.Bytes(), []byte("\n"))) {
				assert.True(t, printable.Safe(r), "%q in %q", r, &logged)
			}
		}
	}
}

func TestLogValue(t *testing.T) {
	logged := func(v any) string {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("", "it", v)
		return b.String()
	}
	assert.Contains(t, logged(unmet()), `it.allowed=false it.reason=condition-unmet it.why="denied (condition-unmet): `)
	assert.Contains(t, logged(unmet()), `it.version=3 it.digest=d1 it.time=2026-03-01T09:00:00.000Z`)
	assert.Contains(t, logged(usher.Decision{}), `it.allowed=false it.reason=undecided it.why="denied: no decision was made"`+"\n")
	assert.Contains(t, logged(aRule), "it=\"`member: own if mfa & <x>` of calendar.edit (which manager includes, policy.yaml:7)\"\n")
	x := usher.Explanation{Decision: unmet(), Sentence: "no", Remedies: []usher.Remedy{{Text: "mfa"}}}
	assert.Contains(t, logged(x), `it.why=no it.version=3 it.digest=d1 it.time=2026-03-01T09:00:00.000Z it.remedies=[mfa]`)
}
