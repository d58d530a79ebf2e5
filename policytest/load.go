package policytest

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/preset"
)

// Suite is a loaded test file with its policy. It is immutable and safe for concurrent
// use. The zero Suite has no tests, so no test passes.
type Suite struct {
	file   *testfile.File
	policy *policy.Policy
	world  *World
	checks []check
	at     time.Time // the time of checks and steps without a time
}

// Load parses a test file and loads its policy. Name is the path of the test file; it
// appears in messages, and the path of a policy is relative to it. Load calls read with
// the path of the policy, unless the policy is a preset. With a nil read, only presets
// can be loaded.
//
// The error is a *syntax.Problems of the test file or of the policy. If the policy cannot
// be read, it wraps a syntax.Problem and the error of read.
func Load(name string, src []byte, read func(path string) ([]byte, error)) (*Suite, error) {
	file, err := testfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	p, err := loadPolicy(file, read)
	if err != nil {
		return nil, err
	}
	return newSuite(file, p)
}

// LoadWith parses a test file and combines it with the policy p, in place of the policy
// that the file names. The error is a *syntax.Problems of the file, for example about
// names that p does not declare. A nil policy declares no names.
func LoadWith(name string, src []byte, p *policy.Policy) (*Suite, error) {
	file, err := testfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return newSuite(file, p)
}

func newSuite(f *testfile.File, p *policy.Policy) (*Suite, error) {
	l := &lookup{Lookup: testfile.NewLookup(f, p)}
	l.IDs = testfile.IDs{User: l.users.Has, Team: l.teams.Has}
	s := &Suite{file: f, world: l.world(&f.Account), at: l.At}
	s.policy = l.Policy // with the roles that the account defines
	for i := range f.Checks {
		s.checks = append(s.checks, l.check(&f.Checks[i]))
	}
	for _, scenario := range f.Scenarios {
		l.steps(scenario.Steps)
	}
	if err := l.Problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// File returns the parsed test file, nil for the zero Suite. It is for the other packages
// of this repository. Callers must not change the file.
func (s *Suite) File() *testfile.File { return s.file }

// Policy returns the tested policy, with the roles that the example account defines; nil for the
// zero Suite.
func (s *Suite) Policy() *policy.Policy { return s.policy }

// World returns the example account, nil for the zero Suite.
func (s *Suite) World() *World { return s.world }

// Time returns the time of checks and steps that set none: the time of the file, or by
// default the beginning of 2026 in UTC. It returns the zero time for the zero Suite.
func (s *Suite) Time() time.Time { return s.at }

// lookup looks up the names of a test file in its policy and its account.
type lookup struct {
	*testfile.Lookup
	users, teams, fields testfile.Names // of the account
}

func loadPolicy(f *testfile.File, read func(path string) ([]byte, error)) (*policy.Policy, error) {
	name := f.Policy.Text
	if slices.Contains(preset.Names(), name) {
		return preset.Load(name)
	}
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.Name), path)
	}
	if read == nil {
		read = readNothing
	}
	src, err := read(path)
	if err != nil {
		return nil, &policyError{syntax.Problem{File: f.Name, Pos: f.Policy.Pos, Message: printable.Sprintf(
			"policy %q is not a preset, and the file cannot be read%s: %v", name, suggest.DidYouMean(name, preset.Names()), err,
		)}, err}
	}
	return policyfile.Load(path, src)
}

func readNothing(string) ([]byte, error) { return nil, errors.New("no function to read files is set") }

// policyError is the problem of a test file whose policy cannot be read.
type policyError struct {
	syntax.Problem
	cause error
}

func (e *policyError) Unwrap() []error { return []error{e.Problem, e.cause} }
