package storetest_test

import (
	"testing"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// A store is held to every sentence of its contract by three lines in a test.
func ExampleRun() {
	_ = func(t *testing.T) { // TestStore
		storetest.Run(t, func(testing.TB) store.Store { return new(memstore.Store) })
	}
}
