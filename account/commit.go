package account

import (
	"time"

	"github.com/usher-go/usher"
)

// Commit is an entry of the account's journal: all that one proposal changed. The
// zero Commit cannot be applied.
type Commit struct {
	Account usher.AccountID
	Version uint64 // from 1, without a gap

	// Previous is the hash of the commit before it: the Hash of the [State.Head] that it
	// follows on. It is zero in commits of older versions of this package, and may be so
	// only as long as no commit of the journal had one.
	Previous Hash

	ID      string // of its own, wherever it was made
	Time    time.Time
	Actor   Actor
	Policy  string // the digest of the policy that allowed it
	Note    string // why, in the words of whoever asked; may be empty
	Key     string // makes a proposal known that the Actor repeats; may be empty
	Request string // a fingerprint of what was proposed under the Key
	Changes []Change
}
