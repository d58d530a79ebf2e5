package account

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Hash is the SHA-256 of a commit as the journal keeps it, which the next commit
// repeats as its Previous. The zero Hash stands for one that is not known.
type Hash [sha256.Size]byte

// HashOf returns the hash of a commit from its bytes, as [Commit.Encode] returned
// them or a store keeps them.
func HashOf(data []byte) Hash { return sha256.Sum256(data) }

// beginning is the Previous of the first commit of a journal: the hash of no bytes.
var beginning = HashOf(nil)

// IsZero reports whether the hash is not known.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns the hash as the journal has it: 64 hexadecimal digits in lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

var errNoHash = printable.Errorf("a hash has %d hexadecimal digits in lower case, not all of them 0", 2*len(Hash{}))

// parseHash reads what String returns. The zero Hash is none.
func parseHash(text string) (h Hash, err error) {
	if hex.DecodedLen(len(text)) != len(h) || text != strings.ToLower(text) {
		return Hash{}, errNoHash
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil || h.IsZero() {
		return Hash{}, errNoHash
	}
	return h, nil
}

// Head names the last commit of a journal, and in a chained journal all commits
// before it, since each contains the hash of the one before. A journal that later has
// another commit of that version, or none, has lost or replaced commits.
type Head struct {
	Version uint64 // 0 before the first commit
	Hash    Hash   // zero where it is not known
}

// String returns VERSION:HASH, as [ParseHead] reads it.
func (h Head) String() string { return strconv.FormatUint(h.Version, 10) + ":" + h.Hash.String() }

// ParseHead reads a head that was noted earlier. Text that is not a version from 1, a
// colon and the digits of a hash is an error.
func ParseHead(text string) (Head, error) {
	version, digits, found := strings.Cut(text, ":")
	n, err := strconv.ParseUint(version, 10, 64)
	if !found || err != nil || n == 0 || version != strconv.FormatUint(n, 10) {
		return Head{}, printable.Errorf("head %s: want VERSION:HASH, as usher log prints it", word(text))
	}
	hash, err := parseHash(digits)
	if err != nil {
		return Head{}, printable.Errorf("head %s: %w", word(text), err)
	}
	return Head{n, hash}, nil
}

// Head returns the head of the journal that the state was made of. Its hash is not
// known for the Next of an [Outcome], nor after a commit that Encode rejects. Before
// the first commit it is that of no bytes.
func (s *State) Head() Head {
	if s.version == 0 {
		return Head{Hash: beginning}
	}
	return Head{s.version, s.hash}
}

// Chained reports whether a commit so far had a Previous, so that each later one must
// have it, too.
func (s *State) Chained() bool { return s.chained }

// checkPrevious returns why a commit is not the one after the state's last commit.
// Journals that were begun by older versions of this package have commits without a
// Previous, up to the first one that has it.
func (s *State) checkPrevious(c *Commit) error {
	last := s.Head()
	switch {
	case c.Previous == last.Hash && !last.Hash.IsZero():
		return nil
	case c.Previous.IsZero() && !s.chained:
		return nil
	case c.Previous.IsZero():
		return errors.New("it lacks the hash of the commit before it, which earlier commits have; commits were replaced")
	case last.Hash.IsZero():
		return printable.Errorf("it follows on the commit %s, and the hash of commit %d is not known", c.Previous, last.Version)
	case s.version == 0:
		return printable.Errorf("it follows on the commit %s, and there is none before it; commits were lost or replaced", c.Previous)
	}
	return printable.Errorf("it follows on the commit %s, and commit %d is %s; commits were lost or replaced", c.Previous, last.Version, last.Hash)
}
