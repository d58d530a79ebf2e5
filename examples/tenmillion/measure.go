package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

var viewCalendar = permission.MustParse("calendar.view")

// calls is the number of calls that are timed one by one.
const calls = 100_000

// measure returns the costs on this machine, from a number of accounts in a store in memory. The
// round trip is not measured.
func measure(accounts, users int) (costs, error) {
	store := new(memstore.Store)
	writer, err := open(store, accounts)
	if err != nil {
		return costs{}, err
	}
	ctx := context.Background()
	for i := range accounts {
		if _, err := writer.Do(ctx, account.AsHost("import"), accountID(i), account.Import{Seed: company(users)}); err != nil {
			return costs{}, err
		}
	}
	if err := writer.Close(); err != nil {
		return costs{}, err
	}
	before := heap()
	e, err := open(store, accounts)
	if err != nil {
		return costs{}, err
	}
	load, err := timeChecks(e, rand.Perm(accounts), users) // the first check of each account loads it
	if err != nil {
		return costs{}, err
	}
	c := costs{account: float64(heap()-before) / float64(accounts), load: load}
	again := make([]int, calls)
	for i := range again {
		again[i] = rand.IntN(accounts)
	}
	if c.check, err = timeChecks(e, again, users); err != nil {
		return costs{}, err
	}
	return c, e.Close()
}

func open(store *memstore.Store, accounts int) (*engine.Engine, error) {
	p, err := preset.Load("oncehub")
	if err != nil {
		return nil, err
	}
	return engine.Open(engine.Options{Policy: p, Store: store, Accounts: accounts})
}

// timeChecks times a check in each of the accounts.
func timeChecks(e *engine.Engine, in []int, users int) (spread, error) {
	took := make([]time.Duration, len(in))
	for i, at := range in {
		r := usher.Request{Account: accountID(at), Subject: userID(rand.IntN(users)), Permission: viewCalendar}
		start := time.Now()
		_, err := e.Check(context.Background(), r)
		took[i] = time.Since(start)
		if err != nil {
			return spread{}, err
		}
	}
	slices.Sort(took)
	return spread{took[len(took)/2], took[len(took)*99/100]}, nil
}

// company returns an account of one owner and some members in two teams.
func company(users int) account.Seed {
	s := account.Seed{Teams: map[usher.TeamID]usher.TeamID{"sales": "", "support": ""}, Users: map[usher.UserID]policy.User{}}
	for i := range users {
		u := policy.User{Role: "member", Teams: []policy.Membership{{Team: []usher.TeamID{"sales", "support"}[i%2]}}}
		if i == 0 {
			u.Role = "owner"
		}
		s.Users[userID(i)] = u
	}
	return s
}

func accountID(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%08d", i)) }

func userID(i int) usher.UserID { return usher.UserID(fmt.Sprintf("user-%08d", i)) }

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
