package engineproof_test

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

// question is what a client asks of an engine: a batch, a check or a view.
type question struct {
	id     string // in the note of the commit, if there is one
	client int
	engine int
	what   what

	actor   who // of a batch
	deeds   []op
	key     string
	request string // tells batches under the same key apart

	whom    who    // of a check
	atLeast uint64 // of a check or view: the version that the client knows of; 0 for a plain one
	newest  bool   // the answer must be as of now, whatever the engines promise
}

type what uint8

const (
	submit what = iota
	openDoor
	lockDoor
	look    // at the whole account
	knowing // asks nothing: the engine has just told of a version
)

var (
	doorOpen = permission.MustParse("door.open")
	doorLock = permission.MustParse("door.lock")
)

// scope is the key as that of its actor: the same key of two actors is two keys.
func (q *question) scope() string {
	if q.key == "" {
		return ""
	}
	return scope(q.actor.actor(), q.key)
}

func scope(actor account.Actor, key string) string { return key + " of " + actor.String() }

func (q *question) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s client %d at engine %d: ", q.id, q.client, q.engine)
	switch q.what {
	case submit:
		fmt.Fprintf(&b, "%s asks %v", q.actor, q.deeds)
		if q.key != "" {
			fmt.Fprintf(&b, " under %s", q.key)
		}
	case openDoor:
		fmt.Fprintf(&b, "may %s open doors", q.whom)
	case lockDoor:
		fmt.Fprintf(&b, "may %s lock doors", q.whom)
	case look:
		b.WriteString("view")
	case knowing:
		b.WriteString("has told")
	}
	if q.atLeast > 0 {
		fmt.Fprintf(&b, " at least at %d", q.atLeast)
	}
	return b.String()
}

// answer is what came of a question.
type answer struct {
	fate    fate
	version uint64 // 0 where the engine does not tell
	commit  string // the id of the commit
	refusal refusal
	allowed bool  // of a check
	seen    small // of a view
	err     error // of what failed
}

type fate uint8

const (
	failed   fate = iota // nothing was done, and nothing was learned
	done                 // by a commit of its own
	repeated             // by an earlier commit, under the same key
	idle                 // nothing had to change
	refused
	reused   // the key had been used for something else
	unknown  // nobody knows whether it was done
	answered // a check or a view
	knew     // of the version that it told of
)

var fateNames = [...]string{"failed", "done", "repeated", "idle", "refused", "reused", "unknown", "answered", "knew"}

func (f fate) String() string { return fateNames[f] }

func (a *answer) String() string {
	text := a.fate.String()
	if a.version > 0 {
		text += fmt.Sprintf(" at %d", a.version)
	}
	switch a.fate {
	case answered:
		if text += fmt.Sprintf(": %t", a.allowed); a.seen != (small{}) {
			text = fmt.Sprintf("at %d: %v", a.version, a.seen)
		}
	case refused:
		text += ": " + a.refusal.String()
	case failed, unknown:
		text += fmt.Sprintf(": %v", a.err)
	}
	return text
}

// expects reports whether the account as the model knows it is what the answer says.
func (s small) expects(q *question, a *answer) bool {
	switch q.what {
	case openDoor:
		return a.allowed == s.opens(q.whom)
	case lockDoor:
		return a.allowed == s.leads(q.whom)
	case look:
		return a.seen == s
	}
	return false
}

// refuses reports whether the batch would be refused as the answer says.
func (s small) refuses(q *question, a *answer) bool {
	_, _, r := s.after(q.actor, q.deeds)
	return r.code != 0 && r == a.refusal
}

// idles reports whether the batch would change nothing.
func (s small) idles(q *question) bool {
	_, changed, r := s.after(q.actor, q.deeds)
	return !changed && r.code == 0
}

// told is what to think of the account after an answer.
func (s small) told(q *question, a *answer) small {
	switch {
	case a.fate == answered && q.what == look:
		return a.seen
	case a.fate == done:
		s, _, _ = s.after(q.actor, q.deeds)
	}
	return s
}
