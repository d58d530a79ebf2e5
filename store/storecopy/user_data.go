package storecopy

import (
	"bytes"
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// records returns the records that make the user data of the target equal to that of the source,
// except for last-active times that the target lacks.
func (c *copier) records(ctx context.Context, account usher.AccountID) (records []store.Record, err error) {
	for p, err := range c.times(ctx, account) {
		if err != nil {
			return nil, err
		}
		if isMissing(p) {
			continue
		}
		// Only an empty record removes a time. It removes the user's record too.
		records = append(records, store.Record{User: p.target.User})
		if c.sourceData == nil {
			continue
		}
		data, err := c.sourceData.Record(ctx, account, p.target.User)
		if err != nil {
			return nil, sourceError(err)
		}
		if len(data) > 0 {
			records = append(records, store.Record{User: p.target.User, Data: data})
		}
	}
	for p, err := range c.differentRecords(ctx, account) {
		switch {
		case err != nil:
			return nil, err
		case p.source != nil:
			records = append(records, *p.source)
		default:
			records = append(records, store.Record{User: p.target.User})
		}
	}
	return records, nil
}

// saveTimes saves the last-active times that the target lacks, and returns their number.
func (c *copier) saveTimes(ctx context.Context, account usher.AccountID) (saved int, err error) {
	var group []store.LastActive
	save := func() error {
		if len(group) == 0 {
			return nil
		}
		if c.targetData == nil {
			return targetError(store.ErrNoUserData)
		}
		err := c.targetData.SaveLastActive(ctx, account, group)
		saved += len(group)
		group = nil
		return targetError(err)
	}
	for p, err := range c.times(ctx, account) {
		if err != nil {
			return saved, err
		}
		if !isMissing(p) {
			continue
		}
		if group = append(group, *p.source); len(group) == groupLength {
			if err := save(); err != nil {
				return saved, err
			}
		}
	}
	return saved, save()
}

// isMissing reports whether the target lacks the time of the source, so that saving it makes them
// equal.
func isMissing(p pair[store.LastActive]) bool {
	return p.source != nil && (p.target == nil || p.target.At.Before(p.source.At))
}

// times yields the last-active times that differ.
func (c *copier) times(ctx context.Context, account usher.AccountID) iter.Seq2[pair[store.LastActive], error] {
	read := func(s store.UserDataStore) iter.Seq2[store.LastActive, error] {
		return userData(s, func() iter.Seq2[store.LastActive, error] { return s.LastActiveTimes(ctx, account, "") })
	}
	return different(pairs(read(c.sourceData), read(c.targetData), func(l store.LastActive) usher.UserID { return l.User }),
		func(a, b store.LastActive) bool { return a.At.Equal(b.At) })
}

// differentRecords yields the records that differ.
func (c *copier) differentRecords(ctx context.Context, account usher.AccountID) iter.Seq2[pair[store.Record], error] {
	read := func(s store.UserDataStore) iter.Seq2[store.Record, error] {
		return userData(s, func() iter.Seq2[store.Record, error] { return s.Records(ctx, account, "") })
	}
	return different(pairs(read(c.sourceData), read(c.targetData), func(r store.Record) usher.UserID { return r.User }),
		func(a, b store.Record) bool { return bytes.Equal(a.Data, b.Data) })
}

// userData returns what read returns, and an empty sequence for a store without user data.
func userData[T any](s store.UserDataStore, read func() iter.Seq2[T, error]) iter.Seq2[T, error] {
	if s == nil {
		return func(func(T, error) bool) {}
	}
	return read()
}

// different yields the pairs that are not equal.
func different[T any](list iter.Seq2[pair[T], error], equal func(a, b T) bool) iter.Seq2[pair[T], error] {
	return func(yield func(pair[T], error) bool) {
		for p, err := range list {
			if err == nil && p.source != nil && p.target != nil && equal(*p.source, *p.target) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}
