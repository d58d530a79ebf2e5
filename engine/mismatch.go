package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// SetPolicyOption says how SetPolicy puts a policy in place.
type SetPolicyOption struct{ accepted *PolicyMismatchError }

// Accept lets SetPolicy put a policy in place in spite of the mismatches that an earlier
// SetPolicy of this policy returned. It covers the whole list, also the accounts that the
// error only counts. Where there is more to list by then, another user or another reason,
// SetPolicy refuses again, with the list as it is then; that something of it is gone does
// not matter. Accept of nil, or of a PolicyMismatchError that SetPolicy did not return, covers
// nothing.
func Accept(seen *PolicyMismatchError) SetPolicyOption { return SetPolicyOption{seen} }

func (o SetPolicyOption) accept(m *mismatches) {
	if o.accepted != nil && o.accepted.policy == m.policy {
		m.accepted = append(m.accepted, o.accepted.seen)
	}
}

// mostUnfit is how many accounts a PolicyMismatchError lists.
const mostUnfit = 100

// mismatches are those of one policy with the accounts that were held against it, each
// as it was the last time.
type mismatches struct {
	policy   string // its digest
	accounts map[usher.AccountID]*account.PolicyMismatchError
	accepted []seenSet
}

// seenSet has a fingerprint of each mismatch, since there may be as many as users.
type seenSet map[fingerprintOf]struct{}

type fingerprintOf [16]byte

// found notes what was found out about an account, nil for nothing.
func (m *mismatches) found(id usher.AccountID, err *account.PolicyMismatchError) {
	if err == nil {
		delete(m.accounts, id)
		return
	}
	if m.accounts == nil {
		m.accounts = map[usher.AccountID]*account.PolicyMismatchError{}
	}
	m.accounts[id] = err
}

// unfit returns a *PolicyMismatchError if there is a mismatch that was not accepted.
func (m *mismatches) unfit() error {
	if m.covered() {
		return nil
	}
	e := &PolicyMismatchError{policy: m.policy, seen: seenSet{}}
	for _, a := range m.accounts {
		e.Accounts = append(e.Accounts, a)
		for what, user := range a.Mismatches() {
			e.seen[fingerprintMismatch(a.Account, what, user)] = struct{}{}
		}
	}
	slices.SortFunc(e.Accounts, func(a, b *account.PolicyMismatchError) int { return cmp.Compare(a.Account, b.Account) })
	listed := min(len(e.Accounts), mostUnfit)
	e.Accounts, e.More = slices.Clone(e.Accounts[:listed]), len(e.Accounts)-listed
	return e
}

// covered reports whether all mismatches were accepted.
func (m *mismatches) covered() bool {
	for _, a := range m.accounts {
		known := false // one that lists nothing cannot have been accepted
		for what, user := range a.Mismatches() {
			one := fingerprintMismatch(a.Account, what, user)
			known = slices.ContainsFunc(m.accepted, func(s seenSet) bool { _, ok := s[one]; return ok })
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

// fingerprintMismatch writes the length of each part before it, so that no two mismatches
// are written the same.
func fingerprintMismatch(id usher.AccountID, what string, user usher.UserID) (short fingerprintOf) {
	var text []byte
	for _, part := range []string{string(id), what, string(user)} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	copy(short[:], sum[:])
	return short
}
