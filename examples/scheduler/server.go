package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/sqlstore"
	"github.com/usher-go/usher/usherhttp"
)

//go:embed policy.yaml
var policySource []byte

// server contains everything that the handlers need. It is safe for concurrent use.
type server struct {
	engine *engine.Engine // people, roles, teams, seats
	store  *store         // calendars and bookings
	guard  *usherhttp.Guard
	log    *slog.Logger
	close  []func() error

	// shared is the store of the engine if it is in the database of the store, and otherwise nil.
	shared *sqlstore.Store
}

// open opens the data: a directory, sqlite:PATH or a URL of PostgreSQL.
func open(ctx context.Context, data string, log *slog.Logger) (s *server, err error) {
	s = &server{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	p, err := policyfile.Load("policy.yaml", policySource)
	if err != nil {
		return s, err
	}
	journals, err := s.openData(ctx, data, p)
	if err != nil {
		return s, err
	}
	observer := engine.Log(log)
	observer.Rejected = nil // the guard logs what it refuses
	if s.engine, err = engine.Open(engine.Options{Policy: p, Store: journals, Observer: observer}); err != nil {
		return s, err
	}
	s.close = append(s.close, s.engine.Close)
	s.guard = &usherhttp.Guard{
		Authorizer: s.engine,
		AtLeast:    func(in usher.AccountID, version uint64) usher.Authorizer { return s.engine.AtLeast(in, version) },
		Subject:    identify,
		MarkActive: s.engine.MarkActive,
		NotFound:   []error{errNoRow},
		Disclose:   []string{"mfa"},
		Localize:   localize,
		Log:        log,
	}
	return s, nil
}

// Close closes everything that open opened, in reverse order.
func (s *server) Close() error {
	var errs []error
	for i := len(s.close) - 1; i >= 0; i-- {
		errs = append(errs, s.close[i]())
	}
	s.close = nil
	return errors.Join(errs...)
}

// maxBody is the maximum size of the body of a request, in bytes.
const maxBody = 64 << 10

// handler returns the service as a handler.
func (s *server) handler() (http.Handler, error) {
	routes := s.routes()
	for _, p := range append(routes.Permissions(), elsewhere...) {
		if _, err := s.engine.Policy().Permission(p.String()); err != nil {
			return nil, fmt.Errorf("routes: %w", err)
		}
	}
	mux, err := routes.Mux(s.guard)
	if err != nil {
		return nil, err
	}
	// A cookie can identify the user, so pages of other sites must not be able to send changes.
	return http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), maxBody), nil
}

// identify stands for a login, and TRUSTS EVERY REQUEST: the header X-User, or without it
// the cookie of the page at /, which can contain only demo users. usher does no
// authentication. A real service looks up a session or a token here.
func identify(r *http.Request) (usherhttp.Subject, error) {
	user := usher.UserID(r.Header.Get("X-User"))
	if len(r.Header.Values("X-User")) == 0 {
		user = chosen(r)
	}
	return usherhttp.Subject{
		Account: usher.AccountID(r.PathValue("account")),
		User:    user,
		Context: usher.Context{"mfa": r.Header.Get("X-MFA") == "yes"},
	}, nil
}

// localize returns a more helpful text for some refusals. The Problem contains nothing that
// the user does not receive.
func localize(_ *http.Request, p usherhttp.Problem) string {
	switch {
	case slices.Contains(p.Unmet, "mfa"):
		return "Please sign in with a second factor."
	case p.Type == usherhttp.TypeRefused+account.CodeNoSeatsLeft.String():
		return "All seats are held. Unassign a seat, or ask an administrator to buy more seats."
	case p.Permission == setHosts.String():
		return "Only an administrator, or a manager of a team that all hosts are in, can change the hosts."
	case p.Permission == editCalendar.String(), p.Permission == deleteCalendar.String():
		return "Only the sole host, a manager of a team that all hosts are in, or an administrator can do this."
	}
	return ""
}

// makeDir creates the directory for the data if there is none, with a .gitignore.
func makeDir(dir string) error {
	switch err := os.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600)
}
