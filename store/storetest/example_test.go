package storetest_test

import (
	"context"
	"errors"
	"fmt"
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
	fmt.Println(storetest.Rows()[0].Sentence)
	// Output: Append adds an entry to the account's journal, all of it or nothing.
}

// The store does what it was asked to, and the answer is lost on the way back.
func ExampleFaulty() {
	down := errors.New("connection lost")
	s := storetest.Faulty(new(memstore.Store), func(_ context.Context, c storetest.Call) storetest.Fault {
		if c.Method == "Append" && c.Try == 1 {
			return storetest.Fault{After: down}
		}
		return storetest.Fault{}
	})
	ctx := context.Background()
	first := store.Entry{Commit: store.Commit{Version: 1, Data: []byte("the account begins")}}
	fmt.Println(s.Append(ctx, "acme", first))
	fmt.Println(errors.Is(s.Append(ctx, "acme", first), store.ErrConflict))
	// Output:
	// connection lost
	// true
}
