// Package mask takes out of a value what a decision hides: "she may see the event,
// but not its title." Tags on a struct name the fields of the policy, and what is
// shown instead of them, such as "Booked", is the host's.
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
// What is given is never changed: where something must be hidden, the result is a
// copy, so that an event in a cache stays whole. [Columns] does the same for the
// rows of a query.
//
// Everything fails closed. A denial shows nothing at all, and a type in which
// something could go unseen is refused before the first value is masked.
package mask
