package usher_test

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// nowhereTx sees no commit of any account: its positions are the zero Position.
type nowhereTx struct{ store.Tx }

func (nowhereTx) Lock(context.Context, usher.AccountID, store.LockMode) (store.Position, error) {
	return store.Position{}, nil
}

// zeroTransactions returns the rows for transactions: whether a request in one is allowed, or a
// batch is committed.
func zeroTransactions(p *policy.Policy) map[string]func() bool {
	host, ctx := account.AsHost("test"), context.Background()
	lets := func(transaction func(s *memstore.Store) store.Tx) func() bool {
		return func() bool {
			s := new(memstore.Store)
			e, err := engine.Open(engine.Options{Policy: p, Store: s})
			if err != nil {
				panic(err)
			}
			defer e.Close()
			if _, err := e.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia"}); err != nil {
				panic(err)
			}
			tx := transaction(s)
			request := usher.Request{Account: "acme", Subject: "olivia", Permission: permission.MustParse("account.configure")}
			d, err := e.ReaderTx(tx).Check(ctx, request)
			held, heldErr := e.HolderTx(tx).Check(ctx, request)
			batch := engine.Batch{Actor: account.AsUser("olivia"), Account: "acme", Commands: []account.Command{account.AddUser{User: "max"}}}
			_, submitErr := e.SubmitTx(ctx, tx, batch)
			return d.Allowed() || err == nil || held.Allowed() || heldErr == nil || submitErr == nil
		}
	}
	return map[string]func() bool{
		"store.Tx":       lets(func(*memstore.Store) store.Tx { return nil }),
		"memstore.Tx":    lets(func(*memstore.Store) store.Tx { return new(memstore.Tx) }),
		"store.Position": lets(func(s *memstore.Store) store.Tx { return nowhereTx{s.Begin()} }),
	}
}
