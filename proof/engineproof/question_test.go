package engineproof_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

// question is a call of a client: a batch, a check or a view.
type question struct {
	id     string // in the note of the commit
	client int
	engine int
	what   questionKind

	actor   modelUser // of a batch
	ops     []op
	key     string
	request string        // distinguishes batches with the same key
	end     txEnd         // of the transaction with the batch
	pause   time.Duration // before its end

	user    modelUser // of a check
	atLeast uint64    // of a check or view: the required version; 0 for none
	newest  bool      // the result must be current, even if the promise is loose
}

type questionKind uint8

const (
	submit questionKind = iota
	openDoor
	lockDoor
	guardDoor
	viewAccount // at the whole account: a view
	observation // no call: the engine has just returned a version
)

var (
	doorOpen = permission.MustParse("door.open")
	doorLock = permission.MustParse("door.lock")

	doorGuard = permission.MustParse("door.guard")
)

// scope returns the key with its actor: the keys of two actors are different keys.
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
		fmt.Fprintf(&b, "%s asks %v", q.actor, q.ops)
		if q.key != "" {
			fmt.Fprintf(&b, " under %s", q.key)
		}
		b.WriteString(txEndTexts[q.end])
	case openDoor:
		fmt.Fprintf(&b, "may %s open doors", q.user)
	case lockDoor:
		fmt.Fprintf(&b, "may %s lock doors", q.user)
	case guardDoor:
		fmt.Fprintf(&b, "may %s guard doors", q.user)
	case viewAccount:
		b.WriteString("view")
	case observation:
		b.WriteString("has told")
	}
	if q.atLeast > 0 {
		fmt.Fprintf(&b, " at least at %d", q.atLeast)
	}
	return b.String()
}

// answer is the result of a call.
type answer struct {
	result  resultKind
	version uint64 // 0 if the result has no version
	commit  string // the id of the commit
	refusal refusal
	allowed bool         // of a check
	seen    modelAccount // of a view
	err     error        // of failed and unknown
}

type resultKind uint8

const (
	failed   resultKind = iota // no effect, and no result
	done                       // by a new commit
	repeated                   // by an earlier commit with the same key
	idle                       // no change was necessary
	refused
	reused          // the key was used for another request
	unknown         // it is not known whether the batch was committed
	answered        // a check or a view
	observedVersion // of a version that the engine has returned
)

var resultNames = [...]string{"failed", "done", "repeated", "idle", "refused", "reused", "unknown", "answered", "knew"}

func (f resultKind) String() string { return resultNames[f] }

func (a *answer) String() string {
	text := a.result.String()
	if a.version > 0 {
		text += fmt.Sprintf(" at %d", a.version)
	}
	switch a.result {
	case answered:
		if text += fmt.Sprintf(": %t", a.allowed); a.seen != (modelAccount{}) {
			text = fmt.Sprintf("at %d: %v", a.version, a.seen)
		}
	case refused:
		text += ": " + a.refusal.String()
	case failed, unknown:
		text += fmt.Sprintf(": %v", a.err)
	}
	return text
}

// matches reports whether the account in the model is as in the result.
func (s modelAccount) matches(q *question, a *answer) bool {
	switch q.what {
	case openDoor:
		return a.allowed == s.opens(q.user)
	case lockDoor:
		return a.allowed == s.leads(q.user)
	case guardDoor:
		return a.allowed == s.guards(q.user)
	case viewAccount:
		s.lastWish = 0 // no view has it
		return a.seen == s
	}
	return false
}

// rejects reports whether the model rejects the batch with the code and index of the result.
func (s modelAccount) rejects(q *question, a *answer) bool {
	_, _, r := s.after(q.actor, q.ops)
	return r.code != 0 && r == a.refusal
}

// changesNothing reports whether the batch would change nothing.
func (s modelAccount) changesNothing(q *question) bool {
	_, changed, r := s.after(q.actor, q.ops)
	return !changed && r.code == 0
}

// afterAnswer returns the account that a client assumes after a result.
func (s modelAccount) afterAnswer(q *question, a *answer) modelAccount {
	switch {
	case a.result == answered && q.what == viewAccount:
		return a.seen
	case a.result == done:
		s, _, _ = s.after(q.actor, q.ops)
	}
	return s
}
