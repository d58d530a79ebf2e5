package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Request returns the request of a question under a policy, with as for its subject and
// without an account. IDs has the ids of the account. At is the time of a question without a time; if it is zero, the
// default time of test files is used. The error is a *syntax.Problems with the places of
// the question.
func Request(p *policy.Policy, as usher.UserID, q Question, at time.Time, ids IDs) (usher.Request, error) {
	l := NewLookup(&File{At: at}, p)
	l.IDs = ids
	r, _ := l.Question(&q)
	if err := l.Problems.Err(); err != nil {
		return usher.Request{}, err
	}
	r.Subject = as
	return r, nil
}

// Resources returns the resources that commands name, with their facts, for account.Proposal.
// IDs has the ids of the account. The error is a *syntax.Problems with the places of the resources.
func Resources(p *policy.Policy, list []Resource, ids IDs) ([]usher.Resource, error) {
	l := NewLookup(&File{}, p)
	l.IDs = ids
	objects := l.Objects(list)
	return objects, l.Problems.Err()
}
