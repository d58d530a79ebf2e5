package storetest

import (
	"bytes"
	"math/rand/v2"

	"github.com/usher-go/usher/store"
)

var dataRows = []row{
	{
		Name:     "BigData",
		Sentence: "Every store accepts commits, snapshots and records of up to 10 MiB, with any bytes.",
		check: func(p *probe) {
			data := random(10 << 20)
			e := store.Entry{Commit: store.Commit{Version: 1, Data: data}}
			if p.userData != nil {
				e.Records = []store.Record{{User: "mia", Data: data}}
			}
			p.wantNil(p.store.Append(p.ctx, "acme", e), "Append of 10 MiB")
			p.append("acme", 2, "small")
			p.wantNil(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: 2, Data: data}), "SaveSnapshot of 10 MiB")
			got := p.commits("acme", 0)
			if len(got) != 2 || !bytes.Equal(got[0].Data, data) || string(got[1].Data) != "small" {
				p.Errorf("Commits, the first with 10 MiB, differ from the appended ones")
			}
			if s := p.snapshot("acme"); !bytes.Equal(s.Data, data) {
				p.Errorf("Snapshot of 10 MiB differs from the saved one")
			}
			if p.userData != nil && p.record("acme", "mia") != string(data) {
				p.Errorf("Record of 10 MiB differs from the appended one")
			}
		},
	},
	{
		Name:     "AnyData",
		Sentence: "Every store accepts commits, snapshots and records of up to 10 MiB, with any bytes.",
		check: func(p *probe) {
			for i, data := range []string{"\x00", "\xff\xfe", "{\"a\": 1}", "'; --", "\r\n", string(random(1000))} {
				version := uint64(i + 1)
				p.append("acme", version, data)
				p.save("acme", version, data)
				p.wantSame(string(p.commits("acme", version-1)[0].Data), data, "data of version %d", version)
				p.wantSame(string(p.snapshot("acme").Data), data, "data of snapshot %d", version)
			}
		},
	},
	{
		Name:     "NoData",
		Sentence: "Nil and empty data are the same.",
		check: func(p *probe) {
			p.wantNil(p.store.Append(p.ctx, "acme", store.Entry{Commit: store.Commit{Version: 1}}), "Append of nil")
			p.append("acme", 2, "")
			p.wantCommits("acme", "", "")
			for version, data := range [][]byte{1: nil, 2: {}} {
				if version > 0 {
					p.wantNil(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: uint64(version), Data: data}), "SaveSnapshot without data")
					p.wantSame(p.snapshot("acme"), store.Snapshot{Version: uint64(version)}, "Snapshot")
				}
			}
			if p.userData == nil {
				return
			}
			p.append("acme", 3, "three", record("mia", "Mia"), record("max", "Max"))
			p.wantNil(p.store.Append(p.ctx, "acme", store.Entry{
				Commit:  store.Commit{Version: 4},
				Records: []store.Record{{User: "mia"}, {User: "max", Data: []byte{}}},
			}), "Append of records without data")
			p.wantRecords("acme")
		},
	},
	{
		Name:     "PassedSlices",
		Sentence: "A store does not change the slices that it receives, and does not use them after the call returns.",
		check: func(p *probe) {
			commit, snapshot, data := []byte("a commit"), []byte("a snapshot"), []byte("a record")
			e := store.Entry{Commit: store.Commit{Version: 1, Data: commit}}
			if p.userData != nil {
				e.Records = []store.Record{{User: "mia", Data: data}, {User: "max", Data: data}}
			}
			p.wantNil(p.store.Append(p.ctx, "acme", e), "Append")
			p.wantNil(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: 1, Data: snapshot}), "SaveSnapshot")
			p.wantSame([]string{string(commit), string(snapshot), string(data)}, "[a commit a snapshot a record]", "the passed slices, after the calls")
			for _, b := range [][]byte{commit, snapshot, data} {
				overwrite(b)
			}
			if p.userData != nil {
				e.Records[0] = store.Record{User: "max", Data: []byte("changed")}
			}
			p.wantCommits("acme", "a commit")
			p.wantSame(string(p.snapshot("acme").Data), "a snapshot", "data of the Snapshot")
			if p.userData != nil {
				p.wantRecords("acme", "max=a record", "mia=a record")
			}
		},
	},
	{
		Name:     "ReturnedSlices",
		Sentence: "The caller owns the slices that a store returns, and may keep and change them.",
		check: func(p *probe) {
			p.fill("acme", 9)
			p.save("acme", 1, "a snapshot")
			kept := p.commits("acme", 0)
			for _, c := range p.commits("acme", 0) {
				overwrite(c.Data)
				_ = append(c.Data, "and more"...)
			}
			overwrite(p.snapshot("acme").Data)
			p.append("acme", 10, dataOf("acme", 10))
			p.wantFilled(kept, "acme", 1, 9)
			p.wantFilled(p.commits("acme", 0), "acme", 1, 10)
			p.wantSame(string(p.snapshot("acme").Data), "a snapshot", "data of the Snapshot")
			if p.userData == nil {
				return
			}
			p.append("acme", 11, "", record("mia", "Mia"), record("max", "Max"))
			data, err := p.userData.Record(p.ctx, "acme", "mia")
			p.wantNil(err, "Record")
			overwrite(data)
			for _, r := range collect(p, p.userData.Records(p.ctx, "acme", ""), "Records") {
				overwrite(r.Data)
				_ = append(r.Data, "and more"...)
			}
			p.wantRecords("acme", "max=Max", "mia=Mia")
		},
	},
}

func overwrite(data []byte) {
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
