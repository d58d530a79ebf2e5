package engine

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// InMemory lets SetPolicy compare only the accounts in memory with the new policy, for stores with so
// many accounts that reading all of them takes too long. The others are compared when this Engine reads
// them: Observer.Failed receives what SetPolicy would have listed, as an *Error that wraps an
// *account.PolicyMismatchError, each time that the account is loaded, until the next SetPolicy. Checks of
// users that the policy does not fit return an error meanwhile, but grants and settings that become
// effective again are effective. To see these first, call SetPolicy without InMemory in another process,
// such as one on a copy of the store, or when few accounts are in use.
func InMemory() SetPolicyOption { return SetPolicyOption{inMemory: true} }

// unexamined returns the policy that accounts in the store may still have to be compared with, or nil.
func (e *Engine) unexamined() (before, now *policy.Policy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policyBefore, e.policy
}

// reportFit reports a loaded account that the current policy does not fit, if SetPolicy did not compare
// it.
func (e *Engine) reportFit(id usher.AccountID, s *account.State) {
	before, now := e.unexamined()
	if before == nil || s.Version() == 0 {
		return
	}
	if err := s.FitsAfter(before, now, e.options.Clock()); err != nil {
		e.failed("check fit of", id, err)
	}
}
