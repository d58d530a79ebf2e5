package natsstore

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// head is the end of a journal. The zero head is that of an account without commits.
type head struct {
	version uint64
	seq     uint64 // of the last message of the last commit, or of the tombstone
	erased  bool
	indexed bool // the commit states that the index has the account
}

// mark is where a commit ends in the stream.
type mark struct{ version, seq uint64 }

// known is what a Store has in memory about an account.
type known struct {
	head
	key       *sealer
	personal  *keyring
	marks     [8]mark // of recent commits
	sightings int     // messages of last-active times since they were last folded
}

// heads has the heads of the accounts in use. They only save requests: the server rejects a commit
// after a head that is not the last one.
type heads struct {
	mu  sync.Mutex
	all map[usher.AccountID]*known
}

// maxHeads limits the memory for heads to some 50 MB.
const maxHeads = 1 << 16

func (h *heads) get(account usher.AccountID) known {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.all[account]; k != nil {
		return *k
	}
	return known{}
}

// update changes what is known about an account.
func (h *heads) update(account usher.AccountID, f func(*known)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.all[account]
	if k == nil {
		if len(h.all) >= maxHeads {
			for id := range h.all { // any
				delete(h.all, id)
				break
			}
		}
		k = &known{}
		h.all[account] = k
	}
	f(k)
}

// learn notes a head that a majority of the servers has.
func (h *heads) learn(account usher.AccountID, now head, key *sealer) {
	h.update(account, func(k *known) {
		if key != nil {
			k.key = key
		}
		if now.erased {
			*k = known{head: now}
		}
		if !k.erased && now.version > k.version {
			k.head = now
			k.note(mark{now.version, now.seq})
		}
	})
}

// note adds a mark, in place of the one with the least version.
func (k *known) note(m mark) {
	least := 0
	for i, other := range k.marks {
		if other == m {
			return
		}
		if other.version < k.marks[least].version {
			least = i
		}
	}
	k.marks[least] = m
}

// from returns a sequence before that of all commits after a version, and after as many of the others
// as is known.
func (k *known) from(after uint64) uint64 {
	var best mark
	for _, m := range k.marks {
		if m.version <= after && m.version > best.version {
			best = m
		}
	}
	return best.seq + 1
}

// chained returns ErrLost unless a message of a commit follows the commit of a version as this process
// knows it.
func (k *known) chained(version uint64, m message) error {
	for _, mark := range k.marks {
		if mark.version == version && mark.version > 0 && m.header.Get(headerLast) != strconv.FormatUint(mark.seq, 10) {
			return printable.Errorf("%w: version %d was message %d, and the commit after it follows message %s",
				ErrLost, version, mark.seq, printable.Word(m.header.Get(headerLast)))
		}
	}
	return nil
}

// same returns ErrLost if this process knows another commit of the version of m, which is its last
// message.
func (k *known) same(version uint64, m message) error {
	for _, mark := range k.marks {
		if mark.version == version && mark.seq != m.seq {
			return printable.Errorf("%w: version %d was message %d, and is now message %d", ErrLost, version, mark.seq, m.seq)
		}
	}
	return nil
}

// view is what a majority of the servers has of an account, as of one moment.
type view struct {
	head
	key   *sealer // nil for an account without commits or erased
	end   message // the last message of the journal
	found map[string]message
}

// look reads the end of an account's journal, and the last messages of other subjects of its
// partition.
func (s *Store) look(ctx context.Context, account usher.AccountID, others ...string) (view, error) {
	p, before := s.partitionOf(account), s.heads.get(account)
	journal, keys := p.subject(kindCommits, account), p.subject(kindKey, account)
	subjects := append([]string{journal}, others...)
	if before.key == nil {
		subjects = append(subjects, keys)
	}
	found, err := s.last(ctx, p.journal, subjects...)
	if err != nil {
		return view{}, err
	}
	v := view{found: found, end: found[journal], key: before.key}
	if v.head, err = headOf(v.end); err != nil {
		return view{}, err
	}
	if err := before.follows(v.head); err != nil {
		return view{}, err
	}
	if v.version > 0 && v.version == before.version+1 {
		if err := before.chained(before.version, v.end); err != nil {
			return view{}, err
		}
	}
	switch m, found := found[keys]; {
	case v.version == 0:
		v.key = nil
	case v.key != nil:
	case !found:
		return view{}, damaged("the key of the account is missing")
	default:
		if v.key, err = newSealer(m.data); err != nil {
			return view{}, err
		}
	}
	if v.version > 0 || v.erased {
		s.heads.learn(account, v.head, v.key)
	}
	return v, nil
}

// lookAll does what look does, for more subjects than the server returns at once. Only the first of
// them are as of the same moment as the head.
func (s *Store) lookAll(ctx context.Context, account usher.AccountID, others []string) (v view, err error) {
	if len(others) <= lookMax {
		return s.look(ctx, account, others...)
	}
	if v, err = s.look(ctx, account, others[:lookMax]...); err != nil {
		return v, err
	}
	for some := range slices.Chunk(others[lookMax:], lookMax) {
		found, err := s.last(ctx, s.partitionOf(account).journal, some...)
		if err != nil {
			return v, err
		}
		maps.Copy(v.found, found)
	}
	return v, nil
}

// lookMax limits a request, also for accounts with long ids, to less than 1 MiB.
const lookMax = 500

// headOf returns the head that the last message of a journal shows; the zero message stands for none.
func headOf(m message) (h head, err error) {
	if m.seq == 0 {
		return head{}, nil
	}
	if m.header.Get(headerErased) != "" {
		return head{seq: m.seq, erased: true}, nil
	}
	h.seq, h.indexed = m.seq, m.header.Get(headerIndexed) != ""
	h.version, err = m.number(headerVersion)
	return h, err
}

// follows returns ErrLost unless a head that was read later can follow.
func (h head) follows(later head) error {
	switch {
	case later.erased:
		return nil
	case h.erased:
		return printable.Errorf("%w: the account was erased, and now has version %d", ErrLost, later.version)
	case later.version < h.version:
		return printable.Errorf("%w: the account had version %d, and now has %d", ErrLost, h.version, later.version)
	case later.version == h.version && later.seq != h.seq:
		return printable.Errorf("%w: version %d was message %d, and is now message %d", ErrLost, h.version, h.seq, later.seq)
	}
	return nil
}

// living returns ErrErased for the view of an erased account.
func (v view) living() error {
	if v.erased {
		return store.ErrErased
	}
	return nil
}
