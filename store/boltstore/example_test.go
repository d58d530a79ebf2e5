package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "usher")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	s, err := boltstore.Open(filepath.Join(dir, "journal.db"), boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	first := store.Entry{Commit: store.Commit{Version: 1, Data: []byte("the account is created")}}
	fmt.Println(s.Append(ctx, "acme", first))
	fmt.Println(errors.Is(s.Append(ctx, "acme", first), store.ErrConflict))
	for c, err := range s.Commits(ctx, "acme", 0) {
		fmt.Printf("%d %s %v\n", c.Version, c.Data, err)
	}
	// Output:
	// <nil>
	// true
	// 1 the account is created <nil>
}
