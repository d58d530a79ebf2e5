package mask_test

import (
	"reflect"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/ushertest"
)

var shown = mask.MustFor[*Event](mask.Placeholders{"title": "Booked", "room": "somewhere"})

func TestApply(t *testing.T) {
	somewhere := "somewhere"
	rows := []struct {
		hidden string
		want   func(*Event)
	}{
		{"title", func(e *Event) { e.Title, e.Brief = "Booked", "Booked" }},
		{"location", func(e *Event) { e.Home, e.Brief = Place{}, "Booked" }},
		{"notes", func(e *Event) { e.Notes = nil }},
		{"owner", func(e *Event) { e.Owner = "" }},
		{"room", func(e *Event) { e.Place.Room, e.Home.Room = &somewhere, &somewhere }},
		{"email", func(e *Event) {
			e.Guests[0].Email, e.Guests[1].Email, e.Seats[0].Email = "", "", ""
			e.ByTable["one"].Email = ""
		}},
		{"colour", func(*Event) {}}, // a field that an Event does not have
	}
	for _, row := range rows {
		want := event()
		row.want(want)
		given := event()
		assert.Equal(t, want, shown.Apply(hiding(t, row.hidden), given), "hiding %s", row.hidden)
		assert.Equal(t, event(), given, "what is given stays as it was, hiding %s", row.hidden)
	}

	want := event()
	for _, row := range rows {
		row.want(want)
	}
	want.Home = Place{}
	assert.Equal(t, want, shown.Apply(hiding(t, tags...), event()), "hiding everything")
}

func TestApplySharesWhatIsNotHidden(t *testing.T) {
	given := event()
	assert.Same(t, given, shown.Apply(hiding(t), given), "nothing is hidden")
	assert.Same(t, given, shown.Apply(hiding(t, "colour"), given), "nothing of it is hidden")

	masked := shown.Apply(hiding(t, "email"), given)
	assert.Same(t, given.Place, masked.Place)
	assert.NotSame(t, given.ByTable["one"], masked.ByTable["one"])
}

func TestApplyFreshPlaceholders(t *testing.T) {
	one, two := shown.Apply(hiding(t, "room"), event()), shown.Apply(hiding(t, "room"), event())
	assert.NotSame(t, one.Place.Room, two.Place.Room, "whoever changes one must not change the other")
}

// A denial shows nothing, for every field name.
func TestApplyToADenial(t *testing.T) {
	values := mask.MustFor[Event](mask.Placeholders{"title": "Booked"})
	lists := mask.MustFor[[]Event](nil)
	denials := []usher.Decision{{}}
	for _, name := range usher.Reasons() {
		reason, err := usher.ParseReason(name)
		require.NoError(t, err)
		if reason != usher.ReasonGranted {
			denials = append(denials, ushertest.Decision(t, reason, usher.Detail{}))
		}
	}
	for _, d := range denials {
		assert.Nil(t, shown.Apply(d, event()), d.String())
		assert.Equal(t, Event{}, values.Apply(d, *event()), d.String())
		assert.Empty(t, lists.Apply(d, []Event{*event()}), d.String())
	}
}

func TestZeroMaskShowsNothing(t *testing.T) {
	assert.Nil(t, mask.Mask[*Event]{}.Apply(hiding(t), event()))
	assert.Equal(t, Event{}, mask.Mask[Event]{}.Without(*event()))
	assert.ErrorIs(t, mask.Mask[Event]{}.Covers("title"), mask.ErrNotCovered)
}

func TestApplyToNothing(t *testing.T) {
	d := hiding(t, tags...)
	assert.Nil(t, shown.Apply(d, nil))
	assert.Nil(t, mask.MustFor[[]*Event](nil).Apply(d, nil))
	assert.Equal(t, []*Event{nil}, mask.MustFor[[]*Event](nil).Apply(d, []*Event{nil}))
	assert.Nil(t, mask.MustFor[map[string]Event](nil).Apply(d, nil))
	assert.Equal(t, &Event{Title: "Booked", Brief: "Booked"}, mask.MustFor[*Event](mask.Placeholders{"title": "Booked"}).Apply(d, &Event{}))
}

func TestShapes(t *testing.T) {
	d := hiding(t, "email")
	guest := Guest{"Max", "max@example.com"}
	masked := Guest{Name: "Max"}
	pointer := &guest
	assert.Equal(t, masked, mask.MustFor[Guest](nil).Apply(d, guest))
	assert.Equal(t, masked, **mask.MustFor[**Guest](nil).Apply(d, &pointer))
	assert.Equal(t, []Guest{masked}, mask.MustFor[[]Guest](nil).Apply(d, []Guest{guest}))
	assert.Equal(t, [1][]*Guest{{&masked}}, mask.MustFor[[1][]*Guest](nil).Apply(d, [1][]*Guest{{&guest}}))
	assert.Equal(t, map[int]Guest{1: masked}, mask.MustFor[map[int]Guest](nil).Apply(d, map[int]Guest{1: guest}))
	assert.Equal(t, "max@example.com", guest.Email)
}

func TestPlaceholderTypes(t *testing.T) {
	type title string
	type row struct {
		Title   title  `usher:"title"`
		Subject *title `usher:"title"`
		Count   *int   `usher:"count"`
		Extra   any    `usher:"extra"`
		Price   int    `usher:"price"`
	}
	busy, two := title("Booked"), 2
	m := mask.MustFor[row](mask.Placeholders{"title": "Booked", "count": 2, "extra": "none", "price": nil})
	given := row{Title: "a", Extra: 5, Price: 9}
	assert.Equal(t, row{"Booked", &busy, &two, "none", 0}, m.Without(given, "title", "count", "extra", "price"))
}

// A placeholder of a basic type fits a type of another name.
func TestPlaceholderOfANamedType(t *testing.T) {
	type (
		private bool
		count   int
		point   complex128
	)
	type row struct {
		Private private `usher:"private"`
		Count   count   `usher:"count"`
		Point   point   `usher:"point"`
	}
	m := mask.MustFor[row](mask.Placeholders{"private": true, "count": 2, "point": 1i})
	assert.Equal(t, row{true, 2, 1i}, m.Without(row{false, 9, 2}, "private", "count", "point"))
}

func TestCovers(t *testing.T) {
	assert.NoError(t, shown.Covers(tags...))
	err := shown.Covers("email", "location", "notes", "owner", "title", "details")
	assert.ErrorIs(t, err, mask.ErrNotCovered)
	assert.EqualError(t, err, `tags and fields do not match: *mask_test.Event: no tag for "details"; a tag for "room", which is not a field`)
}

func TestManyAtOnce(t *testing.T) {
	given, d := event(), hiding(t, tags...)
	want := shown.Apply(d, event())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := shown.Apply(d, given); !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
		})
	}
	wg.Wait()
}
