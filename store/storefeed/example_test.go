package storefeed_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storefeed"
)

// A program sends each commit of each account to another system, and keeps a cursor. After a crash it
// goes on from the last cursor that it kept.
func ExampleRead() {
	ctx := context.Background()
	s := new(memstore.Store) // usually a store in a database
	commit := account.Commit{
		Account: "acme", Version: 1, ID: "1", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Actor: account.AsHost("signup"), Policy: "p",
		Changes: []account.Change{account.AccountCreated{Owner: "olivia", Unique: "owner"}},
	}
	data, err := commit.Encode()
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 1, Data: data}}); err != nil {
		log.Fatal(err)
	}

	cursor := storefeed.Cursor{} // or that of storefeed.ReadCursor
	for e, err := range storefeed.Read(ctx, s, cursor) {
		switch {
		case err != nil:
			log.Fatal(err) // the next call goes on from the cursor
		case e.Problem != nil:
			log.Printf("%s cannot be read: %v", e.Account, e.Problem)
			continue
		}
		fmt.Printf("%s\n", e.Line()) // store the line, and then the cursor
		cursor.Note(e)
	}
	if err := cursor.Write(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"usher":1,"account":"acme","version":1,"id":"1","time":"2026-03-01T12:00:00Z","actor":{"host":"signup"},"policy":"p","changes":[{"change":"account-created","owner":"olivia","unique":"owner"}]}
	// {"account":"acme","version":1,"hash":"94836f088b89726295444773b8b88468ec7e06860a78b35f4fdbf7b7fafadb43"}
}
