package table

// Sets is an immutable map from keys to sets of ids, of which a changed copy is
// cheap: what a change costs depends neither on the number of keys nor on the size of
// their sets. It may be read concurrently. A nil Sets and the zero Sets are empty.
type Sets struct {
	byKey Table[*Table[struct{}]] // without empty ones
}

// Of returns the set of a key, which is nil if it is empty.
func (s *Sets) Of(key string) *Table[struct{}] {
	if s == nil {
		return nil
	}
	set, _ := s.byKey.Find(key)
	return set
}

// Edit begins a batch of changes to a copy of s, which stays as it is.
func (s *Sets) Edit() *SetsEdit {
	if s == nil {
		s = &Sets{}
	}
	return &SetsEdit{sets: *s, open: map[string]*Edit[struct{}]{}}
}

// SetsEdit is a Sets that is being changed, by one goroutine at a time.
// [Sets.Edit] makes it.
type SetsEdit struct {
	sets Sets
	open map[string]*Edit[struct{}] // the sets that were changed since sets
}

// Add puts an id in the set of a key, if it is not there yet.
func (e *SetsEdit) Add(key, id string) { e.edit(key).Set(id, struct{}{}) }

// Remove takes an id out of the set of a key, if it is there.
func (e *SetsEdit) Remove(key, id string) { e.edit(key).Delete(id) }

func (e *SetsEdit) edit(key string) *Edit[struct{}] {
	set := e.open[key]
	if set == nil {
		set = e.sets.Of(key).Edit()
		e.open[key] = set
	}
	return set
}

// Of returns the set of a key as changed so far, which is nil if it is empty.
func (e *SetsEdit) Of(key string) *Table[struct{}] {
	set := e.open[key]
	switch {
	case set == nil:
		return e.sets.Of(key)
	case set.Len() == 0:
		return nil
	}
	return set.Table()
}

// Len returns how many ids the set of a key has as changed so far.
func (e *SetsEdit) Len(key string) int {
	if set := e.open[key]; set != nil {
		return set.Len()
	}
	return e.sets.Of(key).Len()
}

// Sets returns the sets as changed so far. They stay so, whatever else e changes.
func (e *SetsEdit) Sets() *Sets {
	if len(e.open) > 0 {
		byKey := e.sets.byKey.Edit()
		for key := range e.open {
			if set := e.Of(key); set != nil {
				byKey.Set(key, set)
			} else {
				byKey.Delete(key)
			}
		}
		e.sets.byKey = *byKey.Table()
		clear(e.open)
	}
	s := e.sets
	return &s
}
