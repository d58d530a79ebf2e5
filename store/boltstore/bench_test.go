package boltstore_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

const (
	benchWriters  = 64
	benchAccounts = 1000
	benchBytes    = 200
)

// benchmarkWriters runs concurrent writers. Each writer writes to random accounts of its own.
func benchmarkWriters(b *testing.B, writers int, write func(account usher.AccountID, version uint64) error) {
	var begun atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for me := range writers {
		group.Go(func() {
			versions := make([]uint64, benchAccounts)
			random := rand.New(rand.NewPCG(uint64(me), 0))
			for begun.Add(1) <= int64(b.N) {
				i := random.IntN(benchAccounts/writers)*writers + me
				versions[i]++
				if err := write(usher.AccountID(fmt.Sprintf("account-%04d", i)), versions[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

func benchStore(b *testing.B, writers int) {
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "journal"), boltstore.Options{})
	require.NoError(b, err)
	defer s.Close()
	data := make([]byte, benchBytes)
	benchmarkWriters(b, writers, func(account usher.AccountID, version uint64) error {
		return s.Append(b.Context(), account, store.Entry{Commit: store.Commit{Version: version, Data: data}})
	})
}

// bare configures bbolt without this package.
type bare struct {
	do    func(*bbolt.DB, func(*bbolt.Tx) error) error
	size  int           // of a batch
	delay time.Duration // of a batch
	fill  float64
}

// bench writes the same data, without any checks.
func (o bare) bench(b *testing.B, writers int) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoStatistics: true})
	require.NoError(b, err)
	defer db.Close()
	db.MaxBatchSize, db.MaxBatchDelay = o.size, o.delay
	name := []byte("commits")
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(name)
		return err
	}))
	data := make([]byte, benchBytes)
	benchmarkWriters(b, writers, func(account usher.AccountID, version uint64) error {
		key := binary.BigEndian.AppendUint64([]byte(account), version)
		return o.do(db, func(tx *bbolt.Tx) error {
			bucket := tx.Bucket(name)
			bucket.FillPercent = o.fill
			return bucket.Put(key, data)
		})
	})
}

// BenchmarkMany measures 64 writers of 200 bytes each with 1000 accounts, compared with bbolt.Batch
// in several configurations.
func BenchmarkMany(b *testing.B) {
	b.Run("boltstore", func(b *testing.B) { benchStore(b, benchWriters) })
	for _, o := range []bare{
		{(*bbolt.DB).Batch, benchWriters, time.Millisecond, bbolt.DefaultFillPercent},
		{(*bbolt.DB).Batch, benchWriters, 10 * time.Millisecond, bbolt.DefaultFillPercent},
		{(*bbolt.DB).Batch, benchWriters / 2, time.Millisecond, bbolt.DefaultFillPercent},
		{(*bbolt.DB).Batch, benchWriters, time.Millisecond, 0.9},
	} {
		b.Run(fmt.Sprintf("bbolt.Batch-size%d-delay%s-fill%v", o.size, o.delay, o.fill), func(b *testing.B) { o.bench(b, benchWriters) })
	}
}

// BenchmarkLone measures one writer, compared with bbolt.Update.
func BenchmarkLone(b *testing.B) {
	b.Run("boltstore", func(b *testing.B) { benchStore(b, 1) })
	b.Run("bbolt.Update", func(b *testing.B) { bare{do: (*bbolt.DB).Update, fill: bbolt.DefaultFillPercent}.bench(b, 1) })
}
