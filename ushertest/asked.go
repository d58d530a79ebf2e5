package ushertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// Requests returns the requests to Check so far, in their order.
func (az *Authorizer) Requests() []usher.Request {
	az.mu.Lock()
	defer az.mu.Unlock()
	list := make([]usher.Request, len(az.requests))
	for i, q := range az.requests {
		list[i] = q.Request
	}
	return list
}

// Asked fails the test unless p was checked, on each of these resources. It returns the
// requests for p, restricted to these resources if there are any, so that the test can
// check their subjects and accounts.
func (az *Authorizer) Asked(p permission.Permission, on ...usher.Ref) []usher.Request {
	az.t.Helper()
	var found []usher.Request
	missing := slices.Clone(on)
	for _, r := range az.Requests() {
		if r.Permission != p {
			continue
		}
		if len(on) > 0 {
			if r.Resource == nil || !slices.Contains(on, r.Resource.Ref()) {
				continue
			}
			missing = slices.DeleteFunc(missing, func(ref usher.Ref) bool { return ref == r.Resource.Ref() })
		}
		found = append(found, r)
	}
	switch {
	case len(missing) > 0:
		az.t.Errorf("%s on %s was not checked; %s", p, missing[0], az.history())
	case len(found) == 0:
		az.t.Errorf("%s was not checked; %s", p, az.history())
	}
	return found
}

// AskedNothing fails the test if there was a request.
func (az *Authorizer) AskedNothing() {
	az.t.Helper()
	if len(az.Requests()) > 0 {
		az.t.Errorf("want no requests; %s", az.history())
	}
}

// AskedAll fails the test for each Allow, AllowVisitors and Deny that no request has used, so that a test
// does not allow more than its code needs.
func (az *Authorizer) AskedAll() {
	az.t.Helper()
	for _, a := range az.unused() {
		az.t.Errorf("the %s was not used; %s", a.call(), az.history())
	}
}

func (az *Authorizer) unused() []*Answer {
	az.mu.Lock()
	defer az.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(az.answers), func(a *Answer) bool { return a.used })
}

// history returns the requests, one per line.
func (az *Authorizer) history() string {
	az.mu.Lock()
	defer az.mu.Unlock()
	if len(az.requests) == 0 {
		return "there were no requests"
	}
	var b strings.Builder
	b.WriteString("the requests were:")
	for _, q := range az.requests {
		b.WriteString("\n\t")
		if q.Account != "" {
			fmt.Fprintf(&b, "in %s, ", q.Account)
		}
		if q.err != nil {
			b.WriteString(q.err.Error())
		} else {
			b.WriteString(sentence(q.Request, q.decision))
		}
	}
	return b.String()
}
