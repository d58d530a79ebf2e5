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

// Answer is what an Authorizer was told to say to some questions. Its methods narrow
// the questions down or add to what is said, and return it.
type Answer struct {
	az *Authorizer

	everything bool
	user       usher.UserID
	permission permission.Permission
	account    usher.AccountID // "" for any
	on         []usher.Ref     // nil for any resource, and for none

	reason usher.Reason
	hidden []string
	unmet  []string
	titles map[string]string
	file   string
	line   int
	used   bool
}

// Allow has the Authorizer say yes when user asks for p: on the resources given, or
// else on any and on the account as a whole. Where another Allow or Deny speaks of
// the same question, the last one counts. There is no policy to hold the name of p
// against: a typing error leaves the question denied, and AskedAll tells.
func (az *Authorizer) Allow(user usher.UserID, p permission.Permission, on ...usher.Ref) *Answer {
	return az.add(&Answer{user: user, permission: p, on: on, reason: usher.ReasonGranted})
}

// Deny has the Authorizer say no for a reason, which may not be ReasonGranted. What
// it speaks of is as for Allow.
func (az *Authorizer) Deny(user usher.UserID, p permission.Permission, reason usher.Reason, on ...usher.Ref) *Answer {
	if reason == usher.ReasonGranted {
		az.t.Helper()
		az.t.Errorf("Deny(%q, %s): granted is no reason to deny", user, p)
		reason = 0
	}
	return az.add(&Answer{user: user, permission: p, on: on, reason: reason})
}

// AllowEverything has the Authorizer say yes to everybody who has an id, whatever
// they ask for. A Deny that comes later takes something out.
func (az *Authorizer) AllowEverything() {
	az.add(&Answer{everything: true, used: true, reason: usher.ReasonGranted})
}

// In narrows the answer to questions about an account.
func (a *Answer) In(account usher.AccountID) *Answer {
	return a.change(func() { a.account = account })
}

// Hiding adds fields that an allowed question hides.
func (a *Answer) Hiding(fields ...string) *Answer {
	return a.change(func() {
		a.hidden = slices.Concat(a.hidden, fields)
		slices.Sort(a.hidden)
		a.hidden = slices.Compact(a.hidden)
	})
}

// Unmet adds conditions that failed, as a policy names them: for a Deny with
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

// add notes where the caller of the method that calls it stands.
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

// speaksOf reports whether the answer is one to the question.
func (a *Answer) speaksOf(r *usher.Request) bool {
	switch {
	case a.everything:
		return true
	case !a.about(r), a.account != "" && a.account != r.Account:
		return false
	case len(a.on) == 0:
		return true
	}
	return r.Resource != nil && slices.Contains(a.on, r.Resource.Ref())
}

// about reports whether the answer is about the user and the permission.
func (a *Answer) about(r *usher.Request) bool {
	return a.user == r.Subject && a.permission == r.Permission
}

// detail tells the answer with the line of the test in place of a policy's.
func (a *Answer) detail(p permission.Permission) usher.Detail {
	rule := usher.Rule{Source: usher.SourceGrant, Permission: p.String(), Name: p.String(), File: a.file, Line: a.line}
	switch {
	case a.everything:
		rule.Name = "of everything"
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
