package boltstore_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// killChild is the variable that makes this test binary the child of TestKill: the
// path of the file to write to until it is killed.
const killChild = "USHER_BOLTSTORE_KILL_CHILD"

const (
	killWriters  = 6
	killAccounts = 3 // two writers each, who race
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killChild); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends without an end. Each line that it prints is one write to
// stdout, before an Append and after it was acknowledged.
func writeUntilKilled(path string) error {
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		return err
	}
	failed := make(chan error, killWriters)
	for writer := range killWriters {
		go func() { failed <- killWriter(s, writer) }()
	}
	return <-failed
}

func killWriter(s *boltstore.Store, writer int) error {
	ctx := context.Background()
	account := usher.AccountID(fmt.Sprint("account", writer%killAccounts))
	version := uint64(1)
	for c, err := range s.Commits(ctx, account, 0) {
		if err != nil {
			return err
		}
		version = c.Version + 1
	}
	for ; ; version++ {
		data := killData(account, version, writer)
		if _, err := fmt.Fprintf(os.Stdout, "begin %s %d %d\n", account, version, writer); err != nil {
			return err
		}
		switch err := s.Append(ctx, account, store.Entry{
			Commit:  store.Commit{Version: version, Data: data},
			Records: []store.Record{{User: "last", Data: data}},
		}); {
		case errors.Is(err, store.ErrConflict):
			continue // the other was first
		case err != nil:
			return err
		}
		if _, err := fmt.Fprintf(os.Stdout, "acked %s %d %d\n", account, version, writer); err != nil {
			return err
		}
		if version%5 == 0 {
			if err := s.SaveSnapshot(ctx, account, store.Snapshot{Version: version, Data: data}); err != nil {
				return err
			}
		}
		if err := s.SaveLastActive(ctx, account, []store.LastActive{{User: "last", At: time.UnixMilli(int64(version))}}); err != nil {
			return err
		}
	}
}

// killData is what a writer appends as a version: its name, bytes that depend on
// nothing else, of up to three pages, and their checksum.
func killData(account usher.AccountID, version uint64, writer int) []byte {
	name := fmt.Sprintf("%s %d %d ", account, version, writer)
	seed := sha256.Sum256([]byte(name))
	random := rand.NewChaCha8(seed)
	body := make([]byte, binary.BigEndian.Uint16(seed[:])%12_000)
	_, _ = random.Read(body)
	sum := sha256.Sum256(body)
	return append(append([]byte(name), sum[:]...), body...)
}

// killWriterOf checks data that was read, and returns whose it is.
func killWriterOf(account usher.AccountID, version uint64, data []byte) (writer int, err error) {
	var name string
	var number uint64
	if _, err := fmt.Sscan(string(data[:min(len(data), 60)]), &name, &number, &writer); err != nil {
		return 0, fmt.Errorf("%s %d: nobody's data: %w", account, version, err)
	}
	want := killData(account, version, writer)
	switch {
	case !strings.HasPrefix(string(data), fmt.Sprintf("%s %d %d ", account, version, writer)):
		return 0, fmt.Errorf("%s %d: data of %s %d", account, version, name, number)
	case len(data) != len(want):
		return 0, fmt.Errorf("%s %d: %d bytes, want %d", account, version, len(data), len(want))
	case string(data) != string(want):
		return 0, fmt.Errorf("%s %d: other bytes than were appended", account, version)
	}
	return writer, nil
}
