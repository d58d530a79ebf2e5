package usherfiles_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// spy is a testing.TB that records its failures.
type spy struct {
	testing.TB
	name     string
	notes    []string
	cleanups []func()
}

func (s *spy) Helper() {}

func (s *spy) Name() string { return s.name }

func (s *spy) Context() context.Context { return context.Background() }

func (s *spy) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *spy) Error(args ...any) { s.notes = append(s.notes, strings.TrimSpace(fmt.Sprintln(args...))) }

func (s *spy) Errorf(format string, args ...any) { s.Error(fmt.Sprintf(format, args...)) }

func (s *spy) Logf(format string, args ...any) { s.Errorf("log: "+format, args...) }

func (s *spy) Fatal(args ...any) {
	s.Error(args...)
	runtime.Goexit()
}

// during runs a part of a test until it ends or fails, and returns the recorded failures.
func (s *spy) during(f func()) string {
	s.notes = nil
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	return strings.Join(s.notes, "\n")
}

// end runs the cleanups, as at the end of a test.
func (s *spy) end() {
	for _, f := range s.cleanups {
		f()
	}
}
