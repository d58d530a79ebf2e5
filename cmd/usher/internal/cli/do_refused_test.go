package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// A permanent rejection by the store is reported as such, in text and in JSON, with the
// exit code of a refused command.
func TestDoOnAStoreThatRefuses(t *testing.T) {
	p, err := preset.Load("groupcal")
	if err != nil {
		t.Fatal(err)
	}
	for _, output := range []string{"text", "json"} {
		var stdout, stderr bytes.Buffer
		r := &run{stdout: &stream{w: &stdout}, stderr: &stream{w: &stderr}, output: choice{value: output}}
		s := storefault.Wrap(new(memstore.Store), func(_ context.Context, c storefault.Call) storefault.Fault {
			if c.Method != "Append" {
				return storefault.Fault{}
			}
			return storefault.Fault{Before: fmt.Errorf("%w: the quota is used up", store.ErrRefused)}
		})
		d := &doFlags{path: "calendars.db", account: "acme", policy: "groupcal", host: "signup"}
		b := engine.Batch{Actor: account.AsHost("signup"), Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "kim"}}}
		if code := r.code(r.doOn(context.Background(), d, s, p, b)); code != exitInvalid {
			t.Errorf("exit code %d, want %d", code, exitInvalid)
		}
		got := stdout.String() + stderr.String()
		for _, want := range []string{"calendars.db", "the store rejected this commit permanently; nothing was done", "the quota is used up"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q does not contain %q", output, got, want)
			}
		}
	}
}
