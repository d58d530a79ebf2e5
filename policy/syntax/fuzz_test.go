package syntax_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/syntax"
)

// For any text, ParseRule returns without a panic. A parsed rule has one printed form, which parses
// to an equal rule.
func FuzzRule(f *testing.F) {
	for _, rule := range []string{
		"any", "own", "sole", "team", "shared", "none", "", " ", "any\tif\n mfa",
		"own as host", "own as host or team", "own as host or host", "own as",
		"any if mfa", "any if not mfa", "any if mfa and not seated", "any if mfa and not mfa", "any if", "any if not",
		"any hiding details", "any hiding details and people", "any hiding",
		"sole as host or team if mfa and not seated hiding details and people",
		"any own", "own if as", "own as if", "any if a hiding b if c", "any if é and \xff",
	} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := syntax.ParseRule(text)
		if err != nil {
			var problem syntax.Problem
			if !errors.As(err, &problem) || problem.Pos.Line != 1 || problem.Pos.Col < 1 || problem.Pos.Col > len(text)+1 {
				t.Errorf("ParseRule(%q) = %#v, want a problem in the text", text, err)
			}
			assert.Zero(t, r, "ParseRule(%q)", text)
			return
		}
		again, err := syntax.ParseRule(r.String())
		require.NoError(t, err, "ParseRule(%q), written anew", text)
		if diff := cmp.Diff(r, again, cmpopts.IgnoreTypes(syntax.Pos{})); diff != "" {
			t.Errorf("ParseRule(%q) as %q differs (-read +read again):\n%s", text, r, diff)
		}
		assert.Equal(t, r.String(), again.String())
	})
}
