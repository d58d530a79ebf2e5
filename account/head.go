package account

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Hash is the SHA-256 of a commit's bytes in the journal. The next commit contains it as
// Previous. The zero Hash stands for an unknown hash.
type Hash [sha256.Size]byte

// HashOf returns the hash of a commit's bytes, which are the result of [Commit.Encode] or
// what a store returns.
func HashOf(data []byte) Hash { return sha256.Sum256(data) }

// firstPrevious is the Previous of a journal's first commit: the hash of no bytes.
var firstPrevious = HashOf(nil)

// IsZero reports whether the hash is unknown.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns the hash as in the journal: 64 hexadecimal digits in lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

var errNoHash = printable.Errorf("want %d hexadecimal digits in lower case, not all of them 0", 2*len(Hash{}))

// parseHash parses what String returns, except for the zero Hash.
func parseHash(text string) (h Hash, err error) {
	if hex.DecodedLen(len(text)) != len(h) || text != strings.ToLower(text) {
		return Hash{}, errNoHash
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil || h.IsZero() {
		return Hash{}, errNoHash
	}
	return h, nil
}

// Head identifies the last commit of a journal. In a chained journal it also identifies all
// commits before, because each contains the hash of the commit before it. A journal that
// later has another commit of that version, or none, has lost or replaced commits.
type Head struct {
	Version uint64 // 0 before the first commit
	Hash    Hash   // zero if unknown
}

// String returns "VERSION:HASH", which [ParseHead] parses.
func (h Head) String() string { return strconv.FormatUint(h.Version, 10) + ":" + h.Hash.String() }

// ParseHead parses "VERSION:HASH": a version from 1, a colon and a hash. Anything else is an
// error.
func ParseHead(text string) (Head, error) {
	version, digits, found := strings.Cut(text, ":")
	n, err := strconv.ParseUint(version, 10, 64)
	if !found || err != nil || n == 0 || version != strconv.FormatUint(n, 10) {
		return Head{}, printable.Errorf("head %s: want VERSION:HASH, as printed by usher log", word(text))
	}
	hash, err := parseHash(digits)
	if err != nil {
		return Head{}, printable.Errorf("head %s: %w", word(text), err)
	}
	return Head{n, hash}, nil
}

// Head returns the head of the journal that led to the state. Its hash is zero for the Next
// of an [Outcome], and after a commit that Encode rejects. Before the first commit, it is
// version 0 with the hash of no bytes.
func (s *State) Head() Head {
	if s.version == 0 {
		return Head{Hash: firstPrevious}
	}
	return Head{s.version, s.hash}
}

// Chained reports whether a commit so far had a Previous. Each later commit must then have
// one.
func (s *State) Chained() bool { return s.chained }

// checkPrevious returns why a commit does not follow the state's last commit. Commits that
// older versions of this package wrote have no Previous.
func (s *State) checkPrevious(c *Commit) error {
	last := s.Head()
	switch {
	case c.Previous == last.Hash && !last.Hash.IsZero():
		return nil
	case c.Previous.IsZero() && !s.chained:
		return nil
	case c.Previous.IsZero():
		return errors.New("it lacks the hash of the commit before it, and earlier commits have one; commits were replaced")
	case last.Hash.IsZero():
		return printable.Errorf("it follows the commit %s, and the hash of commit %d is unknown", c.Previous, last.Version)
	case s.version == 0:
		return printable.Errorf("it follows the commit %s, and there is no commit before it; commits were lost or replaced", c.Previous)
	}
	return printable.Errorf("it follows the commit %s, and commit %d is %s; commits were lost or replaced", c.Previous, last.Version, last.Hash)
}
