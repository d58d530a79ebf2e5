package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// ledger contains the acknowledged changes.
type ledger struct {
	mu        sync.Mutex
	people    map[string]bool // true: added, false: removed; no entry during a change
	calendars map[string]bool
	answers   int
}

func (l *ledger) note(set map[string]bool, id string, there bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set[id] = there
	l.answers++
}

func (l *ledger) forget(set map[string]bool, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(set, id)
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers
}

// work adds people and their calendars, and removes some of both, until
// the service does not respond any more. Unexpected responses are collected in wrong.
func (l *ledger) work(c *child, name string, wrong chan<- string) {
	for n := 0; ; n++ {
		user := fmt.Sprintf("%s-%d", name, n)
		got, err := c.ask("adam", "POST ~/people", fmt.Sprintf(`{"user": %q}`, user))
		if err != nil {
			return
		}
		if got.status != 201 {
			wrong <- fmt.Sprintf("adding %s: %v", user, got)
			return
		}
		l.note(l.people, user, true)
		got, err = c.ask("adam", "POST ~/calendars", fmt.Sprintf(`{"title": %q, "hosts": ["mia"]}`, user))
		if err != nil {
			return
		}
		var made calendar
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 201 {
			wrong <- fmt.Sprintf("adding a calendar: %v", got)
			return
		}
		l.note(l.calendars, made.ID, true)
		if n%3 != 0 {
			continue
		}
		l.forget(l.people, user)
		if got, err = c.ask("adam", "DELETE ~/people/"+user, ""); err != nil {
			return
		}
		if got.status == 200 {
			l.note(l.people, user, false)
		}
		l.forget(l.calendars, made.ID)
		if got, err = c.ask("adam", "DELETE ~/calendars/"+made.ID, ""); err != nil {
			return
		}
		if got.status == 200 {
			l.note(l.calendars, made.ID, false)
		}
	}
}

// compare compares the service with the acknowledged changes.
func (l *ledger) compare(c *child) {
	c.Helper()
	for what, set := range map[string]map[string]bool{"people": l.people, "calendars": l.calendars} {
		there := map[string]bool{}
		for after := ""; ; {
			var list struct {
				People    []struct{ User string }
				Calendars []struct{ ID string }
				Next      string
			}
			got := c.must("adam", "GET ~/"+what+"?after="+after, "")
			if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != 200 {
				c.Fatalf("GET %s = %v", what, got)
			}
			for _, p := range list.People {
				there[p.User] = true
			}
			for _, x := range list.Calendars {
				there[x.ID] = true
			}
			if after = list.Next; after == "" {
				break
			}
		}
		for id, want := range set {
			if there[id] != want {
				c.Errorf("%s: %s is there: %v, and was acknowledged as %v", what, id, there[id], want)
			}
		}
	}
}

// Acknowledged changes survive when the process is killed.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	l := &ledger{people: map[string]bool{}, calendars: map[string]bool{}}
	for round := range 3 {
		c := start(t, dir, "-addr", "127.0.0.1:0")
		l.compare(c)
		const clients = 8
		wrong := make(chan string, clients)
		var working sync.WaitGroup
		for i := range clients {
			working.Go(func() { l.work(c, fmt.Sprintf("p%d-%d", round, i), wrong) })
		}
		for enough := l.count() + 40; l.count() < enough && len(wrong) == 0; {
			c.must("mia", "GET ~/calendars", "")
		}
		c.kill()
		working.Wait()
		close(wrong)
		for w := range wrong {
			t.Error(w)
		}
	}
	c := start(t, dir, "-addr", "127.0.0.1:0")
	l.compare(c)
	c.play([]step{
		{"mia", "PUT ~/calendars/intro", `{"title": "Still mine"}`, 200, nil},
		{"mia", "PUT ~/calendars/demo", `{"title": "Not mine"}`, 403, nil},
		{"adam", "GET ~/people", "", 200, has(`"total":4,"held":4,"left":0`)},
	})
}

// A shutdown ends without an error, and acknowledged changes are stored.
func TestShutdown(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, "-addr", "127.0.0.1:0", "-log", "info")
	l := &ledger{people: map[string]bool{}, calendars: map[string]bool{}}
	wrong := make(chan string, 4)
	var working sync.WaitGroup
	for i := range 4 {
		working.Go(func() { l.work(c, fmt.Sprintf("p%d", i), wrong) })
	}
	for l.count() < 20 && len(wrong) == 0 {
		c.must("mia", "GET ~/calendars", "")
	}
	if err := c.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	working.Wait()
	close(wrong)
	for w := range wrong {
		t.Error(w)
	}
	if log := c.log.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "shutting down") {
		t.Errorf("the log is:\n%s", log)
	}
	l.compare(start(t, dir, "-addr", "127.0.0.1:0"))
}
