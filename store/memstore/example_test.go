package memstore_test

import (
	"context"
	"fmt"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

// The zero Store is empty and ready to use. Two engines share it, as two processes share a
// database.
func Example() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		fmt.Println(err)
		return
	}
	journals := new(memstore.Store)
	one, err := engine.Open(engine.Options{Policy: oncehub, Store: journals})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer one.Close()
	two, err := engine.Open(engine.Options{Policy: oncehub, Store: journals})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer two.Close()

	ctx := context.Background()
	done, err := one.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"})
	if err != nil {
		fmt.Println(err)
		return
	}
	view, err := two.AtLeast("acme", done.Version).View(ctx, "acme")
	fmt.Println(view.Version(), err)
	// Output: 1 <nil>
}
