package storecopy_test

import (
	"context"
	"fmt"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storecopy"
)

// A program copies all accounts into another store.
func Example() {
	ctx := context.Background()
	source, target := new(memstore.Store), new(memstore.Store)
	for version := uint64(1); version <= 3; version++ {
		e := store.Entry{Commit: store.Commit{Version: version, Data: []byte("a commit")}}
		if err := source.Append(ctx, "acme", e); err != nil {
			fmt.Println(err)
			return
		}
	}
	for a, err := range storecopy.Copy(ctx, source, target) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.ID, a.Version, a.Commits, a.Problem)
	}
	// Output: acme 3 3 <nil>
}
