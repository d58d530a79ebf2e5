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

// killChild is the environment variable that makes this test binary the child process of TestKill.
// Its value is the path of the file to write to.
const killChild = "USHER_BOLTSTORE_KILL_CHILD"

const (
	killWriters  = 6
	killAccounts = 3 // with two concurrent writers each
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killChild); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends until the process is killed. It prints a line before each Append and
// after each acknowledgement, each with one write to stdout.
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
			continue // the other writer was first
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

// killData returns the data that a writer appends as a version: its name, a checksum, and up to
// three pages of bytes that depend only on the name.
func killData(account usher.AccountID, version uint64, writer int) []byte {
	name := fmt.Sprintf("%s %d %d ", account, version, writer)
	seed := sha256.Sum256([]byte(name))
	random := rand.NewChaCha8(seed)
	body := make([]byte, binary.BigEndian.Uint16(seed[:])%12_000)
	_, _ = random.Read(body)
	sum := sha256.Sum256(body)
	return append(append([]byte(name), sum[:]...), body...)
}

// killWriterOf checks data that was read, and returns its writer.
func killWriterOf(account usher.AccountID, version uint64, data []byte) (writer int, err error) {
	var name string
	var number uint64
	if _, err := fmt.Sscan(string(data[:min(len(data), 60)]), &name, &number, &writer); err != nil {
		return 0, fmt.Errorf("%s %d: data of no writer: %w", account, version, err)
	}
	want := killData(account, version, writer)
	switch {
	case !strings.HasPrefix(string(data), fmt.Sprintf("%s %d %d ", account, version, writer)):
		return 0, fmt.Errorf("%s %d: data of %s %d", account, version, name, number)
	case len(data) != len(want):
		return 0, fmt.Errorf("%s %d: %d bytes, want %d", account, version, len(data), len(want))
	case string(data) != string(want):
		return 0, fmt.Errorf("%s %d: the bytes differ from the appended ones", account, version)
	}
	return writer, nil
}
