package sqlstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/turns"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

const benchAccounts = 1000

// BenchmarkCommits stores commits of 1,000 accounts in SQLite in three ways, in turns: by bare
// INSERTs of as many bytes, each in a transaction of its own, by Append, and by Engine.Do. It reports
// the rates of the latter two as a share of the first.
func BenchmarkCommits(b *testing.B) {
	ctx := context.Background()
	data := make([]byte, 378)
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db := pool(b, "sqlite", "file:"+filepath.Join(b.TempDir(), "usher.db")+"?_pragma=busy_timeout(10000)&_txlock=immediate", 0)
			o := sqlstore.Options{Dialect: sqlstore.SQLite}
			require.NoError(b, sqlstore.Migrate(ctx, db, o))
			s, err := sqlstore.Open(ctx, db, o)
			require.NoError(b, err)
			b.Cleanup(s.Close)
			p, err := preset.Load("oncehub")
			require.NoError(b, err)
			e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: 4 * benchAccounts})
			require.NoError(b, err)
			b.Cleanup(func() { _ = e.Close() })
			_, err = db.ExecContext(ctx, "CREATE TABLE bare (account BLOB, version INTEGER, data BLOB, PRIMARY KEY (account, version)) WITHOUT ROWID")
			require.NoError(b, err)

			name := func(way string, i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("%s-%06d", way, i)) }
			versions, submitted, roles := make([]uint64, benchAccounts), make([]int, benchAccounts), [2]role.Name{"member", "admin"}
			var inserted atomic.Uint64
			insert := func(i int) error {
				_, err := db.ExecContext(ctx, "INSERT INTO bare VALUES (?, ?, ?)", binary.BigEndian.AppendUint64([]byte(name("bare", i)), inserted.Add(1)), 1, data)
				return err
			}
			appendOne := func(i int) error {
				versions[i]++
				return s.Append(ctx, name("append", i), store.Entry{Commit: store.Commit{Version: versions[i], Data: data}})
			}
			submit := func(i int) error {
				submitted[i]++
				_, err := e.Do(ctx, account.AsHost("bench"), name("submit", i), account.SetRole{User: "mia", Role: roles[submitted[i]%2]})
				return err
			}
			for i := range benchAccounts {
				require.NoError(b, appendOne(i))
				_, err := e.Do(ctx, account.AsHost("bench"), name("submit", i), account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
				require.NoError(b, err)
			}
			turns.Compare(b, turns.Load{Workers: writers, Things: benchAccounts, Calls: max(128, 16*writers)},
				turns.Way{Name: "bare", Do: insert}, turns.Way{Name: "append", Do: appendOne}, turns.Way{Name: "submit", Do: submit})
		})
	}
}
