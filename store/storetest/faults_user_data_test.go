package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var userDataFaults = []fault{
	{
		name: "writes the records later than the commit",
		rows: "RecordsTogether",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			records := e.Records
			if err := e.Check(); err != nil {
				return err
			}
			e.Records = nil
			if err := p.Append(ctx, id, e); err != nil {
				return err
			}
			if len(records) == 0 {
				return nil
			}
			time.Sleep(time.Millisecond)
			return p.putRecords(ctx, id, records)
		}},
	},
	{
		name: "writes the records before it checks the version",
		rows: "RejectedStoresNothing RecordsTogether",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if err := e.Check(); err != nil {
				return err
			}
			if len(e.Records) > 0 && len(p.commitsOf(id)) > 0 {
				if err := p.putRecords(ctx, id, e.Records); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "writes records in reverse order",
		rows: "RecordsOrder",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			e.Records = slices.Clone(e.Records)
			slices.Reverse(e.Records)
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "keeps the last-active time of a deleted user",
		rows: "RecordErased LastActiveWithoutRecord",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			before, _ := gather(p.LastActiveTimes(context.Background(), id, ""))
			if err := p.Append(ctx, id, e); err != nil {
				return err
			}
			if len(before) == 0 {
				return nil
			}
			return p.SaveLastActive(ctx, id, before)
		}},
	},
	{
		name: "returns empty data instead of nil without a record",
		rows: "RecordKept",
		store: broken{record: func(p *plain, ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error) {
			data, err := p.Record(ctx, id, user)
			if data == nil && err == nil {
				data = []byte{}
			}
			return data, err
		}},
	},
	{
		name: "stores the last-active time of the latest call",
		rows: "LastActiveLater LastActiveLaterTogether",
		store: broken{saveLastActive: func(p *plain, ctx context.Context, id usher.AccountID, lastActive []store.LastActive) error {
			if err := p.SaveLastActive(ctx, id, lastActive); err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			a := p.accounts[id]
			if a == nil || a.lastActive == nil {
				return nil // erased in between
			}
			for _, s := range lastActive {
				a.lastActive[s.User] = store.LastActive{User: s.User, At: s.At.Truncate(time.Millisecond).UTC()}
			}
			return nil
		}},
	},
	{
		name: "truncates last-active times to seconds",
		rows: "LastActiveTruncated",
		store: broken{saveLastActive: func(p *plain, ctx context.Context, id usher.AccountID, lastActive []store.LastActive) error {
			lastActive = slices.Clone(lastActive)
			for i := range lastActive {
				if !lastActive[i].At.IsZero() {
					lastActive[i].At = lastActive[i].At.Truncate(time.Second)
				}
			}
			return p.SaveLastActive(ctx, id, lastActive)
		}},
	},
	{
		name: "loses some last-active times",
		rows: "OddUsers LastActiveVisible",
		store: broken{saveLastActive: func(p *plain, ctx context.Context, id usher.AccountID, lastActive []store.LastActive) error {
			kept := slices.DeleteFunc(slices.Clone(lastActive), func(s store.LastActive) bool { return s.At.Second() == 7 })
			return p.SaveLastActive(ctx, id, kept)
		}},
	},
}
