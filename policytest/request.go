package policytest

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Request makes a request of a question that stands in no file and is about no
// account in particular, as Suite.Request does for that of its file. A question
// without a time is asked at the one given, or at that of test files if it is zero.
// The error is a *syntax.Problems, of the places that the question has.
func Request(p *policy.Policy, as usher.UserID, q Question, at time.Time) (usher.Request, error) {
	l := newLookup(&File{At: at}, p)
	r, _ := l.question(&q)
	if err := l.problems.Err(); err != nil {
		return usher.Request{}, err
	}
	r.Subject = as
	return r, nil
}
