package natsstore

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Accounts implements store.Store. It reads the ids of all accounts into memory first.
func (s *Store) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.ids(ctx, "read accounts", after, func(p *partition) ([]usher.AccountID, error) {
		erased, err := s.list(ctx, p, kindErased)
		if err != nil {
			return nil, err
		}
		gone := make(map[usher.AccountID]bool, len(erased))
		for _, id := range erased {
			gone[id] = true
		}
		all, err := s.list(ctx, p, kindKey)
		return slices.DeleteFunc(all, func(id usher.AccountID) bool { return gone[id] }), err
	})
}

// ErasedAccounts yields the ids of erased accounts that are greater than after, sorted by their bytes.
// Package storecopy copies the marks of these accounts with it.
func (s *Store) ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.ids(ctx, "read erased accounts", after, func(p *partition) ([]usher.AccountID, error) {
		return s.list(ctx, p, kindErased)
	})
}

// ids yields ids of all partitions in order.
func (s *Store) ids(ctx context.Context, op string, after usher.AccountID, list func(*partition) ([]usher.AccountID, error)) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		fail := func(err error) { yield("", &store.Error{Op: op, Err: err}) }
		var all []usher.AccountID
		err := s.during(ctx, func() error {
			for _, p := range s.partitions {
				ids, err := list(p)
				if err != nil {
					return err
				}
				for _, id := range ids {
					if id > after {
						all = append(all, id)
					}
				}
			}
			return nil
		})
		if err != nil {
			fail(err)
			return
		}
		slices.Sort(all)
		for _, id := range all {
			if !yield(id, nil) {
				return
			}
			if err := ctx.Err(); err != nil {
				fail(err)
				return
			}
		}
	}
}

// list returns the accounts that have a subject of a kind, with all that was acknowledged before the
// call.
func (s *Store) list(ctx context.Context, p *partition, kind string) (ids []usher.AccountID, err error) {
	subjects, err := s.subjects(ctx, p, p.all(kind))
	if err != nil {
		return nil, err
	}
	for _, subject := range subjects {
		id, err := p.accountIn(subject, kind)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// subjects returns the subjects that match a filter, sorted, with all that was acknowledged before the
// call.
func (s *Store) subjects(ctx context.Context, p *partition, filter string) (all []string, err error) {
	t := s.tries(ctx)
	for {
		all, err = s.subjectsOnce(ctx, p, filter)
		if err == nil {
			return all, nil
		}
		if err := t.again(err); err != nil {
			return nil, err
		}
	}
}

func (s *Store) subjectsOnce(ctx context.Context, p *partition, filter string) (all []string, err error) {
	barrier, err := s.barrier(ctx, p.journal)
	if err != nil {
		return nil, err
	}
	for offset, total := 0, 1; offset < total; {
		var info struct {
			Error *apiError
			Total int
			State struct {
				Last     uint64            `json:"last_seq"`
				Subjects map[string]uint64 `json:"subjects"`
			}
		}
		if err := s.api(ctx, "STREAM.INFO."+p.journal.name, map[string]any{"subjects_filter": filter, "offset": offset}, &info); err != nil {
			return nil, err
		}
		if info.Error != nil {
			return nil, info.Error
		}
		if info.State.Last < barrier {
			return nil, errBehind // it believes to be the leader, but is not
		}
		for subject := range info.State.Subjects {
			all = append(all, subject)
		}
		offset, total = offset+len(info.State.Subjects), info.Total
		if len(info.State.Subjects) == 0 {
			break
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// api makes a request of JetStream's interface.
func (s *Store) api(ctx context.Context, subject string, request, response any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	m, err := s.request(ctx, &nats.Msg{Subject: "$JS.API." + subject, Data: body})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(m.Data, response); err != nil {
		return printable.Errorf("the response to %s is not JSON: %w", printable.Value(subject), printable.Error(err))
	}
	return nil
}

// Versions implements store.VersionReader.
func (s *Store) Versions(ctx context.Context, accounts []usher.AccountID) (versions []uint64, err error) {
	err = s.call(ctx, "read versions", "", 0, func() error {
		versions = make([]uint64, len(accounts))
		groups := map[*partition][]int{}
		for i, id := range accounts {
			if err := store.CheckAccount(id); err != nil {
				return err
			}
			p := s.partitionOf(id)
			groups[p] = append(groups[p], i)
		}
		for p, group := range groups {
			for some := range slices.Chunk(group, versionsAtOnce) {
				if err := s.versions(ctx, p, accounts, some, versions); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

// versionsAtOnce limits a request, also for accounts with long ids, to less than 1 MiB.
const versionsAtOnce = 500

// versions reads the versions of those accounts of a partition that have the indexes some.
func (s *Store) versions(ctx context.Context, p *partition, accounts []usher.AccountID, some []int, versions []uint64) error {
	subjects, before := make([]string, len(some)), make([]known, len(some))
	for k, i := range some {
		subjects[k] = p.subject(kindCommits, accounts[i])
		before[k] = s.heads.get(accounts[i])
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(subjects)))
	found, err := s.last(ctx, p.journal, distinct...)
	if err != nil {
		return err
	}
	for k, i := range some {
		h, err := headOf(found[subjects[k]])
		if err == nil {
			err = before[k].follows(h)
		}
		if err != nil {
			return printable.Errorf("account %s: %w", printable.Quote(accounts[i]), err)
		}
		if versions[i] = h.version; h.erased {
			versions[i] = store.Erased
		}
	}
	return nil
}
