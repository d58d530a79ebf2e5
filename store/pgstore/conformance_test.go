package pgstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/usherfiles"
)

// The conformance scenarios pass in PostgreSQL as they do in memory.
func TestConformance(t *testing.T) {
	opened := 0
	usherfiles.Runner{Store: func(t testing.TB) store.Store {
		opened++
		return open(t, pgstore.Options{Schema: newSchema()}, "pool_max_conns=2")
	}}.Run(t, "../../testdata/conformance/*.yaml")
	assert.GreaterOrEqual(t, opened, 24, "each scenario has a store of its own")
}
