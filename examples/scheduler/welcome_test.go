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

// word is a word of a shell command: in single quotes, or without blanks.
var word = regexp.MustCompile(`'([^']*)'|\S+`)

// curl runs a command line. It supports only the options used here.
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

// The requests of the page at / and of README.md return the stated status and the expected content.
func TestRequestsToTry(t *testing.T) {
	c := start(t, t.TempDir(), "-addr", "127.0.0.1:0")
	parts := []string{
		`"id":"intro","title":"Intro call","hosts":["mia"],"may":["calendar.view","calendar.edit","calendar.share","calendar.delete"]`,
		`the sole host`,
		`be the only host`,
		`"title":"Booked"`,
		`All seats are held`,
	}
	lines := strings.Split(try(strings.TrimPrefix(c.url, "http://")), "\n")
	sent := 0
	for i, line := range lines {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		comment := lines[i-1]
		want, err := strconv.Atoi(comment[strings.LastIndex(comment, " ")+1:])
		if err != nil {
			t.Fatalf("%q has no status", comment)
		}
		got, err := curl(c.client, line)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != want || !strings.Contains(got.body, parts[sent]) {
			t.Errorf("%s\n%s = %d %s want %d with %s", comment, line, got.status, got.body, want, parts[sent])
		}
		sent++
	}
	if sent != 5 {
		t.Errorf("%d requests are tried, want 5", sent)
	}
}

// The first command of the README prints one link.
func TestOneLinkIsPrinted(t *testing.T) {
	c := start(t, t.TempDir(), "-addr", "127.0.0.1:0")
	if strings.Count(c.welcome, "http://") != 1 || !strings.HasPrefix(c.welcome, "scheduler is on "+c.url+"\n") {
		t.Errorf("the output is %q", c.welcome)
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
		t.Errorf("the output is %q", c.welcome)
	}
	if got := c.must("", "GET /health", ""); got.status != 200 {
		t.Errorf("GET /health = %v", got)
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{"-data", t.TempDir(), "-addr", "nowhere"},
		{"-data", filepath.Join(t.TempDir(), "not", "there")},
		{"-data", ""},
		{"-data", t.TempDir(), "-store", "sqlite:" + filepath.Join(t.TempDir(), "x.db")},
		{"-store", "bolt:x"},
		{"-store", "sqlite:"},
		{"-store", "sqlite:" + filepath.Join(t.TempDir(), "not", "there")},
		{"-store", "postgres:///x?host=" + t.TempDir()},
		{"-colour"},
		{"-log", "loud"},
		{"-now", "soon"},
		{"-h"},
		{"more"},
	} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("run(%v) ended without an error", args)
		}
	}
}

func TestStartedTwice(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, "-addr", "127.0.0.1:0")
	err := run(context.Background(), []string{"-data", dir}, io.Discard, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "another scheduler uses the data in "+dir) {
		t.Errorf("the second one ended with %v", err)
	}
}

// Changes are still there after a restart, and nothing is logged
// without errors.
func TestStartedAgain(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, "-addr", "127.0.0.1:0")
	if got := c.must("mia", "PUT ~/calendars/intro", `{"title": "First talk"}`); got.status != 200 {
		t.Fatal(got)
	}
	if got := c.must("mia", "PUT ~/calendars/demo", `{"title": "Our demo"}`); got.status != 403 {
		t.Fatal(got)
	}
	if err := c.stop(); err != nil || c.log.Len() > 0 {
		t.Errorf("it ended with %v and logged %s", err, c.log.String())
	}
	again := start(t, dir, "-addr", "127.0.0.1:0")
	again.play([]step{
		{"mia", "GET ~/calendars", "", 200, has("First talk", "Product demo")},
		{"adam", "GET ~/people", "", 200, has(`"total":4,"held":4,"left":0`)},
	})
}
