package usherhttp

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// AuthInfo is the result of a Guard for a request that it let through. The zero AuthInfo is
// that of a request without a Guard: it has no Subject, and its Decision denies and hides
// everything.
type AuthInfo struct {
	Subject    Subject
	Permission permission.Permission // zero with RequireSubject
	Resource   usher.Resource        // nil with WholeAccount or RequireSubject
	Gives      string                // the role that Route.Gives returned; "" if it is unknown
	Decision   usher.Decision        // zero with RequireSubject
}

// FromContext returns the result of the innermost Guard around the handler, or the zero
// AuthInfo without a Guard.
func FromContext(ctx context.Context) AuthInfo {
	if a, ok := ctx.Value(guardContextKey{}).(*guardContext); ok {
		return a.now()
	}
	return AuthInfo{}
}

// Loaded returns the resource that the Loader of the innermost Guard returned, with its own
// type. It returns false if there is none, or if it has another type.
func Loaded[R usher.Resource](ctx context.Context) (resource R, ok bool) {
	if a, found := ctx.Value(guardContextKey{}).(*guardContext); found {
		resource, ok = a.now().Resource.(R)
	}
	return resource, ok
}

type guardContextKey struct{}

// guardContext is a context that contains the AuthInfo itself, which saves an allocation.
type guardContext struct {
	context.Context
	guard   *Guard
	loading AuthInfo    // for the Loader; not written after the call
	done    AuthInfo    // for the handler; not written after ready is set
	ready   atomic.Bool // needed because goroutines of a Loader may outlive it
	writer  private     // for the handler

	request *http.Request // as the Guard got it
	once    sync.Once     // makes asker
	asker   usher.Asker
	ended   atomic.Bool // the handler has returned, so there is no Asker any more
}

func (a *guardContext) now() AuthInfo {
	if a.ready.Load() {
		return a.done
	}
	return a.loading
}

func (a *guardContext) Value(key any) any {
	if key == (guardContextKey{}) {
		return a
	}
	return a.Context.Value(key)
}
