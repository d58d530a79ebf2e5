// Package consoleload measures the pages of package console under a load that does not wait for
// answers, as that of many users does not.
package consoleload_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

const (
	users   = 100_000
	perTeam = 100
	rate    = 200 // requests a second
)

// largeAccount is an account with 100,000 users in 1,000 teams; the first user of each team
// manages it.
func largeAccount() account.Seed {
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{
		"olivia": {Role: "owner", Status: usher.Active}, "adam": {Role: "admin", Status: usher.Active},
	}}
	for i := range users {
		in := policy.Membership{Team: usher.TeamID(fmt.Sprintf("team-%03d", i/perTeam))}
		seed.Teams[in.Team] = ""
		if i%perTeam == 0 {
			in.Roles = []role.Name{"manager"}
		}
		u := policy.User{Role: "member", Status: usher.Active, Teams: []policy.Membership{in}}
		if i%1000 == 999 {
			u.Status = usher.Invited
		}
		seed.Users[userID(i)] = u
	}
	return seed
}

func userID(i int) usher.UserID { return usher.UserID(fmt.Sprintf("user-%06d", i)) }

// newServer returns a Console over the account, behind HTTP.
func newServer(b *testing.B) *httptest.Server {
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, e.Close()) })
	_, err = e.Do(b.Context(), account.AsHost("load"), "acme", account.Import{Seed: largeAccount()})
	require.NoError(b, err)
	c, err := console.New(console.Options{
		Engine: e,
		Subject: func(r *http.Request) (usherhttp.Subject, error) {
			return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil
		},
		People: func(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
			found := map[usher.UserID]console.Profile{}
			for _, id := range ids {
				found[id] = console.Profile{Name: "Name of " + string(id), Email: string(id) + "@acme.example"}
			}
			return found, nil
		},
	})
	require.NoError(b, err)
	s := httptest.NewServer(c)
	b.Cleanup(s.Close)
	return s
}

// kinds are the requests, in turns. Each returns the viewer and the address of the nth request.
var kinds = []struct {
	name string
	of   func(n int) (viewer, at string)
}{
	{"first", func(int) (string, string) { return "adam", "/people" }},
	{"search", func(n int) (string, string) { return "adam", fmt.Sprintf("/people?q=%05d", n%users) }},
	{"filter", func(n int) (string, string) { return "adam", fmt.Sprintf("/people?team=team-%03d", n%1000) }},
	{"sort", func(int) (string, string) { return "adam", "/people?sort=-role" }},
	{"next", func(n int) (string, string) { return "adam", "/people?after=" + string(userID(n*37%users)) }},
	{"person", func(n int) (string, string) { return "adam", "/person?id=" + string(userID(n*41%users)) }},
	{"manager", func(n int) (string, string) { return string(userID(n % 1000 * perTeam)), "/people" }},
	{"member", func(n int) (string, string) { return string(userID(n%1000*perTeam + 1)), "/people" }},
}

// answer is one response.
type answer struct {
	kind string
	took time.Duration // from the time at which the request was due
	err  error
}

// BenchmarkPeople sends 200 requests a second, whether or not earlier ones were answered, and
// reports the latencies from the time at which each request was due.
func BenchmarkPeople(b *testing.B) {
	s := newServer(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	for i := range kinds {
		require.NoError(b, send(b.Context(), client, s.URL, i), kinds[i].name)
	}
	var (
		mu   sync.Mutex
		list []answer
		wait sync.WaitGroup
	)
	began := time.Now()
	for next := 0; b.Loop(); next++ {
		n := next
		due := began.Add(time.Duration(n) * time.Second / rate)
		time.Sleep(time.Until(due))
		wait.Add(1)
		go func() {
			defer wait.Done()
			err := send(b.Context(), client, s.URL, n)
			a := answer{kinds[n%len(kinds)].name, time.Since(due), err}
			mu.Lock()
			list = append(list, a)
			mu.Unlock()
		}()
	}
	wait.Wait()
	report(b, list)
}

// send sends the nth request, and checks that the answer is the page that it asks for.
func send(ctx context.Context, client *http.Client, server string, n int) error {
	viewer, at := kinds[n%len(kinds)].of(n)
	r, err := http.NewRequestWithContext(ctx, "GET", server+at, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-User", viewer)
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK || !strings.Contains(string(page), "</html>"):
		return fmt.Errorf("%s: status %d, %d bytes", at, res.StatusCode, len(page))
	}
	return nil
}

// report reports the latencies of all requests, and the slow tail of each kind.
func report(b *testing.B, list []answer) {
	took := map[string][]float64{}
	failed := 0
	for _, a := range list {
		if a.err != nil {
			if failed++; failed <= 10 {
				b.Error(a.err)
			}
			continue
		}
		ms := a.took.Seconds() * 1000
		took[""] = append(took[""], ms)
		took[a.kind] = append(took[a.kind], ms)
	}
	b.ReportMetric(float64(failed), "errors")
	for kind, ms := range took {
		slices.Sort(ms)
		if kind != "" {
			b.ReportMetric(quantile(ms, 0.99), "p99-"+kind+"-ms")
			continue
		}
		b.ReportMetric(quantile(ms, 0.50), "p50-ms")
		b.ReportMetric(quantile(ms, 0.99), "p99-ms")
		b.ReportMetric(ms[len(ms)-1], "max-ms")
	}
}

func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }
