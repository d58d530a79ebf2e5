package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// word is a word of a shell line: in single quotes, or without blanks.
var word = regexp.MustCompile(`'([^']*)'|\S+`)

// curl does what a line says, as far as the lines here go.
func curl(client *http.Client, line string) (answer, error) {
	method, url, body, header := "GET", "", "", http.Header{}
	words := word.FindAllStringSubmatch(line, -1)
	next := func() string {
		if len(words) == 0 {
			return ""
		}
		w := words[0]
		words = words[1:]
		if strings.HasPrefix(w[0], "'") {
			return w[1]
		}
		return w[0]
	}
	if next() != "curl" {
		return answer{}, errors.New("not a curl line: " + line)
	}
	for len(words) > 0 {
		switch w := next(); w {
		case "-X":
			method = next()
		case "-d":
			body = next()
		case "-H":
			name, value, _ := strings.Cut(next(), ": ")
			header.Set(name, value)
		default:
			url = w
		}
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header = header
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(got)}, err
}

// What the service prints to try has the status that it prints, and says what it should.
func TestPrintedRequests(t *testing.T) {
	c := start(t, t.TempDir(), "-addr", "127.0.0.1:0")
	parts := []string{
		`"id":"intro","title":"Intro call","hosts":["mia"],"may":["calendar.view","calendar.edit","calendar.delete"]`,
		`only host`,
		`be the only host`,
		`"title":"Booked"`,
		`4 of 4 seats in booking are held`,
	}
	lines := strings.Split(c.welcome, "\n")
	sent := 0
	for i, line := range lines {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		said := lines[i-1]
		want, err := strconv.Atoi(said[strings.LastIndex(said, " ")+1:])
		if err != nil {
			t.Fatalf("%q says no status", said)
		}
		got, err := curl(c.client, line)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != want || !strings.Contains(got.body, parts[sent]) {
			t.Errorf("%s\n%s = %d %s want %d with %s", said, line, got.status, got.body, want, parts[sent])
		}
		sent++
	}
	if sent != 5 {
		t.Errorf("%d requests are printed, want 5", sent)
	}
}

func TestReadmeShowsTheRequests(t *testing.T) {
	if !strings.Contains(fileText(t, "README.md"), try("127.0.0.1:8080")) {
		t.Errorf("README.md lacks the requests as they are printed:\n%s", try("127.0.0.1:8080"))
	}
}

func TestPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := start(t, t.TempDir(), "-addr", taken.Addr().String())
	if !strings.HasPrefix(c.welcome, taken.Addr().String()+" is taken, so") {
		t.Errorf("it says %q", c.welcome)
	}
	if got := c.must("", "GET /health", ""); got.status != 200 {
		t.Errorf("GET /health = %v", got)
	}
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, "-addr", "127.0.0.1:0")
	for _, args := range [][]string{
		{"-data", dir}, // another one has it open
		{"-data", t.TempDir(), "-addr", "nowhere"},
		{"-data", filepath.Join(t.TempDir(), "not", "there")},
		{"-data", ""},
		{"-colour"},
		{"-h"},
		{"more"},
	} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("run(%v) ended without an error", args)
		}
	}
}

// A request that is sent again under its key is done once, and another one is refused.
func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	send := func(who, user string) answer {
		got, err := curl(w.client, `curl -H 'X-User: `+who+`' -H 'Idempotency-Key: k1' -X POST -d '{"user": "`+user+`"}' `+w.url+`/accounts/acme/people`)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first, again := send("adam", "nina"), send("adam", "nina")
	if first != again || first.status != 201 {
		t.Errorf("sent once: %v, and again: %v", first, again)
	}
	if got := send("adam", "nora"); got.status != 422 {
		t.Errorf("another request under the key: %v, want 422", got)
	}
	if got := send("olivia", "nora"); got.status != 201 {
		t.Errorf("somebody else's key: %v, want 201", got)
	}
}
