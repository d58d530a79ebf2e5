package sqlstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

const benchAccounts = 1000

// BenchmarkAppend appends to 1,000 accounts in SQLite, in turns with bare INSERTs of the same bytes,
// each in a transaction of its own. It reports the rate of Append as a share of that of the INSERTs.
func BenchmarkAppend(b *testing.B) {
	ctx := context.Background()
	data := make([]byte, 300)
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db := pool(b, "sqlite", "file:"+filepath.Join(b.TempDir(), "usher.db")+"?_pragma=busy_timeout(10000)&_txlock=immediate", 0)
			o := sqlstore.Options{Dialect: sqlstore.SQLite}
			require.NoError(b, sqlstore.Migrate(ctx, db, o))
			s, err := sqlstore.Open(ctx, db, o)
			require.NoError(b, err)
			defer s.Close()
			_, err = db.ExecContext(ctx, "CREATE TABLE bare (account BLOB, version INTEGER, data BLOB, PRIMARY KEY (account, version)) WITHOUT ROWID")
			require.NoError(b, err)
			versions := make([]uint64, benchAccounts)
			name := func(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%06d", i)) }
			appendOne := func(i int) error {
				versions[i]++
				return s.Append(ctx, name(i), store.Entry{Commit: store.Commit{Version: versions[i], Data: data}})
			}
			var inserted atomic.Uint64
			insert := func(i int) error {
				_, err := db.ExecContext(ctx, "INSERT INTO bare VALUES (?, ?, ?)", append([]byte(name(i)), binary.BigEndian.AppendUint64(nil, inserted.Add(1))...), 1, data)
				return err
			}
			for i := range benchAccounts {
				require.NoError(b, appendOne(i))
			}
			b.ResetTimer()
			var appending, inserting time.Duration
			for done := 0; done < b.N; {
				n := min(b.N-done, 512)
				inserting += run(b, writers, n, insert)
				appending += run(b, writers, n, appendOne)
				done += n
			}
			b.ReportMetric(float64(b.N)/inserting.Seconds(), "bare/s")
			b.ReportMetric(float64(b.N)/appending.Seconds(), "append/s")
			b.ReportMetric(inserting.Seconds()/appending.Seconds(), "append-of-bare")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// run calls f n times by concurrent writers, each for accounts of its own, and returns the time that
// this took.
func run(b *testing.B, writers, n int, f func(i int) error) time.Duration {
	start := time.Now()
	var next atomic.Int64
	var running sync.WaitGroup
	for writer := range writers {
		running.Go(func() {
			for k := 0; next.Add(1) <= int64(n); k++ {
				if err := f((writer + k*writers) % (benchAccounts / writers * writers)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(start)
}
