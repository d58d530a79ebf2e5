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

// Suite is a test file with its policy, all names looked up. It is immutable, and
// may be used by many goroutines at the same time. The zero Suite has no tests,
// so nothing passes.
type Suite struct {
	file   *testfile.File
	policy *policy.Policy
	world  *World
	checks []check
	at     time.Time // when things are asked and done that do not say
}

// Load reads a test file, its policy, and the account. Name is the file's name
// for messages, and says where a policy is that is no preset: read is called with
// the path from there, or an absolute one. A nil read reads nothing.
//
// The error is a *syntax.Problems of the test file or of the policy; where the
// policy cannot be read, it wraps a syntax.Problem and the error of read.
func Load(name string, src []byte, read func(path string) ([]byte, error)) (*Suite, error) {
	file, err := testfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	p, err := loadPolicy(file, read)
	if err != nil {
		return nil, err
	}
	return against(file, p)
}

// LoadWith reads a test file and tests another policy than the one that the file names.
// The error is a *syntax.Problems of the file, for example about names that the policy
// lacks. A nil policy has no names.
func LoadWith(name string, src []byte, p *policy.Policy) (*Suite, error) {
	file, err := testfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return against(file, p)
}

func against(f *testfile.File, p *policy.Policy) (*Suite, error) {
	l := &lookup{Lookup: testfile.NewLookup(f, p)}
	s := &Suite{file: f, policy: l.Policy, world: l.world(&f.Account), at: l.At}
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

// File returns the test file as it is written, nil for the zero Suite. It is for the other
// packages of this repository. The file must not be changed.
func (s *Suite) File() *testfile.File { return s.file }

// Policy returns the policy that is tested, nil for the zero Suite.
func (s *Suite) Policy() *policy.Policy { return s.policy }

// World returns the account, nil for the zero Suite.
func (s *Suite) World() *World { return s.world }

// Time returns when things are asked and done that do not say: the time of the file,
// or that of all files without one. It is zero for the zero Suite.
func (s *Suite) Time() time.Time { return s.at }

// lookup finds the names of a test file in its policy and its account.
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
			"policy %q is no preset, and no file that can be read%s: %v", name, suggest.DidYouMean(name, preset.Names()), err,
		)}, err}
	}
	return policyfile.Load(path, src)
}

func readNothing(string) ([]byte, error) { return nil, errors.New("no files are read here") }

// policyError is the problem of a file whose policy cannot be read.
type policyError struct {
	syntax.Problem
	cause error
}

func (e *policyError) Unwrap() []error { return []error{e.Problem, e.cause} }
