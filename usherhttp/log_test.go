package usherhttp_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
)

func TestLog(t *testing.T) {
	w := newWorld(t)
	line := func(request string, headers ...string) string {
		w.log.Reset()
		w.call(w.guard.Require(edit, w.load), request, headers...)
		return w.log.String()
	}
	assert.Contains(t, line("PUT /calendars/c1?token=secret", "User=mia"), `level=INFO msg="usher: denied" status=403 method=PUT `+
		`path=/calendars/c1 account=acme user=mia permission=calendar.edit error="mia may not calendar.edit on calendar c1: denied (no-permission)`)
	assert.NotContains(t, w.log.String(), "secret")
	assert.Contains(t, line("PUT /calendars/c1"), `level=DEBUG msg="usher: refused" status=401`)
	assert.Contains(t, line("PUT /calendars/none", "User=mia"), `level=DEBUG msg="usher: refused" status=404`)
	assert.Contains(t, line("PUT /calendars/fire", "User=mia"), `level=ERROR msg="usher: undecided" status=503 method=PUT path=/calendars/fire account=acme user=mia permission=calendar.edit error="storage is on fire"`)
	assert.Contains(t, line("PUT /calendars/c1", "User=unfindable"), `user="" permission=calendar.edit error="storage is on fire"`)
	assert.Contains(t, line("PUT /calendars/x%0Alevel=ERROR", "User=mia"), `path="\"/calendars/x\\nlevel=ERROR\""`, "nobody forges a line")

	w.Fail(errors.New("no connection"))
	assert.Contains(t, line("PUT /calendars/c1", "User=mia"), `level=ERROR msg="usher: undecided" status=503`)
	w.Fail(usher.ErrUnknownAccount)
	assert.Contains(t, line("PUT /calendars/c1", "User=mia"), `level=INFO msg="usher: refused" status=403`, "a forgotten signup shows")
	w.guard.Authorizer = nil
	assert.Contains(t, line("PUT /calendars/c1", "User=mia"), `level=ERROR msg="usher: refused" status=500`)
	w.guard.Subject = nowhere
	assert.Contains(t, line("PUT /calendars/c1", "User=mia"), `level=ERROR msg="usher: refused" status=500 method=PUT path=/calendars/c1 account="" user=mia permission=calendar.edit `+
		`error="invalid configuration: Subject returned a user without an account"`)

	w = newWorld(t)
	w.call(w.guard.RequireSubject(), "PUT /calendars/c1")
	assert.Contains(t, w.log.String(), `user="" error=`, "no permission was checked")

	w = newWorld(t)
	w.AllowEverything()
	assert.Empty(t, line("PUT /calendars/c1", "User=mia"), "what is allowed is the host's to log")
}

// A client that disconnected is not a fault; a deadline of the server is.
func TestLogDisconnectedClients(t *testing.T) {
	w := newWorld(t)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, stop := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer stop()
	for _, err := range []error{context.Canceled, errors.New("connection reset")} {
		w.Fail(err)
		guarded := w.guard.RequireSubject()(w.guard.Require(edit, func(*http.Request) (usher.Resource, error) { return w.calendars["c1"], nil })(through))
		w.log.Reset()
		assert.Equal(t, 503, sendWith(cancelled, guarded, "PUT /calendars/c1", nil, "User=mia").Code)
		assert.Contains(t, w.log.String(), "level=DEBUG")
		w.log.Reset()
		assert.Equal(t, 503, sendWith(late, guarded, "PUT /calendars/c1", nil, "User=mia").Code)
		assert.Contains(t, w.log.String(), "level=ERROR")
	}
	w.Fail(nil)
	w.guard.Authorizer = nil
	w.log.Reset()
	sendWith(cancelled, w.guard.Require(edit, func(*http.Request) (usher.Resource, error) { return w.calendars["c1"], nil })(through), "PUT /calendars/c1", nil, "User=mia")
	assert.Contains(t, w.log.String(), "level=ERROR", "a mistake stays one")
}
