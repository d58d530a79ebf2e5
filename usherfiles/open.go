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

// Accounts maps the ids of accounts to test files that contain them. Each value is the
// name of a test file or, if it contains a line break, the YAML of a test file. In such
// YAML, the name of a policy file is relative to the directory of the test.
type Accounts map[usher.AccountID]string

// Open returns an Engine with the accounts of test files: their users, teams, seats,
// grants, settings and values of custom fields. It does not run the checks and scenarios.
// The Engine is the usher.Authorizer for a service under test. It keeps everything in
// memory, and is closed at the end of the test.
//
//	az := usherfiles.Open(t, usherfiles.Accounts{"acme": "testdata/acme.yaml"})
//
// The clock of the Engine always returns the time of the files; set the time of a request
// or a batch to use another one. All files must have the same policy and, except for files
// without a time, the same time. On errors, Open fails the test with all of them by
// t.Fatal.
func Open(t testing.TB, accounts Accounts) *engine.Engine {
	requireTest(t).Helper()
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
		return nil, errors.New("no accounts are given (want at least one account with its test file)")
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

// notInFileNames replaces the path separators in an id.
var notInFileNames = strings.NewReplacer("/", "_", `\`, "_")

func loadAccount(id usher.AccountID, source string) (*policytest.Suite, error) {
	if strings.Contains(source, "\n") {
		return policytest.Load(notInFileNames.Replace(string(id))+" (YAML)", []byte(source), os.ReadFile)
	}
	src, err := os.ReadFile(source)
	if err != nil {
		return nil, printable.Errorf("account %q: %q has no line break, so it is the name of a file: %w", id, source, err)
	}
	return policytest.Load(source, src, os.ReadFile)
}

// agree returns the time of the files, or an error for files that have different policies
// or times.
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

// place returns the place of the policy's name in a file.
func place(s *policytest.Suite) string {
	f := s.File()
	return printable.Sprintf("%s:%d:%d", f.Name, f.Policy.Pos.Line, f.Policy.Pos.Col)
}
