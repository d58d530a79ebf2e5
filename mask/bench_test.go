package mask_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/mask"
)

// If nothing is hidden, nothing is allocated, for every T.
func TestNothingHiddenAllocatesNothing(t *testing.T) {
	open, elsewhere := hiding(t), hiding(t)
	value, list, row := *event(), []*Event{event()}, []any{1, "Lawyer", "Office", "R1"}
	ofValue, ofList := mask.MustFor[Event](nil), mask.MustFor[[]*Event](nil)
	for name, f := range map[string]func(){
		"a pointer": func() { shown.Apply(open, list[0]) },
		"a value":   func() { value = ofValue.Apply(elsewhere, value) },
		"a slice":   func() { list = ofList.Apply(open, list) },
		"a row":     func() { row, _ = columns.Row(open, row) },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
	}
}

// The reference is a hand-written mask for this one type.
func BenchmarkMask(b *testing.B) {
	given := event()
	open, free := hiding(b), hiding(b, "title", "location")
	b.Run("by-hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e := *given
			if free.Hides("title") {
				e.Title, e.Brief = "Booked", "Booked"
			}
			if free.Hides("location") {
				e.Home = Place{}
			}
			sink = &e
		}
	})
	b.Run("two-hidden", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = shown.Apply(free, given)
		}
	})
	b.Run("none-hidden", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = shown.Apply(open, given)
		}
	})
}

var sink *Event
