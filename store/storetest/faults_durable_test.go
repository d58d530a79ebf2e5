package storetest_test

import "github.com/usher-go/usher/store"

var durableFaults = []fault{
	{
		name: "loses the last commit on close",
		rows: "Durable DurableMany DurableMark",
		store: broken{reopen: func(p *plain) {
			for _, a := range p.accounts {
				a.commits = a.commits[:max(len(a.commits), 1)-1]
			}
		}},
	},
	{
		name: "loses the snapshot on close",
		rows: "Durable",
		store: broken{reopen: func(p *plain) {
			for _, a := range p.accounts {
				a.snapshot = store.Snapshot{}
			}
		}},
	},
	{
		name: "loses the marks of erased accounts on close",
		rows: "DurableMark",
		store: broken{reopen: func(p *plain) {
			for id, a := range p.accounts {
				if a.erased {
					delete(p.accounts, id)
				}
			}
		}},
	},
	{
		name: "loses records on close",
		rows: "DurableRecords",
		store: broken{reopen: func(p *plain) {
			for _, a := range p.accounts {
				delete(a.records, "mia")
			}
		}},
	},
}
