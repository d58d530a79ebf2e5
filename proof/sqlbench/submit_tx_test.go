package sqlbench_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/pgstore"
)

// BenchmarkSubmitTx runs a host's transaction, BEGIN, one INSERT and COMMIT, in turns alone, with
// SubmitTx, and with SubmitTx and tables of members, on 1,000 accounts.
func BenchmarkSubmitTx(b *testing.B) {
	const accounts = 1000
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			ways := []*way{hostAlone(b, writers), hostWith(b, writers, accounts, false), hostWith(b, writers, accounts, true)}
			compare(b, ways, func(w *way) { w.round(b, writers, 100*min(writers, 4), accounts) })
		})
	}
}

const insertRow = "INSERT INTO rows (account, text) VALUES ($1, 'a row of the host')"

func hostAlone(b *testing.B, writers int) *way {
	in := start(b, newDatabase(b), writers, pgstore.Options{})
	createRows(b, in)
	return &way{name: "host", do: func(i int) error {
		return pgx.BeginFunc(ctx, in.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, insertRow, string(accountID(i)))
			return err
		})
	}}
}

func hostWith(b *testing.B, writers, accounts int, members bool) *way {
	in := start(b, newDatabase(b), writers+2, pgstore.Options{Members: members})
	createRows(b, in)
	for i := range accounts {
		_, err := in.Do(ctx, bench, accountID(i), account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
		require.NoError(b, err)
	}
	_, err := in.pool.Exec(ctx, "VACUUM ANALYZE")
	require.NoError(b, err)
	roles, done := [2]role.Name{"admin", "member"}, make([]int, accounts)
	return &way{name: map[bool]string{false: "with-SubmitTx", true: "with-members"}[members], do: func(i int) error {
		return pgx.BeginFunc(ctx, in.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, insertRow, string(accountID(i))); err != nil {
				return err
			}
			_, err := in.SubmitTx(ctx, in.store.Tx(tx), engine.Batch{Actor: bench, Account: accountID(i), Commands: []account.Command{account.SetRole{User: "mia", Role: roles[done[i]%2]}}})
			done[i]++
			return err
		})
	}}
}

func createRows(b *testing.B, in *instance) {
	_, err := in.pool.Exec(ctx, "CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account text, text text)")
	require.NoError(b, err)
}
