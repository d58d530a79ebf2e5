package policytest

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/preset"
)

// Suite is a test file with its policy, all names looked up. It is immutable, and
// may be used by many goroutines at the same time. The zero Suite has no tests,
// so nothing passes.
type Suite struct {
	file   *File
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
	file, err := Parse(name, src)
	if err != nil {
		return nil, err
	}
	p, err := loadPolicy(file, read)
	if err != nil {
		return nil, err
	}
	return file.Against(p)
}

// Against returns the suite of the file with a policy that need not be the one that
// the file names. The file must not be changed any more. The error is a
// *syntax.Problems of the file, most of all of names that the policy does not have;
// a nil policy has none.
func (f *File) Against(p *policy.Policy) (*Suite, error) {
	if p == nil {
		p = new(policy.Policy)
	}
	l := newLookup(f, p)
	s := &Suite{file: f, policy: p, world: l.world(&f.Account), at: l.at}
	for i := range f.Checks {
		s.checks = append(s.checks, l.check(&f.Checks[i]))
	}
	for _, scenario := range f.Scenarios {
		l.steps(scenario.Steps)
	}
	if err := l.problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// File returns the test file as it is written, nil for the zero Suite.
func (s *Suite) File() *File { return s.file }

// Policy returns the policy that is tested, nil for the zero Suite.
func (s *Suite) Policy() *policy.Policy { return s.policy }

// World returns the account, nil for the zero Suite.
func (s *Suite) World() *World { return s.world }

// Time returns when things are asked and done that do not say: the time of the file,
// or that of all files without one. It is zero for the zero Suite.
func (s *Suite) Time() time.Time { return s.at }

// Request makes a request of a question that stands in no file, as one of a check
// is made. The error is a *syntax.Problems, of the places that the question has;
// the zero Suite knows no permission.
func (s *Suite) Request(as usher.UserID, q Question) (usher.Request, error) {
	if s.policy == nil {
		return usher.Request{}, usher.ErrUnknownPermission
	}
	l := newLookup(s.file, s.policy)
	r, _ := l.question(&q)
	if err := l.problems.Err(); err != nil {
		return usher.Request{}, err
	}
	r.Subject = as
	return r, nil
}

func loadPolicy(f *File, read func(path string) ([]byte, error)) (*policy.Policy, error) {
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
