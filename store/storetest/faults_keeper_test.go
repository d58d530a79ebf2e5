package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var keeperFaults = []fault{
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
		name: "writes the records before it looks",
		rows: "RefusedStoresNothing RecordsTogether",
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
		name: "writes records in any order",
		rows: "RecordsOrder",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			e.Records = slices.Clone(e.Records)
			slices.Reverse(e.Records)
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "keeps a sighting of a user who was erased",
		rows: "RecordErased SeenWithoutRecord",
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
		name: "returns something where there is no record",
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
		name: "keeps the sighting that came last",
		rows: "SeenLater SeenLaterTogether",
		store: broken{seen: func(p *plain, ctx context.Context, id usher.AccountID, sightings []store.LastActive) error {
			if err := p.SaveLastActive(ctx, id, sightings); err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, s := range sightings {
				p.accounts[id].sightings[s.User] = store.LastActive{User: s.User, At: s.At.Truncate(time.Millisecond).UTC()}
			}
			return nil
		}},
	},
	{
		name: "rounds sightings to seconds",
		rows: "SightingTime",
		store: broken{seen: func(p *plain, ctx context.Context, id usher.AccountID, sightings []store.LastActive) error {
			sightings = slices.Clone(sightings)
			for i := range sightings {
				if !sightings[i].At.IsZero() {
					sightings[i].At = sightings[i].At.Truncate(time.Second)
				}
			}
			return p.SaveLastActive(ctx, id, sightings)
		}},
	},
	{
		name: "loses sightings now and then",
		rows: "OddUsers SeenVisible",
		store: broken{seen: func(p *plain, ctx context.Context, id usher.AccountID, sightings []store.LastActive) error {
			kept := slices.DeleteFunc(slices.Clone(sightings), func(s store.LastActive) bool { return s.At.Second() == 7 })
			return p.SaveLastActive(ctx, id, kept)
		}},
	},
}
