package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/usherhttp"
)

// A viewer who may see none of the pages reads what is missing, and nothing about the account.
func TestLocked(t *testing.T) {
	for _, row := range []struct {
		preset string
		by     viewer
		status int
		want   string
	}{
		{"staffdirectory", viewer{user: "mia"}, 403, "You do not have the permission “user.view”."},
		{"calcom", viewer{user: "mia"}, 403, "You do not have the permission “user.view”."},
		{"oncehub", viewer{user: "eve"}, 403, "Your access to this account is not active."},
		{"oncehub", viewer{user: "ian"}, 403, "Your access to this account is not active."},
		{"oncehub", viewer{user: "zoe"}, 403, "You do not have access to this page."},
		{"oncehub", viewer{}, 401, "Please sign in."},
	} {
		w := newWorld(t, row.preset)
		for _, path := range []string{"/", "/people", "/person?id=olivia"} {
			rec := w.get(row.by, path)
			assert.Equal(t, row.status, rec.Code, "%v %s", row.by, path)
			assert.Contains(t, body(rec), row.want)
			assert.NotContains(t, body(rec), "olivia")
			assert.NotContains(t, body(rec), "seats")
		}
		rec := w.post(row.by, "/person/remove", "id", "olivia", "confirmed", "yes")
		assert.Equal(t, row.status, rec.Code)
	}
	w := newWorld(t, "staffdirectory")
	w.must(account.GiveGrant{User: "mia", Grant: "staff.manage"})
	assert.Equal(t, 303, w.get(mia, "/").Code)
}

// A viewer who lacks a condition that the host discloses reads it.
func TestLockedByCondition(t *testing.T) {
	w := newWorld(t, "calcom")
	w.must(account.GiveGrant{User: "ada", Grant: "user.view"})
	rec := w.get(viewer{user: "ada"}, "/people")
	assert.Equal(t, 403, rec.Code)
	assert.Contains(t, body(rec), "You need a strong login.")
	assert.Equal(t, 200, w.get(viewer{user: "ada", mfa: true}, "/people").Code)
	secret := newWorld(t, "calcom", func(o *console.Options) { o.Disclose = nil })
	secret.must(account.GiveGrant{User: "ada", Grant: "user.view"})
	assert.Contains(t, body(secret.get(viewer{user: "ada"}, "/people")), "You can do this only if more conditions are met.")
}

// Failures of the host: identification fails closed, and names are not required.
func TestHostFails(t *testing.T) {
	down := errors.New("secret of the host")
	for _, row := range []struct {
		err    error
		status int
	}{
		{down, 503},
		{usherhttp.ErrNoSubject, 401},
		{fmt.Errorf("expired: %w", usherhttp.ErrNoSubject), 401},
		{&usherhttp.Problem{Status: 418, Detail: "own text"}, 418},
	} {
		w := newWorld(t, "oncehub", func(o *console.Options) {
			o.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{}, row.err }
		})
		rec := w.get(olivia, "/people")
		assert.Equal(t, row.status, rec.Code)
		assert.NotContains(t, body(rec), "secret")
		assert.Equal(t, row.status == 418, contains(body(rec), "own text"))
		assert.Equal(t, row.status == 503, rec.Header().Get("Retry-After") != "")
	}
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{User: "olivia"}, nil }
	})
	assert.Equal(t, 500, w.get(olivia, "/people").Code, "a session without an account is a mistake of the host")
	w = newWorld(t, "oncehub", func(o *console.Options) {
		o.Subject = func(*http.Request) (usherhttp.Subject, error) {
			return usherhttp.Subject{User: "olivia", Account: "none"}, nil
		}
	})
	assert.Equal(t, 403, w.get(olivia, "/people").Code, "an unknown account")

	w = newWorld(t, "oncehub", func(o *console.Options) {
		o.People = func(context.Context, usher.AccountID, []usher.UserID) (map[usher.UserID]console.Profile, error) {
			return nil, down
		}
		o.Search = func(context.Context, usher.AccountID, string) ([]usher.UserID, error) { return nil, down }
	})
	rec := w.get(olivia, "/people?q=mia")
	assert.Equal(t, 200, rec.Code)
	assert.Contains(t, body(rec), `<bdi class="name" title="mia">mia</bdi>`)
	assert.Contains(t, w.log.String(), "Options.People failed")
	assert.Contains(t, w.log.String(), "Options.Search failed")
}

// The log names the viewer.
func TestLog(t *testing.T) {
	w := newWorld(t, "oncehub")
	w.get(viewer{user: "zoe"}, "/people")
	assert.Contains(t, w.log.String(), `msg="usher: denied" status=403 method=GET path=/people account=acme user=zoe permission=user.view`)
	w.log.Reset()
	w.post(mia, "/person/set-role", "id", "mia", "role", "admin")
	assert.Contains(t, w.log.String(), `account=acme user=mia permission=user.set-role`)
}
