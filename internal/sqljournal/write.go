package sqljournal

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// SaveSnapshot implements store.Store.
func (j *Journal) SaveSnapshot(ctx context.Context, account usher.AccountID, s store.Snapshot) error {
	return j.do(ctx, "save snapshot", account, s.Version, func() error {
		if err := s.Check(); err != nil {
			return err
		}
		if err := checkSize(len(s.Data)); err != nil {
			return err
		}
		t := j.tables
		return j.alive(ctx, account, func(tx Transaction, last uint64) error {
			if err := s.CheckLast(last); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "INSERT INTO "+t.Snapshots+" AS s (account, version, data) VALUES ($1, $2, $3) "+
				"ON CONFLICT (account) DO UPDATE SET version = excluded.version, data = excluded.data WHERE s.version <= excluded.version",
				key(account), bounded(s.Version), filled(s.Data))
			return err
		})
	})
}

// alive runs f in a transaction that excludes an erasure of the account, with the version of the
// last commit, or 0. It returns ErrErased for an erased account.
//
// The lock of a row does not make its version current: the database may return a row as it was
// before a change that the lock has waited for. A second statement reads the current one.
func (j *Journal) alive(ctx context.Context, account usher.AccountID, f func(tx Transaction, last uint64) error) error {
	return j.transaction(ctx, func(tx Transaction) error {
		if _, _, err := j.dialect.lock(ctx, tx, account, lockAlive); err != nil {
			return err
		}
		row, _, err := j.dialect.lock(ctx, tx, account, lookOnly)
		if err != nil {
			return err
		}
		if row.last == erasedVersion {
			return store.ErrErased
		}
		return f(tx, uint64(row.last))
	})
}

// Erase implements store.Store.
func (j *Journal) Erase(ctx context.Context, account usher.AccountID) error {
	return j.do(ctx, "erase", account, 0, func() error {
		err := j.transaction(ctx, func(tx Transaction) error {
			for _, statement := range j.dialect.erase() {
				if _, err := tx.Exec(ctx, statement, key(account)); err != nil {
					return err
				}
			}
			if j.mirror == nil {
				row, _, err := j.dialect.lock(ctx, tx, account, lookOnly)
				if err != nil {
					return err
				}
				return j.checkMirrored(row)
			}
			return j.mirror.Erased(ctx, tx, account)
		})
		if err == nil {
			j.committed()
		}
		return err
	})
}

// maxTimes is the number of last-active times in one statement.
const maxTimes = 4096

// SaveLastActive implements store.UserDataStore.
func (j *Journal) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return j.do(ctx, "save last-active times", account, 0, func() error {
		for _, t := range times {
			if err := t.Check(); err != nil {
				return err
			}
		}
		sorted := latest(times)
		return j.alive(ctx, account, func(tx Transaction, last uint64) error {
			if last == 0 {
				return usher.ErrUnknownAccount
			}
			for some := range slices.Chunk(sorted, maxTimes) {
				if err := j.dialect.saveLastActive(ctx, tx, account, some); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// latest returns the latest time of each user, sorted by user, so that concurrent calls lock rows in
// the same order.
func latest(times []store.LastActive) []store.LastActive {
	sorted := slices.Clone(times)
	slices.SortFunc(sorted, func(a, b store.LastActive) int {
		return cmp.Or(strings.Compare(string(a.User), string(b.User)), b.At.Compare(a.At))
	})
	return slices.CompactFunc(sorted, func(a, b store.LastActive) bool { return a.User == b.User })
}

// Versions implements store.VersionReader.
func (j *Journal) Versions(ctx context.Context, accounts []usher.AccountID) (versions []uint64, err error) {
	if err := j.begin(ctx); err != nil {
		return nil, wrap("read versions", "", 0, err)
	}
	for _, id := range accounts {
		if err := store.CheckAccount(id); err != nil {
			return nil, wrap("read versions", id, 0, err)
		}
	}
	for some := range slices.Chunk(accounts, longPage) {
		found, err := j.dialect.versions(ctx, j.db, some)
		if err != nil {
			return nil, wrap("read versions", "", 0, err)
		}
		for _, id := range some {
			version := uint64(found[id])
			if found[id] == erasedVersion {
				version = store.Erased
			}
			versions = append(versions, version)
		}
	}
	return versions, nil
}
