package policy_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

// For any file, Load returns without a panic, and returns the same each time: problems with
// positions in the file, or a policy that survives printing.
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
		p, err := policyfile.Load("fuzz.yaml", src)
		again, errAgain := policyfile.Load("fuzz.yaml", src)
		if err != nil {
			require.EqualError(t, errAgain, err.Error(), "Load, a second time")
			var problems *syntax.Problems
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

func requirePlaces(t *testing.T, problems []syntax.Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Pos.Line < 1 || p.Pos.Col < 1 || p.Message == "" || !utf8.ValidString(p.Message) {
			t.Errorf("Load tells %+q at %+v, want a message and a place", p.Message, p.Pos)
		}
	}
}
