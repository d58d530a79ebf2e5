package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// The host makes the changes that a viewer has confirmed, and no others. Its error is shown.
func TestSubmitOfTheHost(t *testing.T) {
	var batches []engine.Batch
	var w *world
	fails := false
	w = newWorld(t, "oncehub", func(o *console.Options) {
		o.Submit = func(r *http.Request, b engine.Batch) (engine.Result, error) {
			assert.Equal(t, adam.user, usherhttp.FromContext(r.Context()).Subject.User)
			batches = append(batches, b)
			if fails {
				return engine.Result{}, &usherhttp.Problem{Status: http.StatusConflict, Detail: "The host is closed."}
			}
			return w.Submit(r.Context(), b)
		}
	})
	change := func() int {
		page := body(w.post(adam, "/person/set-role", "id", "mia", "role", "admin", "version", "1", "back", "id=mia"))
		forms := offeredBy(page, fill)
		require.Len(t, forms, 1)
		assert.Empty(t, batches, "the change is not confirmed yet")
		return w.send(adam, "POST", "/"+forms[0].path, forms[0].values.Encode()).Code
	}
	fails = true
	assert.Equal(t, http.StatusConflict, change())
	assert.Equal(t, role.Name("member"), w.role("mia"))
	fails, batches = false, nil
	assert.Equal(t, http.StatusSeeOther, change())
	assert.Equal(t, role.Name("admin"), w.role("mia"))
	require.Len(t, batches, 1)
	assert.Equal(t, []account.Command{account.SetRole{User: "mia", Role: "admin"}}, batches[0].Commands)
}

// Every page begins with a link to the host, also for viewers who may see none of them.
func TestHome(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.Home = "/start?a=1&b=2"
		o.Texts = map[string]map[string]string{"en": {"layout.home": "Back to the <calendar>"}}
	})
	for _, by := range []viewer{adam, {user: "zoe"}} {
		for _, path := range []string{"/people", "/record", "/nowhere"} {
			assert.Contains(t, body(w.get(by, path)), `<li><a href="/start?a=1&amp;b=2">Back to the &lt;calendar&gt;</a></li>`)
		}
	}
	_, err := console.New(console.Options{
		Engine: w.Engine, Home: "::", Subject: func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{}, nil },
	})
	assert.ErrorContains(t, err, "Options.Home is not an address")
}
