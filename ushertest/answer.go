package ushertest

import (
	"maps"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Answer is the decision of an Authorizer for some requests. Its methods restrict the
// requests or add details, and return the Answer.
type Answer struct {
	az *Authorizer

	everything bool
	visitors   bool // for every requester
	user       usher.UserID
	permission permission.Permission
	account    usher.AccountID // "" for every account
	on         []usher.Ref     // nil for every resource and for none

	reason usher.Reason
	hidden []string
	unmet  []string
	titles map[string]string
	file   string
	line   int
	used   bool
}

// Allow makes the Authorizer allow p for user: on these resources, or without any on every
// resource and on the account as a whole. If several calls of Allow and Deny match a
// request, the last one applies. The name of p is not compared with a policy. A misspelled
// name leaves the request denied, and AskedAll reports it.
func (az *Authorizer) Allow(user usher.UserID, p permission.Permission, on ...usher.Ref) *Answer {
	return az.add(&Answer{user: user, permission: p, on: on, reason: usher.ReasonGranted})
}

// AllowVisitors makes the Authorizer allow p for every request that is marked as a visitor's, and
// for every user with an id, as a policy's rules of visitors do. It matches resources as Allow
// does.
func (az *Authorizer) AllowVisitors(p permission.Permission, on ...usher.Ref) *Answer {
	return az.add(&Answer{visitors: true, permission: p, on: on, reason: usher.ReasonGranted})
}

// Deny makes the Authorizer deny p for user with a reason, which must not be ReasonGranted.
// It matches requests as Allow does.
func (az *Authorizer) Deny(user usher.UserID, p permission.Permission, reason usher.Reason, on ...usher.Ref) *Answer {
	if reason == usher.ReasonGranted {
		az.t.Helper()
		az.t.Errorf("Deny(%q, %s): granted is not a reason to deny", user, p)
		reason = 0
	}
	return az.add(&Answer{user: user, permission: p, on: on, reason: reason})
}

// AllowEverything makes the Authorizer allow every request of every user with an id. A
// later Deny makes an exception.
func (az *Authorizer) AllowEverything() {
	az.add(&Answer{everything: true, used: true, reason: usher.ReasonGranted})
}

// In restricts the answer to requests about an account.
func (a *Answer) In(account usher.AccountID) *Answer {
	return a.change(func() { a.account = account })
}

// Hiding adds fields that an allowed request hides.
func (a *Answer) Hiding(fields ...string) *Answer {
	return a.change(func() {
		a.hidden = slices.Concat(a.hidden, fields)
		slices.Sort(a.hidden)
		a.hidden = slices.Compact(a.hidden)
	})
}

// Unmet adds conditions that are not met, as a policy names them, for a Deny with
// ReasonConditionUnmet.
func (a *Answer) Unmet(conditions ...string) *Answer {
	return a.change(func() { a.unmet = slices.Concat(a.unmet, conditions) })
}

// Titled adds the title of the permission or of a condition, by its name.
func (a *Answer) Titled(name, title string) *Answer {
	return a.change(func() {
		titles := maps.Clone(a.titles)
		if titles == nil {
			titles = map[string]string{}
		}
		titles[name] = title
		a.titles = titles
	})
}

// call returns `Allow at calendar_test.go:12 of "mia" and calendar.edit on calendar c1`.
func (a *Answer) call() string {
	a.az.mu.Lock()
	defer a.az.mu.Unlock()
	verb := "Deny"
	if a.reason == usher.ReasonGranted {
		verb = "Allow"
	}
	text := printable.Sprintf("%s at %s:%d of %q and %s", verb, a.file, a.line, string(a.user), a.permission)
	if a.visitors {
		text = printable.Sprintf("AllowVisitors at %s:%d of %s", a.file, a.line, a.permission)
	}
	for i, ref := range a.on {
		joint := " on "
		if i > 0 {
			joint = ", "
		}
		text += joint + ref.String()
	}
	if a.account != "" {
		text += " in " + printable.Word(a.account)
	}
	return text
}

func (a *Answer) change(f func()) *Answer {
	a.az.mu.Lock()
	defer a.az.mu.Unlock()
	f()
	return a
}

// add adds an answer, with the line of the test that called Allow or Deny.
func (az *Authorizer) add(a *Answer) *Answer {
	if _, file, line, ok := runtime.Caller(2); ok {
		a.file, a.line = filepath.Base(file), line
	}
	a.az = az
	a.on = slices.Clone(a.on)
	az.mu.Lock()
	defer az.mu.Unlock()
	az.answers = append(az.answers, a)
	return a
}

// matches reports whether the answer applies to the request.
func (a *Answer) matches(r *usher.Request) bool {
	switch {
	case a.everything:
		return r.Subject != ""
	case !a.about(r), a.account != "" && a.account != r.Account:
		return false
	case len(a.on) == 0:
		return true
	}
	return r.Resource != nil && slices.Contains(a.on, r.Resource.Ref())
}

// about reports whether the answer has the user and the permission of the request.
func (a *Answer) about(r *usher.Request) bool {
	if a.visitors {
		return a.permission == r.Permission && (r.Visitor || r.Subject != "")
	}
	return r.Subject != "" && a.user == r.Subject && a.permission == r.Permission
}

// detail describes the answer, with the line of the test instead of a place in a policy.
func (a *Answer) detail(p permission.Permission) usher.Detail {
	rule := usher.Rule{Source: usher.SourceGrant, Permission: p.String(), Name: p.String(), File: a.file, Line: a.line}
	switch {
	case a.everything:
		rule.Name = "of everything"
	case a.visitors:
		rule.Source, rule.Name, rule.Text = usher.SourceVisitor, "visitor", "any"
	case a.reason == usher.ReasonForbidden:
		rule.Source, rule.Text = usher.SourceNever, "any"
	}
	d := usher.Detail{Rule: rule, Titles: maps.Clone(a.titles)}
	if a.reason == usher.ReasonGranted {
		d.Hidden = slices.Clone(a.hidden)
	} else {
		d.Unmet = slices.Clone(a.unmet)
	}
	return d
}
