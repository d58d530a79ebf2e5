package natsstore_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/store/natsstore"
)

// Each instance connects to all servers, first to the nearest one.
func Example() {
	ctx := context.Background()
	nc, err := nats.Connect("nats://nats-1:4222,nats://nats-2:4222,nats://nats-3:4222", natsstore.ConnectOptions()...)
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	s, err := natsstore.Open(ctx, nc, natsstore.Options{
		Monitor: []string{"http://nats-1:8222", "http://nats-2:8222", "http://nats-3:8222"},
	})
	if err != nil {
		panic(err)
	}
	defer s.Close()
}

// A health check reports what is unsafe about the servers.
func ExampleStore_Check() {
	var s *natsstore.Store // from Open
	problems, err := s.Check(context.Background())
	if err != nil {
		panic(err)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
}
