package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/policyfile"
)

// Each file of testdata/warned loads with warnings. Its first lines list them in the form of
// testdata/refused.
func TestWarnings(t *testing.T) {
	for _, file := range examples(t, "warned") {
		t.Run(file.name, func(t *testing.T) {
			p, err := policyfile.Load(file.name, file.src)
			require.NoError(t, err)
			file.says(t, p.Warnings())
		})
	}
}
