package mask_test

import (
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

type Place struct {
	Name string
	Room *string `usher:"room"`
}

type Base struct {
	ID    string
	Notes []string `usher:"notes"`
}

type header struct {
	Color string
	Owner string `usher:"owner"`
}

type Guest struct {
	Name  string
	Email string `usher:"email"`
}

type Event struct {
	Base
	header
	Start   time.Time
	Title   string `usher:"title" json:"title"`
	Place   *Place
	Home    Place `usher:"location"`
	Guests  []Guest
	Seats   [2]Guest
	ByTable map[string]*Guest
	Brief   string `usher:"title,location"`
	Extra   any    `usher:"-"`
	cache   map[string]any
}

// event returns a new event with a value in each field.
func event() *Event {
	room := "R1"
	return &Event{
		Base:   Base{ID: "e1", Notes: []string{"bring wine"}},
		header: header{Color: "red", Owner: "mia"},
		Start:  time.Unix(1, 0),
		Title:  "Divorce lawyer",
		Place:  &Place{Name: "Office", Room: &room},
		Home:   Place{Name: "Home"},
		Guests: []Guest{{"Max", "max@example.com"}, {"Bea", "bea@example.com"}},
		Seats:  [2]Guest{{"Tom", "tom@example.com"}},
		ByTable: map[string]*Guest{
			"one": {"Ann", "ann@example.com"}, "two": nil,
		},
		Brief: "Divorce lawyer at home",
		Extra: 7,
		cache: map[string]any{"x": 1},
	}
}

var tags = []string{"email", "location", "notes", "owner", "room", "title"}

func hiding(t testing.TB, fields ...string) usher.Decision {
	return ushertest.Decision(t, usher.ReasonGranted, usher.Detail{Hidden: fields})
}
