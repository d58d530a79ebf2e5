package storefault_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// The store appends the commit, but the result of the call is lost.
func ExampleWrap() {
	down := errors.New("connection lost")
	s := storefault.Wrap(new(memstore.Store), func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" && c.Try == 1 {
			return storefault.Fault{After: down}
		}
		return storefault.Fault{}
	})
	ctx := context.Background()
	first := store.Entry{Commit: store.Commit{Version: 1, Data: []byte("the account is created")}}
	fmt.Println(s.Append(ctx, "acme", first))
	fmt.Println(errors.Is(s.Append(ctx, "acme", first), store.ErrConflict))
	// Output:
	// connection lost
	// true
}
