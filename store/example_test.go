package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// Two writers append the second commit of an account. One succeeds. The other gets ErrConflict,
// reads the new commit, and retries with the next version.
func Example() {
	ctx := context.Background()
	var s store.Store = new(memstore.Store)
	write := func(version uint64, data string) error {
		return s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}})
	}
	fmt.Println(write(1, "the account is created"))
	fmt.Println(write(2, "mia is added"))

	seen := uint64(1)
	err := write(seen+1, "max is added")
	fmt.Println(errors.Is(err, store.ErrConflict))
	for c, err := range s.Commits(ctx, "acme", seen) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.Version, string(c.Data))
		seen = c.Version
	}
	fmt.Println(write(seen+1, "max is added"))
	// Output:
	// <nil>
	// <nil>
	// true
	// 2 mia is added
	// <nil>
}
