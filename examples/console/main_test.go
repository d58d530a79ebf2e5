package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

func Example() {
	main()
	// Output:
	// olivia sees: [adam (Administrator) mia (Member) olivia (Account Owner)]
	// mia sees: [mia (Member)]
	// with names: [Mia Keller (Member)]
	// preview: 200 Mia Keller: Member becomes Administrator, needs confirmation: button
	// by mia: 403 You do not have the permission “user.set-role”.
	// read-only: 403 Changes are switched off at the moment.
	// confirmed: 200 Mia Keller: Member becomes Administrator, done
}

// The same two lines mount the console in the program that README.md shows.
func TestTwoLinesInTheReadme(t *testing.T) {
	service, err := filepath.Abs("../readme/main.go")
	if err != nil {
		t.Fatal(err)
	}
	program := read(t, service)
	var two []string
	for line := range strings.Lines(read(t, "main.go")) {
		if strings.Contains(line, "pages := ") || strings.Contains(line, ", pages)") {
			two = append(two, line)
		}
	}
	if len(two) != 2 {
		t.Fatalf("the lines are %q, want two", two)
	}
	program = insert(t, program, `guard.Require(editCalendar, load)(http.HandlerFunc(save)))`+"\n", strings.Join(two, ""))
	program = insert(t, program, "import (\n", "\t\"github.com/usher-go/usher/console\"\n")
	program = insert(t, program, "fmt.Print(w.Body)\n\t\t}\n\t}\n", `
	for _, user := range []string{"olivia", "mia"} {
		r, w := httptest.NewRequest("GET", "/people/people?format=json", nil), httptest.NewRecorder()
		r.Header.Set("X-User", user)
		mux.ServeHTTP(w, r)
		fmt.Println(user, w.Code, w.Body)
	}
`)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), []byte(program))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {service: filepath.Join(dir, "main.go")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), overlay)
	out, err := exec.Command("go", "run", "-overlay", filepath.Join(dir, "overlay.json"), "../readme").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"PUT /calendars/demo 403\n", `olivia 200 {"version":`, `"people":[{"id":"max"`, `"id":"mia"`, "mia 403 ", `user.view`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output is %s want in it %s", out, want)
		}
	}
}

// The pages have the stylesheet, the words, the names and the language of the application.
func TestBrand(t *testing.T) {
	e, err := engine.Open(engine.Options{Policy: must(preset.Load("oncehub")), Store: new(memstore.Store)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	must(e.Do(context.Background(), account.AsHost("test"), "acme", account.CreateAccount{Owner: "olivia"}, account.SetSeats{Pool: "booking", Total: 1}))
	h := must(console.New(branded(e)))
	for language, parts := range map[string][]string{
		"en": {`<html lang="en"`, "<h1>Staff</h1>", "Acme Calendar", "Olivia Brandt", `href="/brand.css"`, "/billing?pool=booking"},
		"de": {`<html lang="de"`, "Rolle"},
		"fr": {`<html lang="fr"`, "<h1>Équipe</h1>", "Role"},
	} {
		r, w := httptest.NewRequest("GET", "/people", nil), httptest.NewRecorder()
		r.Header.Set("X-User", "olivia")
		r.Header.Set("X-Language", language)
		h.ServeHTTP(w, r)
		for _, part := range parts {
			if w.Code != 200 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %d %s want in it %s", language, w.Code, w.Body, part)
			}
		}
	}
	if rows := people(h, "olivia", "/people?q=BRANDT"); len(rows) != 1 {
		t.Errorf("the search found %v, want olivia", rows)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// insert inserts lines after a text that occurs once.
func insert(t *testing.T, program, after, lines string) string {
	t.Helper()
	if strings.Count(program, after) != 1 {
		t.Fatalf("the program of the README has %q %d times, want once", after, strings.Count(program, after))
	}
	return strings.Replace(program, after, after+lines, 1)
}
