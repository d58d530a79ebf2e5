package usherhttp

import (
	"context"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// Admission is what a Guard found out about a request that it let through. The zero
// Admission is that of a request without a Guard: nobody asks, and its decision
// denies and hides everything.
type AuthInfo struct {
	Subject    Subject
	Permission permission.Permission // zero behind RequireSubject
	Resource   usher.Resource        // nil for WholeAccount, and behind RequireSubject
	Decision   usher.Decision        // zero behind RequireSubject
}

// Admitted returns what the innermost Guard before the handler found out.
func FromContext(ctx context.Context) AuthInfo {
	if a, ok := ctx.Value(admissionKey{}).(*admitted); ok {
		return a.now()
	}
	return AuthInfo{}
}

// Loaded returns the resource that the Loader of the innermost Guard found, as the
// type that the host gave it. It is false if there is none, or one of another type.
func Loaded[R usher.Resource](ctx context.Context) (resource R, ok bool) {
	if a, found := ctx.Value(admissionKey{}).(*admitted); found {
		resource, ok = a.now().Resource.(R)
	}
	return resource, ok
}

type admissionKey struct{}

// admitted is a context that holds an Admission itself, which saves an allocation.
type admitted struct {
	context.Context
	guard   *Guard
	loading AuthInfo    // for the Loader; not written after it is called
	done    AuthInfo    // for the handler; not written after ready
	ready   atomic.Bool // goroutines of a Loader may outlive it
	writer  private     // of the handler
}

func (a *admitted) now() AuthInfo {
	if a.ready.Load() {
		return a.done
	}
	return a.loading
}

func (a *admitted) Value(key any) any {
	if key == (admissionKey{}) {
		return a
	}
	return a.Context.Value(key)
}
