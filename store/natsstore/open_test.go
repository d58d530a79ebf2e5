package natsstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/natsstore"
	"github.com/usher-go/usher/store/storecopy"
)

func commit(version uint64, data string, records ...store.Record) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}, Records: records}
}

// journal returns the data of all commits of an account.
func journal(t testing.TB, s store.Store, account usher.AccountID) (all []string) {
	t.Helper()
	for c, err := range s.Commits(context.Background(), account, 0) {
		require.NoError(t, err)
		all = append(all, string(c.Data))
	}
	return all
}

func TestOptions(t *testing.T) {
	nc := connect(t, cluster(t), 0)
	for want, o := range map[string]natsstore.Options{
		`Options.Name is "a.b" (want 1 to 32`:        {Name: "a.b"},
		"Options.Partitions is -1 (want 1 to 256":    {Partitions: -1},
		"Options.Replicas is 2 (want 1, 3 or 5)":     {Replicas: 2},
		"Options.Timeout is 1ns (want at least 10ms": {Timeout: 1},
	} {
		_, err := natsstore.Open(context.Background(), nc, o)
		assert.ErrorContains(t, err, want)
	}
	_, err := natsstore.Open(context.Background(), nil, natsstore.Options{})
	assert.ErrorContains(t, err, "the connection is nil")
}

// Several instances may create the streams at the same time.
func TestOpenTogether(t *testing.T) {
	name := newName()
	var running sync.WaitGroup
	for i := range 4 {
		running.Go(func() {
			s, err := natsstore.Open(context.Background(), connect(t, cluster(t), i%3), natsstore.Options{Name: name, Partitions: 2})
			if assert.NoError(t, err) {
				assert.NoError(t, s.Close())
			}
		})
	}
	running.Wait()
	s := open(t, 0, natsstore.Options{Name: name}) // finds the number of partitions
	require.NoError(t, s.Append(context.Background(), "acme", commit(1, "one")))
	_, err := natsstore.Open(context.Background(), connect(t, cluster(t), 0), natsstore.Options{Name: name, Partitions: 3})
	require.ErrorIs(t, err, natsstore.ErrStreams)
	assert.ErrorContains(t, err, "Options.Partitions is 3, and the streams were created with 2, which is fixed")
}

// Open rejects streams that could lose commits, and says what is wrong.
func TestUnsafeStreams(t *testing.T) {
	ctx := context.Background()
	nc := connect(t, cluster(t), 0)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	name := newName()
	s := open(t, 0, natsstore.Options{Name: name, Partitions: 1})
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	stream, err := js.Stream(ctx, name+"-journal-0")
	require.NoError(t, err)
	safe := stream.CachedInfo().Config
	for want, change := range map[string]func(*jetstream.StreamConfig){
		"max_msgs is 1000 (want -1)":                  func(c *jetstream.StreamConfig) { c.MaxMsgs = 1000 },
		"max_age is 1h0m0s (want 0s)":                 func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"num_replicas is 1 (want \"3 or more":         func(c *jetstream.StreamConfig) { c.Replicas = 1 },
		"allow_direct is false (want true)":           func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"allow_rollup_hdrs is false (want true)":      func(c *jetstream.StreamConfig) { c.AllowRollup = false },
		"max_msgs_per_subject is 5 (want -1)":         func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 5 },
		"discard is DiscardOld (want DiscardNew)":     func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"max_msg_size is 1000 (want \"-1, or 1048576": func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1000 },
		"metadata usher-partitions is 0 (want 1":      func(c *jetstream.StreamConfig) { c.Metadata = partitions(c, "0") },
		"metadata usher-partitions is -1 (want 1":     func(c *jetstream.StreamConfig) { c.Metadata = partitions(c, "-1") },
		"metadata usher-partitions is 999999 (want 1": func(c *jetstream.StreamConfig) { c.Metadata = partitions(c, "999999") },
	} {
		unsafe := safe
		change(&unsafe)
		_, err := js.UpdateStream(ctx, unsafe)
		require.NoError(t, err, want)
		_, err = natsstore.Open(ctx, nc, natsstore.Options{Name: name})
		require.ErrorIs(t, err, natsstore.ErrStreams, want)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, name+"-journal-0")
		problems, err := s.Check(ctx)
		require.NoError(t, err)
		assert.Contains(t, texts(problems), want)
		_, err = js.UpdateStream(ctx, safe)
		require.NoError(t, err)
	}
	assert.Eventually(t, func() bool { // the replicas are added again
		again, err := natsstore.Open(ctx, nc, natsstore.Options{Name: name})
		return assert.NoError(t, err) && assert.NoError(t, again.Close())
	}, time.Minute, 100*time.Millisecond)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))

	require.NoError(t, js.DeleteStream(ctx, name+"-snapshots-0"))
	_, err = natsstore.Open(ctx, nc, natsstore.Options{Name: name})
	require.ErrorIs(t, err, natsstore.ErrStreams)
	assert.ErrorContains(t, err, "is missing, and others exist; restore it from a backup")
}

// partitions returns the metadata of a stream with another number of partitions.
func partitions(c *jetstream.StreamConfig, number string) map[string]string {
	changed := maps.Clone(c.Metadata)
	changed["usher-partitions"] = number
	return changed
}

func texts(problems []store.Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return strings.Join(all, "\n")
}

// Check finds servers that do not wait for the disk, one that is down, and an unsuitable connection.
func TestCheck(t *testing.T) {
	ctx := context.Background()
	s := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1, Monitor: cluster(t).Monitors()})
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		problems, err := s.Check(ctx)
		assert.NoError(c, err)
		assert.Empty(c, problems)
	}, time.Minute, 50*time.Millisecond)

	some := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1, Monitor: cluster(t).Monitors()[1:2]})
	problems, err := some.Check(ctx)
	require.NoError(t, err)
	for _, name := range []string{"s1", "s3"} {
		assert.Contains(t, texts(problems), "server "+name+": it is not known whether it waits for the disk (want the address of its monitoring in Options.Monitor)")
	}
	assert.NotContains(t, texts(problems), "server s2")

	lazy, err := natstest.Start(natstest.Options{Servers: 1, Lazy: true})
	require.NoError(t, err)
	t.Cleanup(lazy.Stop)
	nc, err := nats.Connect(lazy.URLs(0))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = natsstore.Open(ctx, nc, natsstore.Options{Partitions: 1})
	require.Error(t, err, "three replicas need three servers")
	s, err = natsstore.Open(ctx, nc, natsstore.Options{Name: "one", Partitions: 1, Replicas: 1, Monitor: append(lazy.Monitors(), "http://127.0.0.1:9")})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one", store.Record{User: "mia", Data: []byte("Mia")})))
	require.NoError(t, s.Append(ctx, "acme", commit(2, "two", store.Record{User: "mia"})))
	require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 2, Data: []byte("state")}))
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
	finished(t, s)
	require.NoError(t, s.Erase(ctx, "acme"))
	problems, err = s.Check(ctx)
	require.NoError(t, err)
	for _, want := range []string{
		"the connection: ReconnectBufSize is 8388608 (want -1",
		"the connection: PingInterval is 2m0s (want at most 5s",
		"the connection: MaxReconnects is 60 (want -1",
		"server s1: it acknowledges commits before they are on its disk (want sync_interval: always)",
		"server http://127.0.0.1:9: its monitoring cannot be read",
	} {
		assert.Contains(t, texts(problems), want)
	}
}

// A call of a closed store returns ErrClosed, and a Watch ends.
func TestClose(t *testing.T) {
	ctx := context.Background()
	s := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1})
	watched := make(chan error, 1)
	begun := make(chan bool, 100)
	go func() {
		for _, err := range s.Watch(ctx) {
			if err != nil {
				watched <- err
				return
			}
			begun <- true
		}
		watched <- nil
	}()
	<-begun
	require.NoError(t, s.Close())
	require.NoError(t, <-watched)
	require.ErrorIs(t, s.Append(ctx, "acme", commit(1, "one")), store.ErrClosed)
	for _, err := range s.Commits(ctx, "acme", 0) {
		require.ErrorIs(t, err, store.ErrClosed)
	}
	require.NoError(t, s.Close())
}

// A process that has read commits which the servers do not have any more gets an error, not an older
// state.
func TestLost(t *testing.T) {
	ctx := context.Background()
	name := newName()
	s := open(t, 0, natsstore.Options{Name: name, Partitions: 1})
	for version := uint64(1); version <= 3; version++ {
		require.NoError(t, s.Append(ctx, "acme", commit(version, "data")))
	}
	nc := connect(t, cluster(t), 1)
	lose := func(keep int) {
		body, err := json.Marshal(map[string]any{"seq": lastOf(t, nc, name, keep)})
		require.NoError(t, err)
		m, err := nc.Request("$JS.API.STREAM.MSG.DELETE."+name+"-journal-0", body, 5*time.Second)
		require.NoError(t, err)
		require.Contains(t, string(m.Data), `"success":true`)
	}
	lose(3)
	other := open(t, 1, natsstore.Options{Name: name})
	assert.Len(t, journal(t, other, "acme"), 2)
	for _, err := range s.Commits(ctx, "acme", 1) {
		require.ErrorIs(t, err, natsstore.ErrLost)
		assert.ErrorContains(t, err, "the account had version 3, and now has 2")
	}
	_, err := s.Versions(ctx, []usher.AccountID{"acme"})
	require.ErrorIs(t, err, natsstore.ErrLost)
	err = s.Append(ctx, "acme", commit(4, "four"))
	require.ErrorIs(t, err, natsstore.ErrLost)
	assert.False(t, store.IsRejected(err))
	require.NoError(t, other.Append(ctx, "acme", commit(3, "another three")))
	_, err = s.Snapshot(ctx, "acme")
	require.ErrorIs(t, err, natsstore.ErrLost)
	assert.True(t, errors.Is(err, natsstore.ErrLost))
}

// lastOf returns the sequence of the last message of the only account of a store.
func lastOf(t testing.TB, nc *nats.Conn, name string, _ int) uint64 {
	t.Helper()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	stream, err := js.Stream(context.Background(), name+"-journal-0")
	require.NoError(t, err)
	m, err := stream.GetLastMsgForSubject(context.Background(), name+".0.j.*")
	require.NoError(t, err)
	return m.Sequence
}

// Package storecopy copies a store to another kind of store and back, with the marks of erased accounts.
func TestCopy(t *testing.T) {
	ctx := context.Background()
	from, to := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1}), open(t, 1, natsstore.Options{Name: newName(), Partitions: 2})
	require.NoError(t, from.Append(ctx, "acme", commit(1, "one", store.Record{User: "mia", Data: []byte("Mia")})))
	require.NoError(t, from.Append(ctx, "acme", commit(2, "two")))
	require.NoError(t, from.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1000, 0)}}))
	require.NoError(t, from.Append(ctx, "gone", commit(1, "one")))
	require.NoError(t, from.Erase(ctx, "gone"))
	between := new(memstore.Store)
	for _, pair := range [][2]store.Store{{from, between}, {between, to}} {
		for a, err := range storecopy.Copy(ctx, pair[0], pair[1]) {
			require.NoError(t, err)
			require.NoError(t, a.Problem)
		}
	}
	assert.Equal(t, []string{"one", "two"}, journal(t, to, "acme"))
	data, err := to.Record(ctx, "acme", "mia")
	require.NoError(t, err)
	assert.Equal(t, "Mia", string(data))
	require.ErrorIs(t, to.Append(ctx, "gone", commit(1, "one")), store.ErrErased)
}
