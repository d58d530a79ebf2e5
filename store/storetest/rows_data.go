package storetest

import (
	"bytes"
	"math/rand/v2"

	"github.com/usher-go/usher/store"
)

var dataRows = []row{
	{
		Name:     "BigData",
		Sentence: "Commits, snapshots and records of 10 MiB are taken by every store.",
		check: func(p *probe) {
			data := random(10 << 20)
			e := store.Entry{Commit: store.Commit{Version: 1, Data: data}}
			if p.keeper != nil {
				e.Records = []store.Record{{User: "mia", Data: data}}
			}
			p.ok(p.store.Append(p.ctx, "acme", e), "Append of 10 MiB")
			p.append("acme", 2, "small")
			p.ok(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: 2, Data: data}), "SaveSnapshot of 10 MiB")
			got := p.commits("acme", 0)
			if len(got) != 2 || !bytes.Equal(got[0].Data, data) || string(got[1].Data) != "small" {
				p.Errorf("Commits, the first with 10 MiB, are other than those appended")
			}
			if s := p.snapshot("acme"); !bytes.Equal(s.Data, data) {
				p.Errorf("Snapshot of 10 MiB is another than was saved")
			}
			if p.keeper != nil && p.record("acme", "mia") != string(data) {
				p.Errorf("Record of 10 MiB is another than was appended")
			}
		},
	},
	{
		Name:     "AnyData",
		Sentence: "An id may hold any bytes, NUL and broken UTF-8 among them, and ids that differ in a byte have nothing in common.",
		check: func(p *probe) {
			for i, data := range []string{"\x00", "\xff\xfe", "{\"a\": 1}", "'; --", "\r\n", string(random(1000))} {
				version := uint64(i + 1)
				p.append("acme", version, data)
				p.save("acme", version, data)
				p.same(string(p.commits("acme", version-1)[0].Data), data, "data of version %d", version)
				p.same(string(p.snapshot("acme").Data), data, "data of snapshot %d", version)
			}
		},
	},
	{
		Name:     "NoData",
		Sentence: "Nil and empty data are the same.",
		check: func(p *probe) {
			p.ok(p.store.Append(p.ctx, "acme", store.Entry{Commit: store.Commit{Version: 1}}), "Append of nil")
			p.append("acme", 2, "")
			p.wantCommits("acme", "", "")
			for version, data := range [][]byte{1: nil, 2: {}} {
				if version > 0 {
					p.ok(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: uint64(version), Data: data}), "SaveSnapshot without data")
					p.same(p.snapshot("acme"), store.Snapshot{Version: uint64(version)}, "Snapshot")
				}
			}
			if p.keeper == nil {
				return
			}
			p.append("acme", 3, "three", record("mia", "Mia"), record("max", "Max"))
			p.ok(p.store.Append(p.ctx, "acme", store.Entry{
				Commit:  store.Commit{Version: 4},
				Records: []store.Record{{User: "mia"}, {User: "max", Data: []byte{}}},
			}), "Append of records without data")
			p.wantRecords("acme")
		},
	},
	{
		Name:     "GivenSlices",
		Sentence: "A store neither changes nor keeps a slice that it was given, once the call has returned.",
		check: func(p *probe) {
			commit, snapshot, data := []byte("a commit"), []byte("a snapshot"), []byte("a record")
			e := store.Entry{Commit: store.Commit{Version: 1, Data: commit}}
			if p.keeper != nil {
				e.Records = []store.Record{{User: "mia", Data: data}, {User: "max", Data: data}}
			}
			p.ok(p.store.Append(p.ctx, "acme", e), "Append")
			p.ok(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: 1, Data: snapshot}), "SaveSnapshot")
			p.same([]string{string(commit), string(snapshot), string(data)}, "[a commit a snapshot a record]", "what was given, afterwards")
			for _, b := range [][]byte{commit, snapshot, data} {
				scribble(b)
			}
			if p.keeper != nil {
				e.Records[0] = store.Record{User: "somebody", Data: []byte("else")}
			}
			p.wantCommits("acme", "a commit")
			p.same(string(p.snapshot("acme").Data), "a snapshot", "data of the Snapshot")
			if p.keeper != nil {
				p.wantRecords("acme", "max=a record", "mia=a record")
			}
		},
	},
	{
		Name:     "HandedSlices",
		Sentence: "A slice that it hands out belongs to the caller, who may keep and change it.",
		check: func(p *probe) {
			p.fill("acme", 9)
			p.save("acme", 1, "a snapshot")
			kept := p.commits("acme", 0)
			for _, c := range p.commits("acme", 0) {
				scribble(c.Data)
				_ = append(c.Data, "and more"...)
			}
			scribble(p.snapshot("acme").Data)
			p.append("acme", 10, dataOf("acme", 10))
			p.wantFilled(kept, "acme", 1, 9)
			p.wantFilled(p.commits("acme", 0), "acme", 1, 10)
			p.same(string(p.snapshot("acme").Data), "a snapshot", "data of the Snapshot")
			if p.keeper == nil {
				return
			}
			p.append("acme", 11, "", record("mia", "Mia"), record("max", "Max"))
			data, err := p.keeper.Record(p.ctx, "acme", "mia")
			p.ok(err, "Record")
			scribble(data)
			for _, r := range collect(p, p.keeper.Records(p.ctx, "acme", ""), "Records") {
				scribble(r.Data)
				_ = append(r.Data, "and more"...)
			}
			p.wantRecords("acme", "max=Max", "mia=Mia")
		},
	},
}

func scribble(data []byte) {
	for i := range data {
		data[i] = '#'
	}
}

// random returns the same bytes each time.
func random(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(data)
	return data
}
