package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-go/usher"
)

// twoInstances starts two instances on one database at the same time.
func twoInstances(t *testing.T, data string) (one, two *world) {
	t.Helper()
	both := make([]*world, 2)
	var opening sync.WaitGroup
	for i := range both {
		opening.Go(func() { both[i] = newWorldAt(t, data) })
	}
	opening.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return both[0], both[1]
}

// until waits until a request gets a response, for as long as go test allows.
func (w *world) until(who, request, body string, status int, part string) {
	w.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		got := w.must(who, request, body)
		if got.status == status && strings.Contains(got.body, part) {
			return
		}
		if time.Since(begun) > time.Minute {
			w.Fatalf("%s: %s = %v, want %d with %q", who, request, got, status, part)
		}
	}
}

// A change on one instance is seen on the other one.
func TestTwoInstances(t *testing.T) {
	inDatabases(t, func(t *testing.T, data string) {
		one, two := twoInstances(t, data)
		two.play([]step{
			{"ned", "PUT ~/calendars/demo", `{"title": "Mine"}`, 404, nil},
			{"adam", "GET ~/people", "", 200, has(`"total":4,"held":4,"left":0`)}, // one instance has created the company
		})
		one.play([]step{{"adam", "PUT ~/people/ned/role", `{"role": "admin"}`, 200, nil}})
		two.until("ned", "PUT ~/calendars/demo", `{"title": "Mine"}`, 200, "Mine")
		one.play([]step{{"mia", "GET ~/calendars/demo", "", 200, has("Mine")}})
		two.play([]step{{"ned", "DELETE ~/people/mia", "", 200, nil}})
		one.until("mia", "GET ~/calendars", "", 403, "")
		one.play([]step{{"adam", "GET ~/calendars/demo", "", 200, has(`"hosts":["max"]`)}})
	})
}

// A browser sees its own change on the other instance at once.
func TestOwnChangesOnTheOtherInstance(t *testing.T) {
	inDatabases(t, func(t *testing.T, data string) {
		one, two := twoInstances(t, data)
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		one.client.Jar, two.client.Jar = jar, jar
		two.play([]step{{"adam", "GET ~/people", "", 200, nil}})
		for i := range 10 {
			user := fmt.Sprint("new", i)
			from, to := one, two
			if i%2 == 1 {
				from, to = two, one
			}
			from.play([]step{{"adam", "POST ~/people", `{"user": "` + user + `"}`, 201, nil}})
			to.play([]step{
				{"adam", "GET ~/people/" + user, "", 200, has(user)},
				{user, "GET ~/people/" + user, "", 200, nil},
			})
		}
	})
}

// Of concurrent bookings of a host for one time, on two instances and in two calendars, one succeeds.
func TestBookingsOnTwoInstances(t *testing.T) {
	inDatabases(t, func(t *testing.T, data string) {
		one, two := twoInstances(t, data)
		const rounds, tries = 10, 8
		for round := range rounds {
			statuses := make([]int, tries)
			var clients sync.WaitGroup
			for i := range tries {
				clients.Go(func() {
					w := []*world{one, two}[i%2]
					calendar := []string{"intro", "demo"}[i/2%2]
					body := fmt.Sprintf(`{"host": "mia", "title": "x", "starts": "2036-01-%02dT09:%02d:00Z", "ends": "2036-01-%02dT10:00:00Z"}`, round+1, i, round+1)
					got, err := w.ask("adam", "POST ~/calendars/"+calendar+"/bookings", body)
					if err != nil {
						t.Error(err)
					}
					if got.status != 201 && !(got.status == 409 && strings.Contains(got.body, ":slot-taken")) {
						t.Errorf("booking = %v", got)
					}
					statuses[i] = got.status
				})
			}
			clients.Wait()
			slices.Sort(statuses)
			if statuses[0] != 201 || statuses[1] != 409 {
				t.Errorf("round %d: the statuses are %v, want 201 once", round, statuses)
			}
		}
		one.checkSlots()
	})
}

// While one instance removes users, the other one makes them hosts. Afterwards, no calendar has a host
// who is not a user.
func TestRemovalOnTwoInstances(t *testing.T) {
	inDatabases(t, func(t *testing.T, data string) {
		one, two := twoInstances(t, data)
		const people = 12
		one.play([]step{{"adam", "PUT ~/seats/booking", fmt.Sprintf(`{"total": %d}`, 4+people), 200, nil}})
		for i := range people {
			user := fmt.Sprint("p", i)
			one.play([]step{
				{"adam", "POST ~/people", `{"user": "` + user + `"}`, 201, nil},
				{"adam", "PUT ~/seats/booking/" + user, "", 200, nil},
			})
		}
		two.until("adam", fmt.Sprintf("GET ~/people/p%d", people-1), "", 200, `"seats":["booking"]`)
		made := make(chan string, 2*people)
		var clients sync.WaitGroup
		for i := range people {
			clients.Go(func() { one.must("adam", fmt.Sprintf("DELETE ~/people/p%d", i), "") })
			for range 2 {
				clients.Go(func() {
					got := two.must("adam", "POST ~/calendars", fmt.Sprintf(`{"title": "x", "hosts": ["p%d"]}`, i))
					switch got.status {
					case http.StatusCreated:
						made <- got.body
					case http.StatusConflict:
					default:
						t.Errorf("POST = %v", got)
					}
				})
			}
		}
		clients.Wait()
		close(made)
		t.Logf("%d calendars were made before the removal", len(made))
		one.checkHosts()
	})
}

// checkHosts checks that each host of a calendar or of a booking is a user.
func (w *world) checkHosts() {
	w.Helper()
	versions, err := w.server.shared.Versions(w.Context(), []usher.AccountID{"acme"})
	if err != nil {
		w.Fatal(err)
	}
	view, err := w.server.engine.AtLeast("acme", versions[0]).View(w.Context(), "acme")
	if err != nil {
		w.Fatal(err)
	}
	hosts, err := w.server.store.named(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	for _, host := range hosts["acme"] {
		if _, ok := view.User(usher.UserID(host)); !ok && host != "" {
			w.Errorf("%s hosts something and is not a user", host)
		}
	}
}

// Two processes share a database. One is killed while it works; the other one goes on, and every
// acknowledged change is there. A removed user is removed everywhere, or nowhere.
func TestKillOneOfTwoInstances(t *testing.T) {
	inDatabases(t, func(t *testing.T, data string) {
		args := []string{"-store", data, "-addr", "127.0.0.1:0"}
		staying, l := launch(t, args...), &ledger{people: map[string]bool{}, calendars: map[string]bool{}}
		for round := range 2 {
			dying := launch(t, args...)
			if !strings.Contains(dying.welcome, "Run the same command again") {
				t.Errorf("it says:\n%s", dying.welcome)
			}
			wrong := make(chan string, 8)
			var working sync.WaitGroup
			for i := range 4 {
				working.Go(func() { l.work(dying, fmt.Sprintf("p%d-%d", round, i), wrong) })
			}
			for enough := l.count() + 30; l.count() < enough && len(wrong) == 0; {
				staying.must("mia", "GET ~/calendars", "")
			}
			dying.kill()
			working.Wait()
			close(wrong)
			for w := range wrong {
				t.Error(w)
			}
		}
		afterKill(t, data)
		if err := staying.stop(); err != nil {
			t.Errorf("it ended with %v and logged:\n%s", err, staying.log.String())
		}
		again := launch(t, args...)
		l.compare(again)
		if err := again.stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		newWorldAt(t, data).checkHosts()
	})
}

// afterKill waits until PostgreSQL has ended the statements of a killed process.
func afterKill(t *testing.T, data string) {
	t.Helper()
	if !isPostgres(data) {
		return
	}
	db, err := sql.Open("pgx", data)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for busy := -1; busy != 0; time.Sleep(5 * time.Millisecond) {
		err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`).Scan(&busy)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A password is not shown.
func TestPlaces(t *testing.T) {
	for _, row := range []struct {
		data, shown string
		directory   bool
	}{
		{"sqlite:/a/b", "sqlite:/a/b", false},
		{"postgres://ann:secret@db/x", "postgres://ann:xxxxx@db/x", false},
		{"postgresql://db/x", "postgresql://db/x", false},
		{"postgres://ann@db/x?password=secret", "postgres://ann@db/x", false},
		{"postgres://%zz:secret@", "the database", false},
		{"/a", "/a", true},
	} {
		if got := shownData(row.data); got != row.shown || isDirectory(row.data) != row.directory {
			t.Errorf("%s is shown as %s, a directory: %v", row.data, got, isDirectory(row.data))
		}
	}
}
