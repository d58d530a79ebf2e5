package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// txProbe is a transaction of the host, with checks like those of probe.
type txProbe struct {
	*probe
	tx           store.Tx
	hostCommit   func() error
	hostRollback func() error
	ended        bool
}

// begin begins a transaction. The caller must defer end.
func (p *probe) begin() *txProbe {
	p.Helper()
	tx, commit, rollback := p.suite.host.Begin(p, p.store)
	return &txProbe{probe: p, tx: tx, hostCommit: commit, hostRollback: rollback}
}

// inside runs f in a transaction and commits it.
func (p *probe) inside(f func(x *txProbe)) {
	p.Helper()
	x := p.begin()
	defer x.end()
	f(x)
	x.commit()
}

func (x *txProbe) commit() {
	x.Helper()
	x.ended = true
	x.wantNil(x.hostCommit(), "commit")
}

func (x *txProbe) rollback() {
	x.Helper()
	x.ended = true
	x.wantNil(x.hostRollback(), "rollback")
}

// end rolls back a transaction that has not ended. The error has no meaning, since the transaction
// may be lost.
func (x *txProbe) end() {
	if !x.ended {
		x.ended = true
		_ = x.hostRollback()
	}
}

func (x *txProbe) add(account usher.AccountID, version uint64, data string, records ...store.Record) {
	x.Helper()
	x.wantNil(x.tryAdd(account, version, data, records...), "Tx.Append(%q, version %d)", account, version)
}

func (x *txProbe) tryAdd(account usher.AccountID, version uint64, data string, records ...store.Record) error {
	return x.tx.Append(x.ctx, account, entry(version, data, records...))
}

// sees reports a failure unless the transaction sees exactly the commits with this data.
func (x *txProbe) sees(account usher.AccountID, want ...string) {
	x.Helper()
	var got []string
	for _, c := range collect(x.probe, x.tx.Commits(x.ctx, account, 0), "Tx.Commits(%q)", account) {
		got = append(got, fmt.Sprintf("%d:%s", c.Version, c.Data))
	}
	var wanted []string
	for i, data := range want {
		wanted = append(wanted, fmt.Sprintf("%d:%s", i+1, data))
	}
	if !slices.Equal(got, wanted) {
		x.Errorf("Tx.Commits(%q) = %s, want %s", account, shortened(got), shortened(wanted))
	}
}

// lock returns the position. It reports a failure unless Last is last and Committed is 0 or at
// most committed.
func (x *txProbe) lock(account usher.AccountID, mode store.LockMode, last, committed uint64) {
	x.Helper()
	position, err := x.tx.Lock(x.ctx, account, mode)
	x.wantNil(err, "Tx.Lock(%q, mode %d)", account, mode)
	x.wantPosition(position, last, committed)
}

func (x *txProbe) wantPosition(position store.Position, last, committed uint64) {
	x.Helper()
	if position.Last != last || position.Committed > committed {
		x.Errorf("Tx.Lock = %+v, want Last %d, and Committed at most %d", position, last, committed)
	}
}

func (x *txProbe) record(account usher.AccountID, user usher.UserID) string {
	x.Helper()
	data, err := x.tx.Record(x.ctx, account, user)
	x.wantNil(err, "Tx.Record(%q, %q)", account, user)
	return string(data)
}

// gaveUp reports whether err says that a call waited too long for a lock. Any other error is a
// failure.
func (p *probe) gaveUp(err error, what string) bool {
	p.Helper()
	if err != nil && !errors.Is(err, store.ErrNotStored) && !errors.Is(err, store.ErrRetry) {
		p.Errorf("%s: error %v, want none, ErrNotStored or ErrRetry", what, err)
	}
	return err != nil
}
