package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// Whatever a file holds, Load ends without a panic, and says the same each time: problems with
// places in the file, or a policy that survives being printed.
func FuzzPolicyFile(f *testing.F) {
	presets, err := filepath.Glob("../preset/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, presets)
	for _, path := range presets {
		src, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(src)
	}
	for _, dir := range []string{"accepted", "refused", "warned"} {
		for _, file := range examples(f, dir) {
			f.Add(file.src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := policy.Load("fuzz.yaml", src)
		again, errAgain := policy.Load("fuzz.yaml", src)
		if err != nil {
			require.EqualError(t, errAgain, err.Error(), "Load, a second time")
			var problems *policy.Problems
			require.ErrorAs(t, err, &problems)
			require.NotEmpty(t, problems.List())
			requirePlaces(t, problems.List())
			return
		}
		requirePlaces(t, p.Warnings())
		require.Equal(t, p.Warnings(), again.Warnings(), "Warnings, a second time")
		require.Equal(t, p.Digest(), again.Digest(), "Digest, a second time")
		printsBack(t, src)
	})
}

func requirePlaces(t *testing.T, problems []policy.Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Pos.Line < 1 || p.Pos.Col < 1 || p.Message == "" || !utf8.ValidString(p.Message) {
			t.Errorf("Load tells %+q at %+v, want a message and a place", p.Message, p.Pos)
		}
	}
}

// Whatever a text holds, ParseRule ends without a panic, and what it reads is written in one
// way that it reads as the same.
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
		r, err := policy.ParseRule(text)
		if err != nil {
			var problem policy.Problem
			if !errors.As(err, &problem) || problem.Pos.Line != 1 || problem.Pos.Col < 1 || problem.Pos.Col > len(text)+1 {
				t.Errorf("ParseRule(%q) = %#v, want a problem in the text", text, err)
			}
			assert.Zero(t, r, "ParseRule(%q)", text)
			return
		}
		again, err := policy.ParseRule(r.String())
		require.NoError(t, err, "ParseRule(%q), written anew", text)
		if diff := cmp.Diff(r, again, cmpopts.IgnoreTypes(policy.Pos{})); diff != "" {
			t.Errorf("ParseRule(%q) as %q differs (-read +read again):\n%s", text, r, diff)
		}
		assert.Equal(t, r.String(), again.String())
	})
}
