package usherhttp_test

import (
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// instance is one of several processes of a service. Its store gives no hints, so its cache
// stays old until a request asks for a version.
type instance struct {
	*world
	*engine.Engine
	mux http.Handler
}

func newInstance(t testing.TB, shared *memstore.Store) *instance {
	p, err := policyfile.Load("office.yaml", []byte(office))
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: struct{ store.Store }{shared}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	i := &instance{world: newWorld(t), Engine: e}
	i.guard.Authorizer = e
	i.guard.AtLeast = func(id usher.AccountID, v uint64) usher.Authorizer { return e.AtLeast(id, v) }
	mux, err := usherhttp.Routes{
		{Pattern: "GET /calendars/{id}", Permission: view, Resource: i.load, Handler: through},
		{Pattern: "DELETE /calendars/{id}", Permission: remove, Resource: i.load, HideUnless: view, Handler: through},
		{Pattern: "GET /actions", Access: usherhttp.AnySubject, Handler: i.actions()},
		{Pattern: "GET /users/{user}", Access: usherhttp.AnySubject, Handler: http.HandlerFunc(i.show)},
		{Pattern: "PUT /users/{user}", Access: usherhttp.AnySubject, Handler: http.HandlerFunc(i.add)},
	}.Mux(i.guard)
	require.NoError(t, err)
	i.mux = mux
	return i
}

// add adds a user, and notes the version.
func (i *instance) add(w http.ResponseWriter, r *http.Request) {
	s := usherhttp.FromContext(r.Context()).Subject
	result, err := i.Do(r.Context(), account.AsUser(s.User), s.Account, account.AddUser{User: usher.UserID(r.PathValue("user"))})
	if err != nil {
		i.guard.Refuse(w, r, err)
		return
	}
	i.guard.NoteVersion(w, r, s.Account, result.Version)
	_, _ = io.WriteString(w, strconv.FormatUint(result.Version, 10))
}

// show reports whether a user exists, on the version that the request must see.
func (i *instance) show(w http.ResponseWriter, r *http.Request) {
	id := usherhttp.FromContext(r.Context()).Subject.Account
	v, err := i.AtLeast(id, i.guard.Version(r, id)).View(r.Context(), id)
	if err != nil {
		i.guard.Refuse(w, r, err)
		return
	}
	if _, ok := v.User(usher.UserID(r.PathValue("user"))); !ok {
		i.guard.Refuse(w, r, usherhttp.ErrNotFound)
	}
}

// found creates an account with the owner mia, and reads it on all instances.
func found(t testing.TB, id usher.AccountID, first *instance, others ...*instance) {
	_, err := first.Do(t.Context(), account.AsHost("test"), id, account.CreateAccount{Owner: "mia"})
	require.NoError(t, err)
	for _, i := range others {
		_, err := i.View(t.Context(), id)
		require.NoError(t, err)
	}
}

// visit sends "METHOD URL" as a user, and returns the response with its body.
func visit(t *testing.T, c *http.Client, request, user string, headers ...string) *http.Response {
	method, target, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	require.NoError(t, err)
	r.Header.Set("User", user)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, "=")
		r.Header.Add(name, value)
	}
	answer, err := c.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	answer.Body = io.NopCloser(strings.NewReader(string(body)))
	return answer
}

func body(t *testing.T, r *http.Response) string {
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

// A client with cookies sees its own change on the other instance, over HTTP and HTTPS. A
// client without them sees the old state there.
func TestReadYourWrites(t *testing.T) {
	for name, serve := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			shared := new(memstore.Store)
			one, two := newInstance(t, shared), newInstance(t, shared)
			found(t, "acme", one, two)
			first, second := serve(one.mux), serve(two.mux)
			t.Cleanup(first.Close)
			t.Cleanup(second.Close)

			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			plain := second.Client()
			keeps := *plain // the test servers share a certificate
			keeps.Jar = jar

			for n, request := range []string{
				"GET " + second.URL + "/calendars/c1",
				"DELETE " + second.URL + "/calendars/c1",
				"GET " + second.URL + "/users/sam0",
				"GET " + second.URL + "/actions?on=calendar:c1",
			} {
				sam := "sam" + strconv.Itoa(n)
				request = strings.Replace(request, "sam0", sam, 1)
				added := visit(t, &keeps, "PUT "+first.URL+"/users/"+sam, "mia")
				require.Equal(t, 200, added.StatusCode)
				stale := visit(t, plain, request, sam)
				fresh := visit(t, &keeps, request, sam)
				switch n {
				case 0:
					assert.Equal(t, []int{403, 200}, []int{stale.StatusCode, fresh.StatusCode})
				case 1:
					assert.Equal(t, []int{404, 403}, []int{stale.StatusCode, fresh.StatusCode}, "now sam sees the calendar")
				case 2:
					assert.Equal(t, []int{404, 200}, []int{stale.StatusCode, fresh.StatusCode})
				case 3:
					assert.Contains(t, body(t, stale), `"actions":[]`)
					assert.Contains(t, body(t, fresh), `"actions":["calendar.view"]`)
				}
			}
		})
	}
}

// The cookie and the header of one account. Only a browser that used TLS gets a secure one.
func TestNoteVersion(t *testing.T) {
	i := newInstance(t, new(memstore.Store))
	found(t, "acme", i)
	answer := send(i.mux, "PUT /users/max", "User=mia").Result()
	require.Len(t, answer.Cookies(), 1)
	c := answer.Cookies()[0]
	assert.Regexp(t, `^usher-version-[0-9a-f]{16}$`, c.Name)
	assert.Equal(t, "2", c.Value)
	assert.Equal(t, "/", c.Path)
	assert.True(t, c.HttpOnly && !c.Secure && c.Domain == "" && c.MaxAge > 0 && c.SameSite == http.SameSiteLaxMode, c)
	tag := strings.TrimPrefix(c.Name, "usher-version-")
	assert.Equal(t, []string{tag + ".2"}, answer.Header.Values(usherhttp.VersionHeader))
	assert.NotContains(t, answer.Header["Set-Cookie"][0], "acme", "the id of an account may be secret")

	behind := send(i.mux, "PUT /users/sam", "User=mia", "X-Forwarded-Proto=https").Result()
	require.Len(t, behind.Cookies(), 1)
	assert.Equal(t, "__Host-"+c.Name, behind.Cookies()[0].Name)
	assert.True(t, behind.Cookies()[0].Secure)

	assert.Empty(t, send(i.mux, "GET /calendars/c1", "User=mia").Result().Cookies(), "no commit, no cookie")
	refused := send(i.mux, "PUT /users/ann", "User=eve")
	assert.Equal(t, 403, refused.Code)
	assert.Empty(t, refused.Result().Cookies())

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set(usherhttp.VersionHeader, tag+".2")
	assert.EqualValues(t, 2, i.guard.Version(r, "acme"))
	assert.Zero(t, i.guard.Version(r, "globex"))
	assert.Zero(t, i.guard.Version(r, ""))
	for name, g := range map[string]*usherhttp.Guard{"nil": nil, "zero": {}} {
		w := httptest.NewRecorder()
		g.NoteVersion(w, r, "acme", 7)
		assert.Empty(t, w.Header(), name)
		assert.Zero(t, g.Version(r, "acme"), name)
	}
	w := httptest.NewRecorder()
	i.guard.NoteVersion(w, r, "acme", 0)
	assert.Empty(t, w.Header())
}

// A client without cookies repeats the header.
func TestVersionHeader(t *testing.T) {
	shared := new(memstore.Store)
	one, two := newInstance(t, shared), newInstance(t, shared)
	found(t, "acme", one, two)
	found(t, "globex", one, two)
	note := send(one.mux, "PUT /users/sam", "User=mia").Header().Get(usherhttp.VersionHeader)
	other := send(one.mux, "PUT /users/sam", "User=mia", "Account=globex").Header().Get(usherhttp.VersionHeader)
	require.NotEqual(t, note, other)
	const request = "GET /calendars/c1"
	assert.Equal(t, 403, send(two.mux, request, "User=sam").Code)
	assert.Equal(t, 403, send(two.mux, request, "User=sam", usherhttp.VersionHeader+"="+other).Code, "the version of another account is ignored")
	assert.Equal(t, 200, send(two.mux, request, "User=sam", usherhttp.VersionHeader+"="+other+" , "+note).Code)
}

// No version allows anything, and a version that cannot be read changes nothing.
func TestMalformedVersion(t *testing.T) {
	i := newInstance(t, new(memstore.Store))
	found(t, "acme", i)
	note := send(i.mux, "PUT /users/max", "User=mia").Header().Get(usherhttp.VersionHeader)
	tag, _, _ := strings.Cut(note, ".")
	for _, value := range []string{"", ".", "0", "-1", "+1", "1.5", "0x10", "99999999999999999999999", strings.Repeat("9", 10_000), "two", "2;2", "\x00", "１"} {
		for _, header := range []string{"Cookie=usher-version-" + tag + "=" + value, usherhttp.VersionHeader + "=" + tag + "." + value, usherhttp.VersionHeader + "=" + value} {
			assert.Equal(t, 200, send(i.mux, "GET /calendars/c1", "User=mia", header).Code, header)
			assert.Equal(t, 403, send(i.mux, "GET /calendars/c1", "User=eve", header).Code, header)
			assert.Equal(t, 401, send(i.mux, "GET /calendars/c1", header).Code, header)
		}
	}
}

// A version that the store does not have gets 503 once: the response deletes it.
func TestFutureVersion(t *testing.T) {
	i := newInstance(t, new(memstore.Store))
	found(t, "acme", i)
	server := httptest.NewServer(i.mux)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	for _, forged := range []string{"3", strconv.Itoa(math.MaxInt), strconv.FormatUint(math.MaxUint64, 10)} {
		for _, path := range []string{"/calendars/c1", "/actions?on=calendar:c1", "/users/mia"} {
			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			client := &http.Client{Jar: jar, Transport: server.Client().Transport}
			cookie := "usher-version-" + tagOf(t, i)
			jar.SetCookies(at, []*http.Cookie{{Name: cookie, Value: forged, Path: "/"}})
			failed := visit(t, client, "GET "+server.URL+path, "mia")
			assert.Equal(t, 503, failed.StatusCode, "%s %s", path, forged)
			assert.Equal(t, "5", failed.Header.Get("Retry-After"))
			require.Len(t, failed.Cookies(), 1)
			assert.Negative(t, failed.Cookies()[0].MaxAge)
			assert.Equal(t, tagOf(t, i)+".0", failed.Header.Get(usherhttp.VersionHeader))
			retry := visit(t, client, "GET "+server.URL+path, "mia", usherhttp.VersionHeader+"="+failed.Header.Get(usherhttp.VersionHeader))
			assert.Equal(t, 200, retry.StatusCode)
			assert.Empty(t, retry.Cookies())

			denied := visit(t, client, "GET "+server.URL+"/calendars/c1", "eve", "Cookie="+cookie+"="+forged)
			assert.Equal(t, 503, denied.StatusCode, "not even a denial can be decided")
		}
	}
	assert.Contains(t, i.log.String(), `level=WARN msg="usher: undecided" status=503`)
	assert.NotContains(t, i.log.String(), "level=ERROR", "a client cannot cause these")

	// A concealed route responds in the same way whether the resource exists or not.
	cookie := "Cookie=usher-version-" + tagOf(t, i) + "=99"
	assert.Equal(t, 503, send(i.mux, "DELETE /calendars/c1", "User=mia", cookie).Code)
	assert.Equal(t, 503, send(i.mux, "DELETE /calendars/none", "User=mia", cookie).Code)

	// Without a version, an ErrFutureVersion of the handler's own deletes none.
	w := httptest.NewRecorder()
	i.guard.Refuse(w, httptest.NewRequest(http.MethodGet, "/", nil), engine.ErrFutureVersion)
	assert.Equal(t, 503, w.Code)
	assert.Empty(t, w.Header()["Set-Cookie"])
}

// tagOf returns the name of acme in cookies.
func tagOf(t testing.TB, i *instance) string {
	w := httptest.NewRecorder()
	i.guard.NoteVersion(w, httptest.NewRequest(http.MethodGet, "/", nil), "acme", 1)
	tag, _, found := strings.Cut(w.Header().Get(usherhttp.VersionHeader), ".")
	require.True(t, found)
	return tag
}

// An AtLeast or an Authorizer that is missing fails closed, with and without a version.
func TestAtLeastMissing(t *testing.T) {
	i := newInstance(t, new(memstore.Store))
	found(t, "acme", i)
	header := usherhttp.VersionHeader + "=" + tagOf(t, i) + ".1"
	request := "GET /calendars/c1"
	assert.Equal(t, 200, send(i.mux, request, "User=mia", header).Code)
	i.guard.AtLeast = func(usher.AccountID, uint64) usher.Authorizer { return (*engine.Reader)(nil) }
	assert.Equal(t, 500, send(i.mux, request, "User=mia", header).Code)
	assert.Equal(t, 500, send(i.mux, "GET /actions", "User=mia", header).Code)
	assert.Equal(t, 200, send(i.mux, request, "User=mia").Code)
	i.guard.AtLeast = func(id usher.AccountID, v uint64) usher.Authorizer { return i.Engine.AtLeast(id, v) }
	i.guard.Authorizer = nil
	assert.Equal(t, 500, send(i.mux, request, "User=mia", header).Code)
	assert.Equal(t, 500, send(i.mux, request, "User=mia").Code)
}
