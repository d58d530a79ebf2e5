package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"
	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// storeCommands are the commands of stories that usher does not have:
//
//	holds STORE                      keeps the store open until the story ends, as a service does
//	appends STORE ACCOUNT N FILE     appends the content of a file as commit N
//	snapshots STORE ACCOUNT N FILE   saves the content of a file as the snapshot of version N
//	saves STORE ACCOUNT N            saves the state after commit N as the snapshot of the account
//	spoils FOLDER                    changes a byte of each file in the folder and below
//	erases STORE ACCOUNT             erases an account
//	newer STORE                      gives the file the number of a later format
//	loses STORE ACCOUNT N            removes a commit from the file
//	notes STORE ACCOUNT NAME         sets a variable to the head of the account
//	sqlite FILE STATEMENT            runs a statement of SQL
//	postgres NAME                    sets a variable to the URL of a new schema in PostgreSQL
//	shows FILE                       compares the last stdout with a file, in which HASH matches any hash
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
	"saves": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 3)
		version, err := strconv.ParseUint(args[2], 10, 64)
		ts.Check(err)
		state := account.New(usher.AccountID(args[1]))
		for stored, err := range s.Commits(context.Background(), state.ID(), 0) {
			ts.Check(err)
			c, err := account.DecodeCommit(stored.Data)
			ts.Check(err)
			state, err = state.ApplyEncoded(c, stored.Data)
			ts.Check(err)
			if c.Version == version {
				break
			}
		}
		ts.Check(s.SaveSnapshot(context.Background(), state.ID(), store.Snapshot{Version: version, Data: state.Encode()}))
		ts.Check(s.Close())
	},
	"spoils": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			ts.Check(err)
			data[len(data)/2] ^= 1
			return os.WriteFile(path, data, 0o600)
		}))
	},
	"erases": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 2)
		ts.Check(s.Erase(context.Background(), usher.AccountID(args[1])))
		ts.Check(s.Close())
	},
	"loses": func(ts *testscript.TestScript, _ bool, args []string) {
		version, err := strconv.ParseUint(args[2], 10, 64)
		ts.Check(err)
		db, err := bbolt.Open(ts.MkAbs(args[0]), 0o600, nil)
		ts.Check(err)
		key := binary.BigEndian.AppendUint64([]byte(args[1]+"\x00\x01"), version)
		ts.Check(db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("commits")).Delete(key) }))
		ts.Check(db.Close())
	},
	"notes": func(ts *testscript.TestScript, _ bool, args []string) {
		s := openFile(ts, args, 3)
		head := ""
		for c, err := range s.Commits(context.Background(), usher.AccountID(args[1]), 0) {
			ts.Check(err)
			head = fmt.Sprintf("%d:%x", c.Version, sha256.Sum256(c.Data))
		}
		ts.Check(s.Close())
		ts.Setenv(args[2], head)
	},
	"shows": func(ts *testscript.TestScript, _ bool, args []string) {
		got := regexp.MustCompile("[0-9a-f]{64}").ReplaceAllString(ts.ReadFile("stdout"), "HASH")
		if want := ts.ReadFile(args[0]); got != want {
			ts.Fatalf("stdout is\n%s\nwant\n%s", got, want)
		}
	},
	"postgres": setPostgres,
	"sqlite": func(ts *testscript.TestScript, _ bool, args []string) {
		db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
		ts.Check(err)
		_, err = db.Exec(args[1])
		ts.Check(err)
		ts.Check(db.Close())
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

// contents reads the last two arguments: a version, and a file, whose content it returns
// without trailing line breaks.
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
