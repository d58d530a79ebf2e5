package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// SetPolicyOption changes how SetPolicy works. Accept and InMemory return one. The zero value changes
// nothing.
type SetPolicyOption struct {
	accepted *PolicyMismatchError
	inMemory bool
}

// Accept lets SetPolicy install a policy in spite of the mismatches that an earlier
// SetPolicy of the same policy returned. It covers all of them, also those of accounts
// that the error only counts. If there is another mismatch by then, of another user or
// for another reason, SetPolicy rejects the policy again, with the current list.
// Mismatches that are gone do not matter. Accept of nil, or of a PolicyMismatchError
// that SetPolicy did not return, covers nothing.
func Accept(list *PolicyMismatchError) SetPolicyOption {
	return SetPolicyOption{accepted: list}
}

func (o SetPolicyOption) accept(m *mismatches) {
	if o.accepted != nil && o.accepted.policy == m.policy {
		m.accepted = append(m.accepted, o.accepted.all)
	}
}

// maxListed limits the accounts in a PolicyMismatchError.
const maxListed = 100

// mismatches are the results of comparing accounts with one policy: for each account the
// latest.
type mismatches struct {
	policy   string // its digest
	accounts map[usher.AccountID]*account.PolicyMismatchError
	accepted []mismatchSet
}

// mismatchSet has a hash of each mismatch, since there may be as many as users.
type mismatchSet map[mismatchHash]struct{}

type mismatchHash [16]byte

// record stores the result for an account, nil for a fit.
func (m *mismatches) record(id usher.AccountID, err *account.PolicyMismatchError) {
	if err == nil {
		delete(m.accounts, id)
		return
	}
	if m.accounts == nil {
		m.accounts = map[usher.AccountID]*account.PolicyMismatchError{}
	}
	m.accounts[id] = err
}

// err returns a *PolicyMismatchError if a mismatch was not accepted.
func (m *mismatches) err() error {
	if m.allAccepted() {
		return nil
	}
	e := &PolicyMismatchError{policy: m.policy, all: mismatchSet{}}
	for _, a := range m.accounts {
		e.Accounts = append(e.Accounts, a)
		for what, user := range a.Mismatches() {
			e.all[fingerprintMismatch(a.Account, what, user)] = struct{}{}
		}
	}
	slices.SortFunc(e.Accounts, func(a, b *account.PolicyMismatchError) int { return cmp.Compare(a.Account, b.Account) })
	listed := min(len(e.Accounts), maxListed)
	e.Accounts, e.More = slices.Clone(e.Accounts[:listed]), len(e.Accounts)-listed
	return e
}

// allAccepted reports whether all mismatches were accepted.
func (m *mismatches) allAccepted() bool {
	for _, a := range m.accounts {
		known := false // an error without mismatches cannot have been accepted
		for what, user := range a.Mismatches() {
			one := fingerprintMismatch(a.Account, what, user)
			known = slices.ContainsFunc(m.accepted, func(s mismatchSet) bool { _, ok := s[one]; return ok })
			if !known {
				break
			}
		}
		if !known {
			return false
		}
	}
	return true
}

// fingerprintMismatch hashes a mismatch. Each part follows its length, so that different
// mismatches are written differently.
func fingerprintMismatch(id usher.AccountID, what string, user usher.UserID) (short mismatchHash) {
	var text []byte
	for _, part := range []string{string(id), what, string(user)} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	copy(short[:], sum[:])
	return short
}
