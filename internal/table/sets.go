package table

// Sets is an immutable map from keys to sets of ids, of which a changed copy is cheap:
// the cost of a change does not depend on the number of keys or the size of their sets.
// It is safe for concurrent use. A nil Sets and the zero Sets are empty.
type Sets struct {
	byKey Table[*Table[struct{}]] // without empty sets
}

// Of returns the set of a key, nil if it is empty.
func (s *Sets) Of(key string) *Table[struct{}] {
	if s == nil {
		return nil
	}
	set, _ := s.byKey.Find(key)
	return set
}

// Edit returns an edit of a copy of s. It does not change s.
func (s *Sets) Edit() *SetsEdit {
	if s == nil {
		s = &Sets{}
	}
	return &SetsEdit{sets: *s, open: map[string]*Edit[struct{}]{}}
}

// SetsEdit is a copy of a Sets that one goroutine at a time may change. [Sets.Edit]
// returns one.
type SetsEdit struct {
	sets Sets
	open map[string]*Edit[struct{}] // the sets that differ from sets
}

// Add adds an id to the set of a key, if it is not in it yet.
func (e *SetsEdit) Add(key, id string) { e.edit(key).Set(id, struct{}{}) }

// Remove removes an id from the set of a key, if it is in it.
func (e *SetsEdit) Remove(key, id string) { e.edit(key).Delete(id) }

func (e *SetsEdit) edit(key string) *Edit[struct{}] {
	set := e.open[key]
	if set == nil {
		set = e.sets.Of(key).Edit()
		e.open[key] = set
	}
	return set
}

// Of returns the current set of a key, nil if it is empty.
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

// Len returns the current number of ids in the set of a key.
func (e *SetsEdit) Len(key string) int {
	if set := e.open[key]; set != nil {
		return set.Len()
	}
	return e.sets.Of(key).Len()
}

// Sets returns the current sets. Later changes to e do not affect them.
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
