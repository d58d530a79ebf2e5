package main

import (
	"context"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// storeCommands are what stories do to stores that usher does not do:
//
//	holds STORE                      has it open, as a service, until the story ends
//	appends STORE ACCOUNT N FILE     appends what stands in a file as commit N
//	snapshots STORE ACCOUNT N FILE   saves what stands in a file as the state at N
//	erases STORE ACCOUNT             erases an account
//	newer STORE                      says in the file that it is of a later format
var storeCommands = map[string]func(*testscript.TestScript, bool, []string){
	"holds": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 1)
		ts.Defer(func() { ts.Check(s.Close()) })
	},
	"appends": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 4)
		version, data := contents(ts, args)
		ts.Check(s.Append(context.Background(), usher.AccountID(args[1]), store.Entry{Commit: store.Commit{Version: version, Data: data}}))
		ts.Check(s.Close())
	},
	"snapshots": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 4)
		version, data := contents(ts, args)
		ts.Check(s.SaveSnapshot(context.Background(), usher.AccountID(args[1]), store.Snapshot{Version: version, Data: data}))
		ts.Check(s.Close())
	},
	"erases": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 2)
		ts.Check(s.Erase(context.Background(), usher.AccountID(args[1])))
		ts.Check(s.Close())
	},
	"newer": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(openFile(ts, args, 1).Close())
		db, err := bbolt.Open(ts.MkAbs(args[0]), 0o600, nil)
		ts.Check(err)
		ts.Check(db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("usher")).Put([]byte("format"), []byte("7")) }))
		ts.Check(db.Close())
	},
}

func openFile(ts *testscript.TestScript, args []string, n int) *boltstore.Store {
	if len(args) != n {
		ts.Fatalf("%d arguments, want %d", len(args), n)
	}
	s, err := boltstore.Open(ts.MkAbs(args[0]), boltstore.Options{})
	ts.Check(err)
	return s
}

// contents reads the last two arguments: a version, and a file's text without the
// end of its line.
func contents(ts *testscript.TestScript, args []string) (version uint64, data []byte) {
	version, err := strconv.ParseUint(args[2], 10, 64)
	ts.Check(err)
	data, err = os.ReadFile(ts.MkAbs(args[3]))
	ts.Check(err)
	for len(data) > 0 && data[len(data)-1] == '\n' {
		data = data[:len(data)-1]
	}
	return version, data
}
