package engineproof_test

import (
	"context"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// checked is a decision, with bounds of the versions and policies that were current between call
// and return.
type checked struct {
	account     *soakAccount
	least, most uint64 // versions
	first, last int64  // exchanges of the policy

	user       usher.UserID
	permission permission.Permission
	allowed    bool
	version    uint64
	digest     string
}

// past is an earlier version of an account, as the engine returned it.
type past struct {
	account *soakAccount
	state   *account.State
}

// reportedCommit is a commit that a caller got.
type reportedCommit struct {
	account *soakAccount
	version uint64
	id      string
}

// anyTime is the time of all requests; the decisions do not depend on it.
var anyTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// before records the lower bounds for a decision about an account.
func (w *soakWorker) before(a *soakAccount) checked {
	return checked{account: a, least: a.least.Load(), first: w.exchanged.Load()}
}

// after records the decision and its upper bounds.
func (w *soakWorker) after(c checked, user usher.UserID, perm permission.Permission, d usher.Decision) {
	c.last, c.most = w.exchanging.Load(), uint64(c.account.most.Load())
	detail := d.Detail()
	c.user, c.permission, c.allowed, c.version, c.digest = user, perm, d.Allowed(), detail.Version, detail.Digest
	w.checks = append(w.checks, c)
}

// verify compares all results with the journals.
func (s *soak) verify() {
	states := map[*soakAccount][]*account.State{}
	ids := map[*soakAccount][]string{}
	for i := range s.accounts {
		a := &s.accounts[i]
		states[a], ids[a] = s.replay(a.id)
		if last := uint64(len(ids[a]) - 1); a.least.Load() != last || uint64(a.most.Load()) != last {
			s.t.Errorf("%s is at version %d; a caller got %d, and at most %d batches began", a.id, last, a.least.Load(), a.most.Load())
		}
	}
	for _, c := range s.commits {
		if c.version >= uint64(len(ids[c.account])) || ids[c.account][c.version] != c.id {
			s.t.Errorf("a caller got commit %s as version %d of %s, and the journal has another one", c.id, c.version, c.account.id)
		}
	}
	for _, p := range s.pasts {
		assert.Equal(s.t, states[p.account][p.state.Version()].Encode(), p.state.Encode())
	}
	type asked struct {
		account    *soakAccount
		version    uint64
		digest     string
		user       usher.UserID
		permission permission.Permission
	}
	allowed := map[asked]bool{}
	for _, c := range s.checks {
		p := s.policyOf(&c)
		if p == nil || c.version < c.least || c.version > c.most {
			s.t.Errorf("%s was answered at version %d under %s; there were %d to %d, and the exchanges %d to %d",
				c.account.id, c.version, c.digest, c.least, c.most, c.first, c.last)
			return
		}
		q := asked{c.account, c.version, c.digest, c.user, c.permission}
		want, known := allowed[q]
		if !known {
			d, err := p.Decide(states[c.account][c.version], &usher.Request{Account: c.account.id, Subject: c.user, Permission: c.permission, Time: anyTime})
			require.NoError(s.t, err)
			want = d.Allowed()
			allowed[q] = want
		}
		if c.allowed != want {
			s.t.Errorf("%s: %s %s: allowed %t at version %d under %s, want %t", c.account.id, c.user, c.permission, c.allowed, c.version, c.digest, want)
			return
		}
		s.count(&c)
	}
}

// policyOf returns the policy of a decision, if it was one of the two.
func (s *soak) policyOf(c *checked) *policy.Policy {
	for n := c.first; n <= c.last; n++ {
		if p := s.policies[n%2]; p.Digest() == c.digest {
			return p
		}
	}
	return nil
}

func (s *soak) count(c *checked) {
	if c.allowed {
		s.seen.add("checks allowed", 1)
	} else {
		s.seen.add("checks denied", 1)
	}
	if c.least == c.most {
		s.seen.add("checks that only one version can answer", 1)
	}
	if c.first == c.last {
		s.seen.add("checks that only one policy can answer", 1)
	}
}

// replay returns an account at each version, and the ids of the commits.
func (s *soak) replay(id usher.AccountID) (states []*account.State, ids []string) {
	state := account.New(id)
	states, ids = append(states, state), append(ids, "")
	for stored, err := range s.mem.Commits(context.Background(), id, 0) {
		require.NoError(s.t, err)
		c, err := account.DecodeCommit(stored.Data)
		require.NoError(s.t, err)
		state, err = state.Apply(c)
		require.NoError(s.t, err)
		states, ids = append(states, state), append(ids, c.ID)
	}
	return states, ids
}
