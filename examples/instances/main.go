// Instances runs two engines on one database, as two instances of a service do.
//
//	usher migrate postgres://localhost/shop
//	go run ./examples/instances postgres://localhost/shop
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/pgstore"
)

// open does what each instance does at its start.
func open(ctx context.Context, url string) (az *engine.Engine, closeAll func()) {
	pool := must(pgxpool.New(ctx, url))
	s := must(pgstore.Open(ctx, pool, pgstore.Options{}))
	az = must(engine.Open(engine.Options{
		Policy: must(preset.Load("oncehub")), Store: s,
		MaxStaleness: 5 * time.Second, // compare an older account with the database before its use
		Observer:     engine.Log(nil), // to slog.Default
	}))
	return az, func() { _ = az.Close(); s.Close(); pool.Close() } // in this order
}

var createUser = permission.MustParse("user.create")

func main() {
	if len(os.Args) != 2 {
		log.Fatal("instances needs one argument: postgres://…")
	}
	show(context.Background(), os.Args[1])
}

// show makes changes on the first instance, and checks on the second one.
func show(ctx context.Context, url string) {
	first, closeFirst := open(ctx, url)
	defer closeFirst()
	second, closeSecond := open(ctx, url)
	defer closeSecond()

	company, olivia := usher.AccountID("acme-"+rand.Text()), account.AsUser("olivia")
	must(first.Do(ctx, account.AsHost("signup"), company, account.CreateAccount{Owner: "olivia"}))
	r := usher.Request{Account: company, Subject: "adam", Permission: createUser}
	fmt.Println("second:", must(second.Check(ctx, r)).Reason())

	// The first instance makes adam an administrator. The result has the new version. A reader
	// of at least that version loads the commits that its instance has not seen.
	result := must(first.Do(ctx, olivia, company, account.AddUser{User: "adam", Role: "admin"}))
	atLeast := second.AtLeast(company, result.Version)
	fmt.Println("second, at least version", result.Version, must(atLeast.Check(ctx, r)).Reason())

	// Without a version, the second instance sees a commit a moment later.
	must(first.Do(ctx, olivia, company, account.SetRole{User: "adam", Role: "member"}))
	for must(second.Check(ctx, r)).Allowed() {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("second, a moment later:", must(second.Check(ctx, r)).Reason())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
