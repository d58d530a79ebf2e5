package natsstore

import (
	"context"
	"errors"
	"iter"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// pageSize is the number of messages of a journal that are read at once.
const pageSize = 256

// Commits implements store.Store.
func (s *Store) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		fail := func(err error) { yield(store.Commit{}, &store.Error{Op: "read commits", Account: account, Err: err}) }
		r := &reading{s: s, account: account, after: after}
		for {
			var commits []store.Commit
			err := s.during(ctx, func() (err error) {
				commits, err = r.next(ctx)
				return err
			})
			if err != nil {
				fail(err)
				return
			}
			if len(commits) == 0 {
				return
			}
			for _, c := range commits {
				if !yield(c, nil) {
					return
				}
				if err := ctx.Err(); err != nil {
					fail(err)
					return
				}
			}
		}
	}
}

// reading reads a journal in pages.
type reading struct {
	s       *Store
	account usher.AccountID
	after   uint64 // the version of the last commit that was read
	begun   bool
	end     head
	key     *sealer
	from    uint64    // the sequence to read from
	known   known     // before the loop
	last    uint64    // the sequence of the last commit that was read; 0 if none was
	parts   []message // of a commit whose last message has not been read
}

// next returns the next commits; none at the end.
func (r *reading) next(ctx context.Context) ([]store.Commit, error) {
	if !r.begun {
		commits, over, err := r.begin(ctx)
		if over || err != nil {
			return commits, err
		}
	}
	var commits []store.Commit
	t := r.s.tries(ctx)
	p := r.s.partitionOf(r.account)
	for r.after < r.end.version && len(commits) == 0 {
		page, err := r.s.page(ctx, p.journal, p.subject(kindCommits, r.account), r.from, pageSize)
		if err == nil && len(page) == 0 {
			err = errBehind
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return nil, err
			}
			continue
		}
		for _, m := range page {
			c, complete, err := r.read(m)
			if err != nil {
				return nil, r.orShortened(ctx, err)
			}
			if complete {
				commits = append(commits, c)
			}
			if r.after >= r.end.version {
				break
			}
		}
	}
	return commits, nil
}

// begin reads the end of the journal, and reports whether nothing remains to be read.
func (r *reading) begin(ctx context.Context) (commits []store.Commit, over bool, err error) {
	if err := store.CheckAccount(r.account); err != nil {
		return nil, true, err
	}
	r.known = r.s.heads.get(r.account)
	v, of, err := r.s.lookShortened(ctx, r.account)
	if err == nil {
		err = checkShortened(of, r.after)
	}
	if err != nil {
		return nil, true, err
	}
	r.begun, r.end, r.key = true, v.head, v.key
	if v.version <= r.after {
		return nil, true, nil
	}
	if _, n, err := v.end.part(); err == nil && n == 1 && r.after+1 == v.version {
		c, _, err := r.read(v.end)
		return []store.Commit{c}, true, err
	}
	r.from, err = r.s.start(ctx, r.account, r.after, v.head)
	return nil, false, r.orShortened(ctx, err)
}

// read reads the next message of the journal. It skips commits before those that are wanted.
func (r *reading) read(m message) (c store.Commit, complete bool, err error) {
	r.from = m.seq + 1
	if m.header.Get(headerErased) != "" {
		return c, false, store.ErrErased
	}
	version, err := m.number(headerVersion)
	if err != nil || version <= r.after {
		return c, false, err
	}
	i, n, err := m.part()
	if err != nil {
		return c, false, err
	}
	if version != r.after+1 || i != len(r.parts)+1 || i > 1 && r.parts[i-2].seq+1 != m.seq {
		return c, false, damaged("message %d is part %d of version %d (want part %d of version %d)", m.seq, i, version, len(r.parts)+1, r.after+1)
	}
	if err := r.chained(m); err != nil {
		return c, false, err
	}
	r.parts = append(r.parts, m)
	if i < n {
		return c, false, nil
	}
	if err := r.known.same(version, m); err != nil {
		return c, false, err
	}
	r.last = m.seq
	sealed := r.parts[0].data
	if n > 1 {
		sealed = nil
		for _, part := range r.parts {
			sealed = append(sealed, part.data...)
		}
	}
	r.parts = nil
	data, err := r.key.open(sealed, commitLabel(version))
	if err != nil {
		return c, false, err
	}
	r.after = version
	return store.Commit{Version: version, Data: data}, true, nil
}

// chained checks that a message is of the commit after the last one that was read, or that this process
// knows.
func (r *reading) chained(m message) error {
	want := strconv.FormatUint(r.last, 10)
	if got := m.header.Get(headerLast); got != want && (r.last > 0 || r.after == 0) {
		return damaged("message %d: the commit follows message %s, and the one before it is message %s; commits were lost or replaced", m.seq, printable.Word(got), want)
	}
	return r.known.chained(r.after, m)
}

// scan is the number of commits that are read to find the next one; otherwise it is searched for.
const scan = pageSize

// start returns a sequence from which the commits after a version can be read.
func (s *Store) start(ctx context.Context, account usher.AccountID, after uint64, end head) (uint64, error) {
	k := s.heads.get(account)
	from := k.from(after)
	var best uint64
	for _, m := range k.marks {
		if m.version <= after {
			best = max(best, m.version)
		}
	}
	if after-best <= scan {
		return from, nil
	}
	m, err := s.find(ctx, account, after+1, end)
	return m.seq, err
}

// find returns the first message of the commit of a version, which is at most that of the end of the
// journal. It is a binary search for the first message whose version is not less.
func (s *Store) find(ctx context.Context, account usher.AccountID, version uint64, end head) (found message, err error) {
	p := s.partitionOf(account)
	k := s.heads.get(account)
	low, high := k.from(version-1), end.seq // the message is in low to high
	t := s.tries(ctx)
	for {
		middle := low + (high-low)/2
		page, err := s.page(ctx, p.journal, p.subject(kindCommits, account), middle, 1)
		switch {
		case err == nil && len(page) == 0:
			err = errBehind
		case err == nil && page[0].header.Get(headerErased) != "":
			return message{}, store.ErrErased
		case err == nil && page[0].seq > end.seq:
			err = errChanged
		}
		if err != nil {
			if errors.Is(err, errChanged) {
				return message{}, damaged("version %d is missing", version)
			}
			if err := t.again(err); err != nil {
				return message{}, err
			}
			continue
		}
		m := page[0]
		at, err := m.number(headerVersion)
		if err != nil {
			return message{}, err
		}
		i, _, err := m.part()
		if err != nil {
			return message{}, err
		}
		switch {
		case at == version && i == 1:
			return m, nil
		case at == version:
			return s.find1(ctx, p, account, m, i)
		case low >= high:
			return message{}, damaged("version %d is missing", version)
		case at > version:
			high = middle - 1
			if high < low {
				return message{}, damaged("version %d is missing", version)
			}
		default:
			low = min(m.seq+1, high)
		}
	}
}

// find1 returns the first message of the commit of which m is message i.
func (s *Store) find1(ctx context.Context, p *partition, account usher.AccountID, m message, i int) (message, error) {
	t := s.tries(ctx)
	for {
		page, err := s.page(ctx, p.journal, p.subject(kindCommits, account), m.seq-uint64(i)+1, 1)
		if err == nil && len(page) == 1 && page[0].header.Get(headerVersion) == m.header.Get(headerVersion) {
			return page[0], nil
		}
		if err == nil {
			err = errBehind
		}
		if err := t.again(err); err != nil {
			return message{}, err
		}
	}
}
