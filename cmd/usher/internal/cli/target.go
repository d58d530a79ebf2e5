package cli

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
)

// scene is the account that a question is about: that of a test file, or one of a
// store.
type target struct {
	file   string
	policy *policy.Policy
	facts  policy.Facts

	account string // its id in a store, "" in a test file
	version uint64 // of it in a store

	users, teams func() []string
	request      func(as usher.UserID, q testfile.Question) (usher.Request, error)
}

// name is how messages name the account.
func (s *target) name() string {
	if s.account != "" {
		return printable.Text(s.account)
	}
	return "the account of " + printable.Text(s.file)
}

func testScene(suite *policytest.Suite) *target {
	return &target{
		file: suite.File().Name, policy: suite.Policy(), facts: suite.World(),
		request: func(as usher.UserID, q testfile.Question) (usher.Request, error) {
			return testfile.Request(suite.Policy(), as, q, suite.Time())
		},
		users: func() []string { return texts(suite.World().Users()) },
		teams: func() []string {
			var ids []string
			for _, t := range suite.File().Account.Teams {
				ids = append(ids, t.ID.Text)
			}
			return ids
		},
	}
}

func storeScene(path string, p *policy.Policy, view account.View) *target {
	return &target{
		file: path, policy: p, facts: view.State(), account: string(view.ID()), version: view.Version(),
		request: func(as usher.UserID, q testfile.Question) (usher.Request, error) {
			r, err := testfile.Request(p, as, q, time.Now())
			r.Account = view.ID()
			return r, err
		},
		users: func() (ids []string) {
			for m := range view.Users("") {
				ids = append(ids, string(m.ID))
			}
			return ids
		},
		teams: func() (ids []string) {
			for t := range view.Teams("") {
				ids = append(ids, string(t.ID))
			}
			return ids
		},
	}
}

func (s *target) hasUser(id string) bool {
	u, err := s.facts.User(usher.UserID(id))
	return err == nil && u != nil
}

// scene opens what a file holds, and what the question says of it.
func (r *run) openTarget(ctx context.Context, file string, q *question) (*target, error) {
	if file == "-" || !isStore(file) {
		return r.testScene(file, q)
	}
	if q.policy == "" {
		return nil, wrongUsage("explain needs the policy by which the service decides: --policy POLICY, a file or a preset; a store holds none")
	}
	version, err := q.versionNumber()
	if err != nil {
		return nil, err
	}
	p, err := r.policy(q.policy)
	if err != nil {
		return nil, r.refuse(q.policy, err)
	}
	s, err := readStore(file)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	defer s.Close()
	if q.account == "" {
		return nil, needAccount(ctx, "explain", file, s)
	}
	o, err := openOffice(file, s, p)
	if err != nil {
		return nil, err
	}
	defer o.close(r)
	view, err := o.view(ctx, usher.AccountID(q.account), version)
	if err != nil {
		return nil, r.cannot(q.policy, err)
	}
	if err := o.noteOtherPolicy(ctx, r, view); err != nil {
		return nil, err
	}
	var unfit *account.PolicyMismatchError // a scene decides on the state, past the engine
	if errors.As(view.State().FitsUser(p, usher.UserID(q.as)), &unfit) {
		return nil, r.refuse(q.policy, o.unfit(unfit))
	}
	return storeScene(file, p, view), nil
}

func (r *run) testScene(file string, q *question) (*target, error) {
	suite, err := r.suite(file)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	switch name := printable.Text(suite.File().Name); {
	case q.account != "":
		return nil, wrongUsage("--account %s: %s is a test file, which has one account; --account is for a store", q.account, name)
	case q.policy != "":
		return nil, wrongUsage("--policy %s: %s is a test file, which names its policy; --policy is for a store", q.policy, name)
	case q.version != "":
		return nil, wrongUsage("--at %s: %s is a test file, whose account has no versions; write a time, as 2026-01-31", q.version, name)
	}
	return testScene(suite), nil
}

// versionNumber returns the version that is asked about, 0 for the newest.
func (q *question) versionNumber() (uint64, error) {
	if q.version == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(q.version, 10, 64)
	switch {
	case err != nil:
		return 0, wrongUsage("--at %s: no account has come to that version", q.version)
	case n == 0:
		return 0, wrongUsage("--at %s: the versions of an account count from 1", q.version)
	}
	return n, nil
}

// sceneJSON begins what explain writes for machines.
type sceneJSON struct {
	File    string `json:"file"`
	Account string `json:"account,omitempty"` // in a store
	Version uint64 `json:"version,omitempty"` // in a store
}

func (s *target) json() sceneJSON { return sceneJSON{s.file, s.account, s.version} }
