package browsertest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

var ctx = context.Background()

// app is a host application with a Console below a prefix of two levels, over an account of a
// preset.
type app struct {
	testing.TB
	*engine.Engine
	server *httptest.Server
	root   string                    // the path of the Console
	buys   bool                      // seats are bought on a page of the host
	clock  atomic.Pointer[time.Time] // of the engine; the system's until it is set
	mu     sync.Mutex
	csp    []string // reports about the Content-Security-Policy
}

// policyOf returns a preset, or a policy of the console's tests: agency, with roles beside the account
// role and a role that users have on teams without being in them, or studio, with requests.
func policyOf(name string) (*policy.Policy, error) {
	if name != "agency" && name != "studio" {
		return preset.Load(name)
	}
	source, err := os.ReadFile("../testdata/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	return policyfile.Load(name+".yaml", source)
}

// newApp starts an app on the account of a preset, with changes to the options.
func newApp(t testing.TB, name string, options ...func(*console.Options)) *app {
	t.Helper()
	p, err := policyOf(name)
	require.NoError(t, err)
	a := &app{TB: t, root: "/app/admin/"}
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store), Clock: a.now})
	require.NoError(t, err)
	a.Engine = e
	a.must(accounts[name]...)
	for _, c := range byUsers[name] {
		a.by(c.user, c.command)
	}
	o := console.Options{
		Engine: e, Subject: a.subject, People: profiles, Resources: albums, Disclose: []string{"mfa"}, Log: slog.New(slog.DiscardHandler),
	}
	if a.buys = name == "calcom"; a.buys {
		o.BuySeats = func(usher.AccountID, seat.PoolName) string { return "/buy" }
	}
	for _, set := range options {
		set(&o)
	}
	pages, err := console.New(o)
	require.NoError(t, err)
	admin := http.NewServeMux()
	admin.Handle("/admin/", http.StripPrefix("/admin", pages))
	mux := http.NewServeMux()
	mux.Handle("/app/", http.StripPrefix("/app", a.reporting(admin)))
	mux.HandleFunc("GET /login", login)
	mux.HandleFunc("POST /violation", a.report)
	a.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		a.server.CloseClientConnections()
		a.server.Close()
		require.NoError(t, e.Close())
	})
	return a
}

func (a *app) now() time.Time {
	if at := a.clock.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// at makes changes at noon of a day.
func (a *app) at(day string, commands ...account.Command) {
	a.Helper()
	t, err := time.Parse(time.DateOnly, day)
	require.NoError(a, err)
	t = t.Add(12 * time.Hour)
	a.clock.Store(&t)
	a.must(commands...)
}

// login sets cookies, as the host's own login does, and redirects to an address.
func login(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"user", "mfa"} {
		http.SetCookie(w, &http.Cookie{Name: name, Value: r.FormValue(name), Path: "/"})
	}
	http.Redirect(w, r, r.FormValue("to"), http.StatusSeeOther)
}

// subject returns the user of the cookies.
func (a *app) subject(r *http.Request) (usherhttp.Subject, error) {
	user, err := r.Cookie("user")
	if err != nil || user.Value == "" {
		return usherhttp.Subject{}, nil // not logged in
	}
	mfa, err := r.Cookie("mfa")
	by := viewer{user: usher.UserID(user.Value), mfa: err == nil && mfa.Value != ""}
	return usherhttp.Subject{Account: "acme", User: by.user, Context: a.facts(by)}, nil
}

// facts returns what the host knows about the login of a viewer, if the policy asks for it.
func (a *app) facts(by viewer) usher.Context {
	if !slices.Contains(a.Policy().Contexts(), "mfa") {
		return nil
	}
	return usher.Context{"mfa": by.mfa}
}

// profiles returns a name and an address of each user.
func profiles(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
	found := map[usher.UserID]console.Profile{}
	for _, id := range ids {
		found[id] = console.Profile{Name: strings.ToUpper(string(id[:1])) + string(id[1:]) + " Example", Email: string(id) + "@acme.example"}
	}
	return found, nil
}

// albums returns the resources of the host: mia edits the album spring, and max the album autumn.
func albums(_ context.Context, in usher.AccountID, refs []usher.Ref) (map[usher.Ref]console.Item, error) {
	found := map[usher.Ref]console.Item{}
	for _, ref := range refs {
		if editor := map[string]string{"spring": "mia", "autumn": "max"}[ref.ID]; editor != "" && ref.Type == "album" {
			found[ref] = console.Item{Resource: &usher.Object{Type: "album", ID: ref.ID, Account: in, Parties: map[string][]string{"editor": {editor}}}, Title: "Album of " + ref.ID}
		}
	}
	return found, nil
}

// reporting adds to the policy of each page that the browser reports violations.
func (a *app) reporting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(reporter{w}, r) })
}

type reporter struct{ http.ResponseWriter }

func (w reporter) WriteHeader(status int) {
	const name = "Content-Security-Policy"
	if policy := w.Header().Get(name); policy != "" {
		w.Header().Set(name, policy+"; report-uri /violation")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w reporter) Write(data []byte) (int, error) {
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "report-uri") {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(data)
}

func (a *app) report(_ http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body) // an incomplete report is one, too
	a.mu.Lock()
	defer a.mu.Unlock()
	a.csp = append(a.csp, string(data))
}

// violations returns the reports about the Content-Security-Policy.
func (a *app) violations() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.csp)
}

func (a *app) must(commands ...account.Command) {
	a.Helper()
	_, err := a.Do(ctx, account.AsHost("test"), "acme", commands...)
	require.NoError(a, err)
}

// by makes a change as a user.
func (a *app) by(user usher.UserID, commands ...account.Command) {
	a.Helper()
	_, err := a.Do(ctx, account.AsUser(user), "acme", commands...)
	require.NoError(a, err)
}

// view returns the account as it is now.
func (a *app) view() account.View {
	a.Helper()
	v, err := a.View(ctx, "acme")
	require.NoError(a, err)
	return v
}

func (a *app) users() (ids []usher.UserID) {
	for m := range a.view().Users("") {
		ids = append(ids, m.ID)
	}
	return ids
}

func (a *app) teams() (ids []usher.TeamID) {
	for t := range a.view().Teams("") {
		ids = append(ids, t.ID)
	}
	return ids
}

// sees reports whether a viewer may see a user, by the engine.
func (a *app) sees(by viewer, id usher.UserID) bool {
	d, err := a.Check(ctx, usher.Request{
		Account: "acme", Subject: by.user, Permission: userView, Context: a.facts(by),
		Resource: &usher.Object{Type: "user", ID: string(id), Account: "acme", Parties: map[string][]string{"user": {string(id)}}},
	})
	require.NoError(a, err)
	return d.Allowed()
}

// visible returns the users that a viewer may see.
func (a *app) visible(by viewer) (ids []usher.UserID) {
	for _, id := range a.users() {
		if by.user != "" && a.sees(by, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// accepts reports whether the engine accepts commands of a viewer now, and they change something.
func (a *app) accepts(by viewer, commands ...account.Command) bool {
	items, err := albums(ctx, "acme", []usher.Ref{{Type: "album", ID: "spring"}, {Type: "album", ID: "autumn"}})
	require.NoError(a, err)
	var resources []usher.Resource
	for _, item := range items {
		resources = append(resources, item.Resource)
	}
	p, err := a.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: a.facts(by), Commands: commands, Resources: resources})
	return err == nil && len(p.Changes) > 0
}
