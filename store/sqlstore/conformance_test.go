package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/usherfiles"
)

// The conformance scenarios pass in a file of SQLite as they do in memory.
func TestConformance(t *testing.T) {
	opened := 0
	usherfiles.Runner{Store: func(t testing.TB) store.Store {
		opened++
		return liteFile(t, 0).open(t)
	}}.Run(t, "../../testdata/conformance/*.yaml")
	assert.GreaterOrEqual(t, opened, 24, "each scenario has a store of its own")
}
