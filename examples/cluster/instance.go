package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/natsstore"
)

// maxStaleness limits the age of what an instance decides on.
const maxStaleness = 2 * time.Second

// patience is how long an instance waits at its end for the requests that it has.
const patience = 5 * time.Second

// untilEnd returns a context that ends with ctx, or when nothing more can come from r. The standard input
// of an instance ends with the process that started it.
func untilEnd(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}

// serve runs an instance of the service until ctx ends. It prints its address.
func serve(ctx context.Context, servers string) error {
	nc, err := nats.Connect(servers, natsstore.ConnectOptions()...)
	if err != nil {
		return err
	}
	defer nc.Close()
	s, err := natsstore.Open(ctx, nc, natsstore.Options{Partitions: 1, Timeout: time.Second})
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	defer s.Close()
	p, err := preset.Load("oncehub")
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Policy: p, Store: s, MaxStaleness: maxStaleness})
	if err != nil {
		return err
	}
	defer e.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	server := http.Server{Handler: instance{e}.handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // ends the requests
		return fmt.Errorf("requests have not ended after %s: %w", patience, err)
	}
	return nil
}

// instance answers requests. Whoever reaches it is trusted, unlike in a real service.
type instance struct{ engine *engine.Engine }

func (i instance) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /accounts/{account}", i.create)
	m.HandleFunc("PUT /accounts/{account}/people/{user}/role/{role}", i.setRole)
	m.HandleFunc("GET /accounts/{account}/people/{user}/may-create-people", i.check)
	m.HandleFunc("GET /accounts/{account}/journal", i.journal)
	return m
}

// committed is a commit that an instance acknowledges.
type committed struct {
	Version uint64
	ID      string
}

// decided is the result of a check, and the version that it was made on.
type decided struct {
	Allowed bool
	Version uint64
}

func (i instance) create(w http.ResponseWriter, r *http.Request) {
	commands := []account.Command{account.CreateAccount{Owner: "olivia"}}
	for n := range people {
		commands = append(commands, account.AddUser{User: person(n)})
	}
	i.submit(w, r, commands...)
}

func (i instance) setRole(w http.ResponseWriter, r *http.Request) {
	i.submit(w, r, account.SetRole{User: usher.UserID(r.PathValue("user")), Role: role.Name(r.PathValue("role"))})
}

func (i instance) submit(w http.ResponseWriter, r *http.Request, commands ...account.Command) {
	result, err := i.engine.Do(r.Context(), account.AsHost("cluster"), accountOf(r), commands...)
	switch refusal := (*account.Refusal)(nil); {
	case errors.As(err, &refusal):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case result.Commit == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		_ = json.NewEncoder(w).Encode(committed{result.Version, result.Commit.ID})
	}
}

var createUser = permission.MustParse("user.create")

func (i instance) check(w http.ResponseWriter, r *http.Request) {
	d, err := i.engine.Check(r.Context(), usher.Request{Account: accountOf(r), Subject: usher.UserID(r.PathValue("user")), Permission: createUser})
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_ = json.NewEncoder(w).Encode(decided{d.Allowed(), d.Detail().Version})
}

func (i instance) journal(w http.ResponseWriter, r *http.Request) {
	var all []committed
	for c, err := range i.engine.Journal(r.Context(), accountOf(r), 0) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		all = append(all, committed{c.Version, c.ID})
	}
	_ = json.NewEncoder(w).Encode(all)
}

func accountOf(r *http.Request) usher.AccountID { return usher.AccountID(r.PathValue("account")) }
