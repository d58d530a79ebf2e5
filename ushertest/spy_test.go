package ushertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// spy is a testing.TB that records failures.
type spy struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (s *spy) Helper() {}

func (s *spy) Context() context.Context { return context.Background() }

func (s *spy) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *spy) Error(args ...any) {
	s.failures = append(s.failures, strings.TrimSpace(fmt.Sprintln(args...)))
}

func (s *spy) Errorf(format string, args ...any) {
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
}

// taken returns the recorded failures, and clears them.
func (s *spy) taken() string {
	all := strings.Join(s.failures, "\n")
	s.failures = nil
	return all
}

// end runs the cleanups, as at the end of a test.
func (s *spy) end() {
	for _, f := range s.cleanups {
		f()
	}
}
