package console

import (
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// missing is what a viewer lacks who may not see a page.
type missing struct {
	permission permission.Permission
	decision   usher.Decision
}

// lacks returns what the viewer lacks for a permission on the account as a whole.
func (v *viewer) lacks(p permission.Permission) missing { return missing{p, v.check(p, nil)} }

// lockedError is the error for a viewer who may not see a page. It is a denial, so the status
// of the response is 403.
type lockedError struct {
	usher.DeniedError
	sentence string
}

func (e *lockedError) Error() string { return e.DeniedError.Error() }

// As makes errors.As find the denial.
func (e *lockedError) As(target any) bool {
	denied, ok := target.(**usher.DeniedError)
	if ok {
		*denied = &e.DeniedError
	}
	return ok
}

func asLocked(err error) (*lockedError, bool) {
	var l *lockedError
	return l, errors.As(err, &l)
}

// locked returns the error for a viewer who may see none of the pages.
func (v *viewer) locked() error { return v.lockedBy(pages[0].Lacks(v)) }

// lockedBy returns the error for a viewer who lacks a permission. Its sentence contains as much
// as usherhttp discloses: not the policy, and nothing to a user who is not in the account.
func (v *viewer) lockedBy(m missing) error {
	if v.err != nil {
		return v.err
	}
	e := &lockedError{DeniedError: usher.DeniedError{Request: v.subject.Request(m.permission, nil), Decision: m.decision}}
	if m.decision.Allowed() { // allowed on the account, and yet not on any resource
		e.Decision = usher.Decision{}
	}
	e.sentence = v.denialText(m.permission, e.Decision)
	return e
}

// denialText returns a sentence about a denial of the viewer.
func (v *viewer) denialText(p permission.Permission, d usher.Decision) string {
	switch reason := d.Reason(); reason {
	case 0, usher.ReasonUnknownUser:
		return v.text.plain("locked.text")
	case usher.ReasonNoPermission, usher.ReasonOutOfScope:
		return v.text.plain("reason."+reason.String()+".named", "permission", v.permissionTitle(p))
	case usher.ReasonConditionUnmet:
		unmet := v.guard.Problem(v.r, &usher.DeniedError{Request: v.subject.Request(p, nil), Decision: d}).Unmet
		if len(unmet) == 0 {
			return v.text.plain("reason.condition-unmet")
		}
		titles := d.Detail().Titles
		list := make([]string, len(unmet))
		for i, name := range unmet {
			list[i] = name
			if title := titles[name]; title != "" {
				list[i] = printable.Text(title)
			}
		}
		return v.text.plain("reason.condition-unmet.named", "conditions", v.list(list))
	default:
		return v.text.plain("reason." + reason.String())
	}
}

// permissionTitle returns the title of a permission, or its name.
func (v *viewer) permissionTitle(p permission.Permission) string {
	if v.policy != nil {
		if title := v.policy.PermissionTitle(p); title != "" {
			return title
		}
	}
	return p.String()
}
