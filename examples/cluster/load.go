package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/usher-go/usher"
)

const (
	accounts = 3
	people   = 6 // of an account who get roles; each has a writer of its own
)

func person(n int) usher.UserID { return usher.UserID(fmt.Sprint("user", n)) }

// load is what clients do with the instances, and what they were told.
type load struct {
	t       *topology
	client  *http.Client
	cancel  context.CancelFunc
	clients sync.WaitGroup

	mu       sync.Mutex
	acked    [accounts][]acked
	commits  int // acknowledged
	refused  int // requests for a commit that an instance did not acknowledge
	checks   int
	denied   int // checks that returned an error, which is a denial
	stale    int // checks on a version older than allowed
	watching [3]window
}

// acked is a commit that an instance acknowledged, at a time.
type acked struct {
	committed
	at time.Time
}

// window is how long an instance has not acknowledged a commit since watch.
type window struct {
	last    time.Time
	longest time.Duration
	commits int // since recovered began to wait
}

// begin creates the accounts, and starts the clients: through each instance, two writers and a reader
// of each account.
func begin(ctx context.Context, t *topology) (*load, error) {
	l := &load{t: t, client: &http.Client{Timeout: 15 * time.Second}}
	for a := range accounts {
		var c committed
		status, err := l.call(ctx, 0, http.MethodPost, fmt.Sprintf("/accounts/a%d", a), &c)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil || status != http.StatusOK:
			return nil, fmt.Errorf("create an account: status %d, error %v", status, err)
		}
		l.acked[a] = append(l.acked[a], acked{c, time.Now()})
	}
	ctx, l.cancel = context.WithCancel(ctx)
	for i := range t.instances {
		for a := range accounts {
			for n := 2 * i; n < 2*i+2; n++ {
				l.clients.Go(func() { l.write(ctx, i, a, person(n)) })
			}
			l.clients.Go(func() { l.read(ctx, i, a) })
		}
	}
	l.watch()
	if err := l.recovered(ctx, time.Minute); err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

func (l *load) end() {
	l.cancel()
	l.clients.Wait()
}

// call makes a request, and decodes the response if its status is 200.
func (l *load) call(ctx context.Context, i int, method, path string, to any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, method, l.t.instances[i].url(path), nil)
	if err != nil {
		return 0, err
	}
	response, err := l.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode, nil
	}
	return response.StatusCode, json.NewDecoder(response.Body).Decode(to)
}

// write gives a user one role and another, in turns.
func (l *load) write(ctx context.Context, i, a int, user usher.UserID) {
	for n := 0; ctx.Err() == nil; n++ {
		var c committed
		path := fmt.Sprintf("/accounts/a%d/people/%s/role/%s", a, user, []string{"admin", "member"}[n%2])
		status, err := l.call(ctx, i, http.MethodPut, path, &c)
		switch {
		case ctx.Err() != nil:
		case err == nil && status == http.StatusOK:
			l.note(i, a, c)
		case err == nil && status == http.StatusNoContent:
			// The commit of a request without a response is stored.
		default:
			l.mu.Lock()
			l.refused++
			l.mu.Unlock()
			pause(ctx, 50*time.Millisecond)
		}
		pause(ctx, 10*time.Millisecond)
	}
}

func (l *load) note(i, a int, c committed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.acked[a] = append(l.acked[a], acked{c, now})
	l.commits++
	w := &l.watching[i]
	w.longest, w.last = max(w.longest, now.Sub(w.last)), now
	w.commits++
}

// read makes checks, and compares the version of each with what was acknowledged so long before that
// every decision must know it.
func (l *load) read(ctx context.Context, i, a int) {
	for n := 0; ctx.Err() == nil; n++ {
		least := l.ackedBefore(a, time.Now().Add(-maxStaleness))
		var d decided
		status, err := l.call(ctx, i, http.MethodGet, fmt.Sprintf("/accounts/a%d/people/%s/may-create-people", a, person(n%people)), &d)
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		switch {
		case err != nil || status != http.StatusOK:
			l.denied++
		default:
			l.checks++
			if d.Version < least {
				l.stale++
			}
		}
		l.mu.Unlock()
		pause(ctx, 10*time.Millisecond)
	}
}

// ackedBefore returns the last version of an account that was acknowledged before a time.
func (l *load) ackedBefore(a int, at time.Time) (version uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, looked := l.acked[a], 0
	for k := len(all) - 1; k >= 0 && looked < 100; k-- { // the order of acknowledgements is nearly that of versions
		if all[k].at.Before(at) {
			version = max(version, all[k].Version)
			looked++
		}
	}
	return version
}

// watch begins to measure how long no commit is acknowledged.
func (l *load) watch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.watching {
		l.watching[i] = window{last: time.Now()}
	}
}

// longest returns the longest time since watch in which an instance acknowledged no commit.
func (l *load) longest() (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.watching {
		longest = max(longest, w.longest, time.Since(w.last))
	}
	return longest
}

// recovered waits until each instance acknowledges a commit again.
func (l *load) recovered(ctx context.Context, timeout time.Duration) error {
	l.mu.Lock()
	for i := range l.watching {
		l.watching[i].commits = 0
	}
	l.mu.Unlock()
	for until := time.Now().Add(timeout); ; pause(ctx, 20*time.Millisecond) {
		l.mu.Lock()
		waiting := 0
		for _, w := range l.watching {
			if w.commits == 0 {
				waiting++
			}
		}
		l.mu.Unlock()
		switch {
		case waiting == 0:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(until):
			return fmt.Errorf("%d of 3 instances acknowledge no commit for %s", waiting, timeout)
		}
	}
}

// report prints the table, and returns an error if it has what may not be.
func (l *load) report(ctx context.Context, stdout io.Writer) error {
	lost, err := l.lost(ctx)
	known := fmt.Sprint(lost)
	if err != nil && lost == 0 {
		known = "unknown"
	}
	fmt.Fprintf(stdout, "\n%-44s %7d\n%-44s %7s\n%-44s %7d\n", "commits acknowledged", l.commits, "of these lost, or replaced by another", known, "requests refused, or without a response", l.refused)
	fmt.Fprintf(stdout, "%-44s %7d\n%-44s %7d\n%-44s %7d\n", "checks", l.checks, fmt.Sprintf("of these on knowledge older than %s", maxStaleness), l.stale, "checks that returned an error, and so denied", l.denied)
	if lost > 0 || l.stale > 0 {
		return errors.Join(errors.New("a promise was broken"), err)
	}
	return err
}

// lost compares the journals, as each instance reads them, with what was acknowledged. It returns how
// many of these commits the journals do not have that it could read.
func (l *load) lost(ctx context.Context) (lost int, err error) {
	for i := range l.t.instances {
		for a := range accounts {
			stored, err := l.journal(ctx, i, a)
			if err != nil {
				return lost, err
			}
			for _, c := range l.acked[a] {
				if stored[c.Version] != c.ID {
					lost++
				}
			}
		}
	}
	return lost, nil
}

// journal returns the ids of the commits of an account by version.
func (l *load) journal(ctx context.Context, i, a int) (map[uint64]string, error) {
	for until := time.Now().Add(time.Minute); ; pause(ctx, 200*time.Millisecond) {
		var all []committed
		status, err := l.call(ctx, i, http.MethodGet, fmt.Sprintf("/accounts/a%d/journal", a), &all)
		if err == nil && status == http.StatusOK {
			stored := map[uint64]string{}
			for _, c := range all {
				stored[c.Version] = c.ID
			}
			return stored, nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return nil, fmt.Errorf("read a journal through instance %d: status %d, error %v", i+1, status, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
