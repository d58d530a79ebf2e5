package storetest_test

import (
	"testing"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// Three lines test a store against each sentence of the contract.
func ExampleRun() {
	_ = func(t *testing.T) { // TestStore
		storetest.Run(t, func(testing.TB) store.Store { return new(memstore.Store) })
	}
}
