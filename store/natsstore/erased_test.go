package natsstore_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

var erasedLong = flag.Bool("erased-long", false, "wait until keys are gone from the logs of the servers too, some minutes")

// filesWith returns the files of all servers that contain some bytes.
func filesWith(t testing.TB, c *natstest.Cluster, want []byte) (paths []string) {
	t.Helper()
	for _, s := range c.Servers {
		err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // files come and go
			}
			if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, want) {
				paths = append(paths, path)
			}
			return nil
		})
		require.NoError(t, err)
	}
	return paths
}

// inStreams leaves out the logs of the servers' consensus.
func inStreams(paths []string) (some []string) {
	for _, path := range paths {
		if strings.Contains(path, "/streams/") {
			some = append(some, path)
		}
	}
	return some
}

// gone waits until no stream of a server contains a key. A server that is behind the others overwrites it
// a moment later than they do.
func gone(t testing.TB, c *natstest.Cluster, key []byte, what string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(inStreams(filesWith(t, c, key))) == 0 }, time.Minute, 50*time.Millisecond, what)
}

// inBlocks leaves out all but the blocks of messages of the streams. The servers write the list of subjects
// in index.db anew every two minutes.
func inBlocks(paths []string) (some []string) {
	for _, path := range inStreams(paths) {
		if strings.HasSuffix(path, ".blk") {
			some = append(some, path)
		}
	}
	return some
}

// filesOf returns the files of all servers that contain the hash of a user's id.
func filesOf(t testing.TB, c *natstest.Cluster, user usher.UserID) []string {
	t.Helper()
	return filesWith(t, c, []byte(natsstore.UserToken(user)))
}

// keyBytes returns the keys that are stored for an account of a store with one account and partition.
func keyBytes(t testing.TB, c *natstest.Cluster, name, kind string) (keys [][]byte) {
	t.Helper()
	js, err := jetstream.New(connect(t, c, 0))
	require.NoError(t, err)
	stream, err := js.Stream(context.Background(), name+"-journal-0")
	require.NoError(t, err)
	m, err := stream.GetLastMsgForSubject(context.Background(), name+".0."+kind+".*")
	require.NoError(t, err)
	if kind == "k" {
		return [][]byte{m.Data}
	}
	for rest := m.Data; len(rest) > 0; rest = rest[40:] {
		keys = append(keys, rest[8:40])
	}
	return keys
}

// finished waits until a store reports no incomplete erasures.
func finished(t testing.TB, s *natsstore.Store) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		problems, err := s.Check(context.Background())
		assert.NoError(c, err)
		assert.NotContains(c, texts(problems), "erased")
	}, time.Minute, 20*time.Millisecond)
}

// No file of a server contains data in plain text, and after an erasure none contains the key. The
// other accounts and users keep their data.
func TestErasedFromFiles(t *testing.T) {
	ctx := context.Background()
	c := cluster(t)
	name := newName()
	s := open(t, 0, natsstore.Options{Name: name, Partitions: 1, Monitor: c.Monitors(), Timeout: 10 * time.Second})
	secret := func(what string) string { return "secret-" + name + "-" + what }
	mia, max := usher.UserID(secret("id-of-mia")), usher.UserID(secret("id-of-max"))
	founding := commit(1, secret("commit"),
		store.Record{User: "mia", Data: []byte(secret("mia"))}, store.Record{User: "max", Data: []byte(secret("max"))})
	founding.Users = store.Users{Known: true, Added: []usher.UserID{mia, max}}
	require.NoError(t, s.Append(ctx, "acme", founding))
	change := commit(2, "two", store.Record{User: "mia", Data: []byte(secret("mia2"))})
	change.Users = store.Users{Known: true}
	require.NoError(t, s.Append(ctx, "acme", change))
	require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 2, Data: []byte(secret("snapshot"))}))
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	require.NoError(t, s.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: noon}, {User: "max", At: noon}}))
	assert.Empty(t, filesWith(t, c, []byte("secret-"+name)), "no data and no id of a user is in plain text")

	first := keyBytes(t, c, name, "q")
	require.Len(t, first, 1)
	require.NotEmpty(t, inStreams(filesWith(t, c, first[0])), "the test finds keys")
	require.NotEmpty(t, inBlocks(filesOf(t, c, mia)), "the test finds hashes of ids")
	removal := commit(3, "three", store.Record{User: "mia"})
	removal.Users = store.Users{Known: true, Removed: []usher.UserID{mia}}
	require.NoError(t, s.Append(ctx, "acme", removal))
	finished(t, s)
	require.Eventually(t, func() bool { return len(inBlocks(filesOf(t, c, mia))) == 0 }, time.Minute, 50*time.Millisecond, "the user is removed")
	second := keyBytes(t, c, name, "q")
	require.Len(t, second, 1)
	assert.NotEqual(t, hex.EncodeToString(first[0]), hex.EncodeToString(second[0]))
	gone(t, c, first[0], "the key of what remained of mia's data")
	assert.NotEmpty(t, inStreams(filesWith(t, c, second[0])))
	data, err := s.Record(ctx, "acme", "max")
	require.NoError(t, err)
	assert.Equal(t, secret("max"), string(data))
	for at, err := range s.LastActiveTimes(ctx, "acme", "") {
		require.NoError(t, err)
		assert.Equal(t, store.LastActive{User: "max", At: noon}, at)
	}

	main := keyBytes(t, c, name, "k")
	require.NotEmpty(t, inStreams(filesWith(t, c, main[0])))
	again := commit(4, "four")
	again.Users = store.Users{Known: true, Added: []usher.UserID{mia, max}}
	require.NoError(t, s.Append(ctx, "acme", again))
	require.NotEmpty(t, inBlocks(filesOf(t, c, mia)))
	require.NotEmpty(t, inBlocks(filesOf(t, c, max)))
	require.NoError(t, s.Erase(ctx, "acme"))
	finished(t, s)
	keys := append(main, first[0], second[0])
	for _, key := range keys {
		gone(t, c, key, "a key of the account")
	}
	for _, user := range []usher.UserID{mia, max} {
		require.Eventually(t, func() bool { return len(inBlocks(filesOf(t, c, user))) == 0 }, time.Minute, 50*time.Millisecond, "the hash of a user's id")
	}
	if !*erasedLong {
		return
	}
	require.EventuallyWithT(t, func(ct *assert.CollectT) {
		for _, key := range keys {
			assert.Empty(ct, filesWith(t, c, key))
		}
		for _, user := range []usher.UserID{mia, max} {
			assert.Empty(ct, filesOf(t, c, user))
		}
	}, 10*time.Minute, 5*time.Second)
}

// While a server is down, an erasure takes effect, and its key stays until the server is back.
func TestErasedWhileServerIsDown(t *testing.T) {
	ctx := context.Background()
	c, err := natstest.Start(natstest.Options{})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	s, err := natsstore.Open(ctx, connect(t, c, 0), natsstore.Options{Partitions: 1, Timeout: 5 * time.Second})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one", store.Record{User: "mia", Data: []byte("Mia")})))
	keys := append(keyBytes(t, c, "usher", "k"), keyBytes(t, c, "usher", "q")...)
	require.NoError(t, c.Servers[2].Kill())
	require.NoError(t, s.Erase(ctx, "acme"))
	_, err = s.Record(ctx, "acme", "mia")
	require.ErrorIs(t, err, store.ErrErased)
	problems, err := s.Check(ctx)
	require.NoError(t, err)
	assert.Contains(t, texts(problems), "keys or names of data that was erased remain on disks, in 1 accounts (want all servers up)")
	require.NoError(t, c.Servers[2].Start())
	require.NoError(t, c.Wait(30*time.Second))
	natsstore.Sweep(s)
	require.Eventually(t, func() bool {
		natsstore.Sweep(s)
		for _, key := range keys {
			if len(inStreams(filesWith(t, c, key))) > 0 {
				return false
			}
		}
		return true
	}, 60*time.Second, 500*time.Millisecond)
	finished(t, s)
}

// Records of many users are divided into buckets, and all of them can be read, changed and deleted.
func TestManyRecords(t *testing.T) {
	ctx := context.Background()
	s := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1})
	const users = 30_000
	data := strings.Repeat("x", 200)
	var records []store.Record
	for i := range users {
		records = append(records, store.Record{User: userID(i), Data: []byte(data)})
	}
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one", records...)))
	require.NoError(t, s.Append(ctx, "acme", commit(2, "two", store.Record{User: userID(7), Data: []byte("seven")}, store.Record{User: userID(8)})))
	count := 0
	for r, err := range s.Records(ctx, "acme", "") {
		require.NoError(t, err)
		if r.User == userID(7) {
			assert.Equal(t, "seven", string(r.Data))
		}
		assert.NotEqual(t, userID(8), r.User)
		count++
	}
	assert.Equal(t, users-1, count)
	finished(t, s)
	got, err := s.Record(ctx, "acme", userID(users-1))
	require.NoError(t, err)
	assert.Equal(t, data, string(got))
	got, err = s.Record(ctx, "acme", userID(8))
	require.NoError(t, err)
	assert.Nil(t, got)

	var more []store.Record
	for i := range 2000 {
		more = append(more, store.Record{User: userID(users + i), Data: []byte(fmt.Sprint(i))})
	}
	require.NoError(t, s.Append(ctx, "acme", commit(3, "three", more...)))
	got, err = s.Record(ctx, "acme", userID(users+1999))
	require.NoError(t, err)
	assert.Equal(t, "1999", string(got))
}

func userID(i int) usher.UserID { return usher.UserID(fmt.Sprintf("user-%06d", i)) }
