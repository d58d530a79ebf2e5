package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/policyfile"
)

// Each file of testdata/warned loads, and has something in it that looks like a mistake.
// Its first lines say all that Warnings tells, as those of testdata/refused do.
func TestWarnings(t *testing.T) {
	for _, file := range examples(t, "warned") {
		t.Run(file.name, func(t *testing.T) {
			p, err := policyfile.Load(file.name, file.src)
			require.NoError(t, err)
			file.says(t, p.Warnings())
		})
	}
}
