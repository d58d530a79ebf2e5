package engine_test

import (
	"context"
	"fmt"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

func ExampleEngine_AccountsOf() {
	ctx := context.Background()
	policy, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	access, err := engine.Open(engine.Options{Policy: policy, Store: new(memstore.Store)})
	if err != nil {
		panic(err)
	}
	defer access.Close()

	signup := account.AsHost("signup")
	_, err = access.Do(ctx, signup, "acme", account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "mia"})
	if err != nil {
		panic(err)
	}
	_, err = access.Do(ctx, signup, "mias-studio", account.CreateAccount{Owner: "mia"})
	if err != nil {
		panic(err)
	}

	found, err := access.AccountsOf(ctx, "mia", engine.AccountsPage{})
	if err != nil {
		panic(err)
	}
	for _, a := range found.Accounts {
		fmt.Println(a.Account, a.Member.Role, a.Member.Status)
	}
	// Output:
	// acme member active
	// mias-studio owner active
}
