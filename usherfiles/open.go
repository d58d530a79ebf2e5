package usherfiles

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/store/memstore"
)

// Accounts are the accounts of an Engine by the ids that they get. Each is the account
// of a test file: of the one with this name or, if there is a line break in it, of
// this YAML itself, where the name of a policy file is relative to the test's
// directory.
type Accounts map[usher.AccountID]string

// Open opens an Engine on the accounts of test files as they stand there, with users,
// teams, seats, grants, settings and the values of custom fields. Their checks and
// scenarios are not run. The Engine, which is the usher.Authorizer for a service under
// test, keeps everything in memory, and is closed at the end of the test.
//
//	az := usherfiles.Open(t, usherfiles.Accounts{"acme": "testdata/acme.yaml"})
//
// Its clock stands still at the time of the files; a request or a batch that is about
// another time carries it. A file without a time goes with those that have one. The
// files must be about one policy and one time. If anything is wrong, with a file or
// between two, Open ends the test and tells all of it.
func Open(t testing.TB, accounts Accounts) *engine.Engine {
	only(t).Helper()
	e, err := accounts.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return e
}

func (accounts Accounts) open(ctx context.Context) (*engine.Engine, error) {
	if len(accounts) == 0 {
		return nil, errors.New("an engine without accounts knows nobody; name one with its test file")
	}
	ids := slices.Sorted(maps.Keys(accounts))
	suites := make([]*policytest.Suite, len(ids))
	var wrong []error
	for i, id := range ids {
		var err error
		suites[i], err = loadAccount(id, accounts[id])
		wrong = append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	now, err := agree(suites)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(engine.Options{
		Policy: suites[0].Policy(), Store: new(memstore.Store), Clock: func() time.Time { return now },
	})
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if err := suites[i].Import(ctx, e, id); err != nil {
			return nil, errors.Join(printable.Errorf("account %q of %s: %w", id, suites[i].File().Name, err), e.Close())
		}
	}
	return e, nil
}

// notInFileNames are signs that make a directory of what stands before them.
var notInFileNames = strings.NewReplacer("/", "_", `\`, "_")

func loadAccount(id usher.AccountID, source string) (*policytest.Suite, error) {
	if strings.Contains(source, "\n") {
		return policytest.Load(notInFileNames.Replace(string(id))+" (YAML)", []byte(source), os.ReadFile)
	}
	src, err := os.ReadFile(source)
	if err != nil {
		return nil, printable.Errorf("account %q: there is no line break in %q, so it names a file: %w", id, source, err)
	}
	return policytest.Load(source, src, os.ReadFile)
}

// agree returns the time that the files are about, or says which two cannot be in one
// Engine.
func agree(suites []*policytest.Suite) (time.Time, error) {
	one, timed := suites[0], suites[0]
	var wrong []error
	for _, s := range suites[1:] {
		if p, q := one.Policy(), s.Policy(); p.Digest() != q.Digest() {
			wrong = append(wrong, printable.Errorf("%s: the policy is %s, but that of %s is %s; an engine has one policy",
				place(s), q.File(), one.File().Name, p.File()))
		}
		switch {
		case s.File().At.IsZero():
		case timed.File().At.IsZero():
			timed = s
		case !s.Time().Equal(timed.Time()):
			wrong = append(wrong, printable.Errorf("%s: the time is %s, but that of %s is %s; an engine has one clock",
				s.File().Name, s.Time().Format(time.RFC3339Nano), timed.File().Name, timed.Time().Format(time.RFC3339Nano)))
		}
	}
	return timed.Time(), errors.Join(wrong...)
}

// place is where a file names its policy.
func place(s *policytest.Suite) string {
	f := s.File()
	return printable.Sprintf("%s:%d:%d", f.Name, f.Policy.Pos.Line, f.Policy.Pos.Col)
}
