// Package mask removes the fields that a decision hides from a value: "mia may see the
// event, but not its title." Tags on a struct connect its fields to the fields of the
// policy. You can set a placeholder to show instead, such as "Booked".
//
//	type Event struct {
//		Start, End time.Time
//		Title      string `usher:"title"`
//		Place      *Place `usher:"location"`
//	}
//
//	var shown = mask.MustFor[*Event](mask.Placeholders{"title": "Booked"})
//
//	event = shown.Apply(decision, event)
//
// A mask never changes its input. If something must be hidden, the result is a copy, so
// that an event in a cache stays unchanged. [Columns] does the same for the rows of a
// query.
//
// Everything fails closed. A denial hides everything. The function [For] returns an error
// for a type in which a tagged field could be missed.
package mask
