package engine

import (
	"context"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Health returns what an operator should know of the Engine and its store, and none if all is well:
// what the store finds out, if it is a store.Checker, and whether the Engine hears of the changes of
// other processes at the moment. Such problems do not make a decision wrong; they say that something
// is less safe, or later, than it should be. Call it at regular times, for example from a health
// check, and alert on the result. It may take some seconds. The error is an *Error; it wraps ErrClosed,
// or means that the store could not find out.
func (e *Engine) Health(ctx context.Context) ([]store.Problem, error) {
	if err := e.open(); err != nil {
		return nil, &Error{Op: "check health", Err: err}
	}
	problems := e.watchProblems()
	if checker, ok := e.store.(store.Checker); ok {
		found, err := checker.Check(ctx)
		if err != nil {
			return nil, &Error{Op: "check health", Err: err}
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// watchProblems returns what is wrong with the hints of the store.
func (e *Engine) watchProblems() (problems []store.Problem) {
	add := func(format string, args ...any) {
		problems = append(problems, store.Problem{Where: "the engine", Text: printable.Sprintf(format, args...)})
	}
	c := &e.confirmations
	if _, ok := e.store.(store.Watcher); ok && !c.watched.Load() {
		add("it does not hear of changes of other processes (want a store that can be watched); MaxStaleness is %s", e.options.MaxStaleness)
	}
	if failed := c.failed.Load(); failed > c.all.Load() {
		add("the store could not confirm %s ago that the accounts in memory have not changed; each is read by itself", e.elapsed()-time.Duration(failed))
	}
	return problems
}
