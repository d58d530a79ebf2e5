package storetest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// shortening is a store with faulty methods in place of those of memstore.
type shortening struct {
	*memstore.Store
	shorten func(*memstore.Store, context.Context, usher.AccountID, uint64, []byte) error
	commits func(*memstore.Store, context.Context, usher.AccountID, uint64) iter.Seq2[store.Commit, error]
}

func (s shortening) Shorten(ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
	if s.shorten != nil {
		return s.shorten(s.Store, ctx, id, upTo, seal)
	}
	return s.Store.Shorten(ctx, id, upTo, seal)
}

func (s shortening) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	if s.commits != nil {
		return s.commits(s.Store, ctx, id, after)
	}
	return s.Store.Commits(ctx, id, after)
}

const allShortenRows = "ShortenDeletes ShortenAgain ShortenOtherwise ShortenSeals"

var shortenFaults = []struct {
	fault
	shortening
}{
	{
		fault{name: "deletes nothing", rows: allShortenRows, perhaps: "ShortenTogether"},
		shortening{shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
			snapshot, err := s.Snapshot(ctx, id)
			if err != nil {
				return err
			}
			return errors.Join(store.CheckAccount(id), store.CheckShorten(upTo, seal, snapshot.Version))
		}},
	},
	{
		fault{name: "starts later without an error", rows: allShortenRows, perhaps: "ShortenMidway ShortenTogether"},
		shortening{commits: func(s *memstore.Store, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			for _, err := range s.Commits(ctx, id, after) {
				if of := (*store.ShortenedError)(nil); errors.As(err, &of) {
					after = of.UpTo
				}
				break
			}
			return s.Commits(ctx, id, after)
		}},
	},
	{
		fault{name: "yields an error without the version", rows: allShortenRows, perhaps: "ShortenTogether"},
		shortening{commits: func(s *memstore.Store, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				for c, err := range s.Commits(ctx, id, after) {
					if errors.Is(err, store.ErrShortened) {
						err = store.ErrShortened
					}
					if !yield(c, err) {
						return
					}
				}
			}
		}},
	},
	{
		fault{name: "deletes one commit less", rows: "ShortenDeletes ShortenAgain ShortenOtherwise ShortenSeals", perhaps: "ShortenTogether"},
		shortening{shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
			if upTo == 1 {
				snapshot, err := s.Snapshot(ctx, id)
				if err != nil {
					return err
				}
				return store.CheckShorten(upTo, seal, snapshot.Version)
			}
			if upTo > 1 && upTo < 1000 {
				if snapshot, err := s.Snapshot(ctx, id); err == nil && upTo < snapshot.Version {
					upTo--
				}
			}
			return s.Shorten(ctx, id, upTo, seal)
		}},
	},
	{
		fault{name: "forgets the seal", rows: allShortenRows, perhaps: "ShortenTogether"},
		shortening{shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
			if len(seal) > store.MaxSeal {
				return store.ErrInvalid
			}
			return s.Shorten(ctx, id, upTo, nil)
		}},
	},
	{
		fault{name: "cuts a long seal", rows: "ShortenDeletes ShortenRejected"},
		shortening{shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
			return s.Shorten(ctx, id, upTo, seal[:min(len(seal), 32)])
		}},
	},
	{
		fault{name: "deletes what no snapshot replaces", rows: "ShortenRejected"},
		shortening{shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
			if upTo == 0 {
				return s.Shorten(ctx, id, upTo, seal)
			}
			snapshot, err := s.Snapshot(ctx, id)
			if err == nil && upTo >= snapshot.Version && snapshot.Version > 1 {
				upTo = snapshot.Version - 1
			}
			return s.Shorten(ctx, id, upTo, seal)
		}},
	},
	{
		fault{name: "keeps the seal of the latest call", rows: "ShortenAgain"},
		func() shortening {
			last := map[*memstore.Store][]byte{}
			return shortening{
				shorten: func(s *memstore.Store, ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
					err := s.Shorten(ctx, id, upTo, seal)
					if string(seal) == "another ten" {
						last[s] = seal
					}
					return err
				},
				commits: func(s *memstore.Store, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						for c, err := range s.Commits(ctx, id, after) {
							if of := (*store.ShortenedError)(nil); errors.As(err, &of) && last[s] != nil {
								err = &store.ShortenedError{UpTo: of.UpTo, Seal: last[s]}
							}
							if !yield(c, err) {
								return
							}
						}
					}
				},
			}
		}(),
	},
	{
		fault{name: "a loop leaves out what is deleted meanwhile", rows: "ShortenMidway", perhaps: "ShortenTogether"},
		shortening{commits: func(s *memstore.Store, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				for c, err := range s.Commits(ctx, id, after) {
					if err == nil && c.Version > after+1 {
						for _, now := range s.Commits(ctx, id, after) {
							if of := (*store.ShortenedError)(nil); errors.As(now, &of) && c.Version <= of.UpTo {
								err = errLeaveOut
							}
							break
						}
					}
					if errors.Is(err, errLeaveOut) {
						continue
					}
					if !yield(c, err) {
						return
					}
				}
			}
		}},
	},
}

var errLeaveOut = errors.New("leave out")

// The other rows do not call Shorten.
func TestShortenFaults(t *testing.T) {
	for _, f := range shortenFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			own := slices.DeleteFunc(storetest.Rows(), func(r storetest.Row) bool { return !strings.HasPrefix(r.Name, "Shorten") })
			f.compare(t, own, func(row storetest.Row, patience time.Duration) *recorder {
				return check(storetest.Suite{Patience: patience, Open: func(testing.TB) store.Store {
					s := f.shortening
					s.Store = new(memstore.Store)
					return s
				}}, row.Check)
			})
		})
	}
}
