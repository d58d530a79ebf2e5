package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Request returns the request that a question asks under a policy, with the user as its
// subject. It has no account. A question without a time gets the time given, or that of
// test files if it is zero. The error is a *syntax.Problems with the places of the question.
func Request(p *policy.Policy, as usher.UserID, q Question, at time.Time) (usher.Request, error) {
	l := NewLookup(&File{At: at}, p)
	r, _ := l.Question(&q)
	if err := l.Problems.Err(); err != nil {
		return usher.Request{}, err
	}
	r.Subject = as
	return r, nil
}
