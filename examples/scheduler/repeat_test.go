package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// repeat sends a request with an idempotency key.
func (w *world) repeat(who, key, request, body string) answer {
	w.Helper()
	got, err := curl(w.client, "curl -H 'X-User: "+who+"' -H 'Idempotency-Key: "+key+"' -d '"+body+"' -X "+
		strings.ReplaceAll(request, "~", w.url+"/accounts/acme"))
	if err != nil {
		w.Fatal(err)
	}
	return got
}

// A retry with the same key is done once, and another request with that key is refused.
func TestIdempotencyKey(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		add := func(who, user string) answer {
			return w.repeat(who, "k1", "POST ~/people", `{"user": "`+user+`"}`)
		}
		first, again := add("adam", "nina"), add("adam", "nina")
		if first != again || first.status != http.StatusCreated {
			t.Errorf("sent once: %v, and again: %v", first, again)
		}
		if got := add("adam", "nora"); got.status != http.StatusUnprocessableEntity {
			t.Errorf("another request under the key: %v, want 422", got)
		}
		if got := add("olivia", "nora"); got.status != http.StatusCreated {
			t.Errorf("another user's key: %v, want 201", got)
		}
		if got := add("zoe", "nina"); got.status != http.StatusForbidden {
			t.Errorf("a stranger's key: %v, want 403", got)
		}
	})
}

// A retry of a request that took away its own permission gets the first
// response, and later changes are kept.
func TestRepeatedRequestThatLostItsRight(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		handOver := func() answer { return w.repeat("olivia", "k2", "PUT ~/owner", `{"user": "adam"}`) }
		first := handOver()
		w.play([]step{
			{"olivia", "PUT ~/owner", `{"user": "adam"}`, 403, nil}, // without the key
			{"adam", "PUT ~/people/olivia/role", `{"role": "member"}`, 200, nil},
		})
		if again := handOver(); again != first || first.status != http.StatusOK {
			t.Errorf("sent once: %v, and again: %v", first, again)
		}
		w.play([]step{
			{"adam", "POST ~/people", `{"user": "ivy", "invite": true}`, 201, nil},
		})
		decline := func() answer { return w.repeat("ivy", "k3", "DELETE ~/invitation", "") }
		if first, again := decline(), decline(); first != again || first.status != http.StatusOK {
			t.Errorf("sent once: %v, and again: %v", first, again)
		}
		w.play([]step{
			{"adam", "DELETE ~/people/olivia", "", 200, nil}, // not the owner any more
		})
	})
}

// A user who was removed and added again keeps the calendars added later.
func TestRepeatedRemoval(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		remove := func() answer { return w.repeat("adam", "k4", "DELETE ~/people/mia", "") }
		first := remove()
		w.play([]step{
			{"adam", "POST ~/people", `{"user": "mia"}`, 201, nil},
			{"adam", "PUT ~/seats/booking/mia", "", 200, nil},
			{"adam", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia"]}`, 200, nil},
		})
		if again := remove(); again != first || first.status != http.StatusOK {
			t.Errorf("sent once: %v, and again: %v", first, again)
		}
		if got := mustCalendar(t, w.server, "intro").Hosts; !slices.Equal(got, []string{"mia"}) {
			t.Errorf("intro is hosted by %v, want mia", got)
		}
	})
}
