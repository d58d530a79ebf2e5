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

// target is the account that explain uses: the account of a test file, or an account of
// a store.
type target struct {
	file   string
	policy *policy.Policy
	facts  policy.Facts

	account string // the id in a store, "" in a test file
	version uint64 // in a store; 0 in a test file

	users, teams func() []string
	request      func(as usher.UserID, q testfile.Question) (usher.Request, error)
	view         account.View
}

// name returns the name of the account in messages.
func (s *target) name() string {
	if s.account != "" {
		return printable.Text(s.account)
	}
	return "the account of " + printable.Text(s.file)
}

func testTarget(suite *policytest.Suite) *target {
	return &target{
		file: suite.File().Name, policy: suite.Policy(), facts: suite.World(), view: suite.World().State().View(suite.Policy()),
		request: func(as usher.UserID, q testfile.Question) (usher.Request, error) {
			return testfile.Request(suite.Policy(), as, q, suite.Time(), idsOnCommandLine(suite.World().State()))
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

func storeTarget(path string, view account.View) *target {
	p := view.Policy() // with the roles of the account
	return &target{
		file: path, policy: p, facts: view.State(), account: string(view.ID()), version: view.Version(), view: view,
		request: func(as usher.UserID, q testfile.Question) (usher.Request, error) {
			r, err := testfile.Request(p, as, q, time.Now(), idsOnCommandLine(view.State()))
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

func idsOnCommandLine(s *account.State) testfile.IDs {
	ids := testfile.IDsOf(s)
	ids.OnCommandLine = true
	return ids
}

func (s *target) hasUser(id string) bool {
	u, err := s.facts.User(usher.UserID(id))
	return err == nil && u != nil
}

// openTarget opens a test file or a store for a command, as the flags of the question say.
func (r *run) openTarget(ctx context.Context, command, file string, q *question) (*target, error) {
	if file == "-" || !isStore(r.original(file)) {
		return r.openTestTarget(file, q)
	}
	if q.policy == "" {
		return nil, wrongUsage("%s needs the policy of the service: --policy POLICY, a file or a preset; a store does not contain it", command)
	}
	version, err := q.versionNumber()
	if err != nil {
		return nil, err
	}
	p, err := r.policy(q.policy)
	if err != nil {
		return nil, r.refuse(q.policy, err)
	}
	s, err := r.openStore(ctx, file, reads)
	if err != nil {
		return nil, r.refuseStore(file, err)
	}
	defer s.close()
	if q.account == "" {
		return nil, needAccount(ctx, command, file, s.Store)
	}
	o, err := newOpenedStore(file, s.Store, p, nil, time.Time{})
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
	var mismatch *account.PolicyMismatchError // explain evaluates the state, without the engine's check
	for _, id := range []string{q.as, q.by} {
		if errors.As(view.State().FitsUser(p, usher.UserID(id)), &mismatch) {
			return nil, r.refuse(q.policy, o.mismatch(mismatch))
		}
	}
	return storeTarget(file, view), nil
}

func (r *run) openTestTarget(file string, q *question) (*target, error) {
	suite, err := r.suite(file)
	if err != nil {
		return nil, r.refuse(file, err)
	}
	switch name := printable.Text(suite.File().Name); {
	case q.account != "":
		return nil, wrongUsage("--account %s applies only to a store; %s is a test file, which has one account", q.account, name)
	case q.policy != "":
		return nil, wrongUsage("--policy %s applies only to a store; %s is a test file, which names its policy", q.policy, name)
	case q.version != "":
		return nil, wrongUsage("--at %s: %s is a test file, whose account has no versions; give a time, such as 2026-01-31", q.version, name)
	}
	return testTarget(suite), nil
}

// versionNumber returns the version in --at, 0 for the newest.
func (q *question) versionNumber() (uint64, error) {
	if q.version == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(q.version, 10, 64)
	switch {
	case err != nil:
		return 0, wrongUsage("--at %s: the version number is too large", q.version)
	case n == 0:
		return 0, wrongUsage("--at %s: the first version of an account is 1", q.version)
	}
	return n, nil
}

// targetJSON is the common part of the JSON that explain writes.
type targetJSON struct {
	File    string `json:"file"`
	Account string `json:"account,omitempty"` // in a store
	Version uint64 `json:"version,omitempty"` // in a store
}

func (s *target) json() targetJSON { return targetJSON{s.file, s.account, s.version} }
