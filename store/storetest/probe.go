package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// probe calls a store for a row. Its failures contain the row's name and sentence. Its methods may
// be called on any goroutine; a fatal failure ends that goroutine.
type probe struct {
	testing.TB
	row   row
	suite Suite
	over  *atomic.Bool // the test has ended, and t must not be used

	ctx        context.Context
	store      store.Store
	userData   store.UserDataStore // nil if the store is not one
	watcher    store.Watcher       // nil if the store is not one
	confirmer  store.Confirmer     // nil if the store is not one
	transactor store.Transactor    // nil if the store is not one
	versioned  store.VersionReader // nil if the store is not one
	indexed    store.UserIndex     // nil if the store is not one
	shortener  store.Shortener     // nil if the store is not one
}

func (p *probe) use(s store.Store) {
	p.store = s
	p.userData, _ = s.(store.UserDataStore)
	p.watcher, _ = s.(store.Watcher)
	p.confirmer, _ = s.(store.Confirmer)
	p.transactor, _ = s.(store.Transactor)
	p.versioned, _ = s.(store.VersionReader)
	p.indexed, _ = s.(store.UserIndex)
	p.shortener, _ = s.(store.Shortener)
}

// second returns a probe of another handle on the same data. Without Suite.Second it returns p.
func (p *probe) second() *probe {
	if p.suite.Second == nil {
		return p
	}
	other := *p
	other.use(p.suite.Second(p, p.store))
	return &other
}

func (p *probe) reopen() { p.use(p.suite.Reopen(p, p.store)) }

func (p *probe) Errorf(format string, args ...any) {
	p.Helper()
	if !p.over.Load() {
		p.TB.Errorf("%s: %s\n\tthe contract: %s", p.row.Name, fmt.Sprintf(format, args...), p.row.Sentence)
	}
}

func (p *probe) Fatalf(format string, args ...any) {
	p.Helper()
	p.Errorf(format, args...)
	runtime.Goexit()
}

// FailNow is for the functions of the suite, such as Open.
func (p *probe) FailNow() {
	p.Fail()
	runtime.Goexit()
}

// wantNil reports an error as a fatal failure.
func (p *probe) wantNil(err error, what string, args ...any) {
	p.Helper()
	if err != nil {
		p.Fatalf("%s: error %v, want none", fmt.Sprintf(what, args...), err)
	}
}

// wantError reports a failure unless err is or wraps want.
func (p *probe) wantError(err, want error, what string, args ...any) {
	p.Helper()
	if !errors.Is(err, want) {
		p.Errorf("%s: error %v, want %v", fmt.Sprintf(what, args...), err, want)
	}
}

// wantSame reports a failure unless the values print the same.
func (p *probe) wantSame(got, want any, what string, args ...any) {
	p.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("%s = %s, want %s", fmt.Sprintf(what, args...), shortened(got), shortened(want))
	}
}

func shortened(v any) string {
	text := fmt.Sprintf("%q", fmt.Sprint(v))
	if len(text) > 300 {
		text = text[:200] + "…" + text[len(text)-100:]
	}
	return text
}

func entry(version uint64, data string, records ...store.Record) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}, Records: records}
}

func record(user usher.UserID, data string) store.Record {
	return store.Record{User: user, Data: []byte(data)}
}

func (p *probe) append(account usher.AccountID, version uint64, data string, records ...store.Record) {
	p.Helper()
	p.wantNil(p.tryAppend(account, version, data, records...), "Append(%q, version %d)", account, version)
}

func (p *probe) tryAppend(account usher.AccountID, version uint64, data string, records ...store.Record) error {
	return p.store.Append(p.ctx, account, entry(version, data, records...))
}

// fill appends the commits 1 to last to an account without commits.
func (p *probe) fill(account usher.AccountID, last uint64) {
	p.Helper()
	for version := uint64(1); version <= last; version++ {
		p.append(account, version, dataOf(account, version))
	}
}

// dataOf returns the data that fill appends and wantFilled expects. It contains the account and the
// version, and has various lengths.
func dataOf(account usher.AccountID, version uint64) string {
	text := fmt.Sprintf("%s/%d ", account, version)
	for range version % 7 {
		text += text
	}
	return text
}

// commits returns the commits after a version. An error is a fatal failure.
func (p *probe) commits(account usher.AccountID, after uint64) (all []store.Commit) {
	p.Helper()
	return collect(p, p.store.Commits(p.ctx, account, after), "Commits(%q, after %d)", account, after)
}

// wantCommits reports a failure unless the account has exactly the commits with this data.
func (p *probe) wantCommits(account usher.AccountID, want ...string) {
	p.Helper()
	var got, wanted []string
	for _, c := range p.commits(account, 0) {
		got = append(got, fmt.Sprintf("%d:%s", c.Version, c.Data))
	}
	for i, data := range want {
		wanted = append(wanted, fmt.Sprintf("%d:%s", i+1, data))
	}
	if !slices.Equal(got, wanted) {
		p.Errorf("Commits(%q) = %s, want %s", account, shortened(got), shortened(wanted))
	}
}

// wantFilled reports a failure unless got is the commits first to last that fill appended.
func (p *probe) wantFilled(got []store.Commit, account usher.AccountID, first, last uint64) {
	p.Helper()
	if want := int(last + 1 - first); len(got) != want {
		p.Errorf("%d commits of %q, want %d: %d to %d", len(got), account, want, first, last)
		return
	}
	for i, c := range got {
		version := first + uint64(i)
		if c.Version != version || string(c.Data) != dataOf(account, version) {
			p.Errorf("commit %d of %q = version %d, %s; want version %d, %s", i, account, c.Version, shortened(string(c.Data)), version, shortened(dataOf(account, version)))
			return
		}
	}
}

func (p *probe) accounts(after usher.AccountID) []usher.AccountID {
	p.Helper()
	return collect(p, p.store.Accounts(p.ctx, after), "Accounts(after %q)", after)
}

func (p *probe) snapshot(account usher.AccountID) store.Snapshot {
	p.Helper()
	s, err := p.store.Snapshot(p.ctx, account)
	p.wantNil(err, "Snapshot(%q)", account)
	return s
}

func (p *probe) save(account usher.AccountID, version uint64, data string) {
	p.Helper()
	p.wantNil(p.store.SaveSnapshot(p.ctx, account, store.Snapshot{Version: version, Data: []byte(data)}), "SaveSnapshot(%q, version %d)", account, version)
}

func (p *probe) erase(account usher.AccountID) {
	p.Helper()
	p.wantNil(p.store.Erase(p.ctx, account), "Erase(%q)", account)
}

func (p *probe) record(account usher.AccountID, user usher.UserID) string {
	p.Helper()
	data, err := p.userData.Record(p.ctx, account, user)
	p.wantNil(err, "Record(%q, %q)", account, user)
	return string(data)
}

// wantRecords reports a failure unless the account has exactly these records, written "user=data".
func (p *probe) wantRecords(account usher.AccountID, want ...string) {
	p.Helper()
	var got []string
	for _, r := range collect(p, p.userData.Records(p.ctx, account, ""), "Records(%q)", account) {
		got = append(got, fmt.Sprintf("%s=%s", r.User, r.Data))
	}
	if !slices.Equal(got, want) {
		p.Errorf("Records(%q) = %s, want %s", account, shortened(got), shortened(want))
	}
}

// collect returns all values of a loop. An error is a fatal failure.
func collect[T any](p *probe, loop iter.Seq2[T, error], what string, args ...any) (all []T) {
	p.Helper()
	for v, err := range loop {
		p.wantNil(err, what, args...)
		all = append(all, v)
	}
	return all
}

// failure reads a loop to its end, and returns its values and its error.
func failure[T any](loop iter.Seq2[T, error]) (before []T, err error) {
	for v, e := range loop {
		if e != nil {
			err = e
			continue
		}
		before = append(before, v)
	}
	return before, err
}

// together runs f on n concurrent goroutines, and waits for all.
func (p *probe) together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			defer p.recover()
			ready.Done()
			ready.Wait()
			f(i)
		})
	}
	done.Wait()
}
