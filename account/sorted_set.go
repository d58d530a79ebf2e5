package account

// sortedSet is an immutable sorted set. A changed copy costs the logarithm of the set's size.
// It is a treap: a search tree in which each element has a pseudo-random priority, and
// children have lower priorities than their parents. A nil sortedSet is empty.
type sortedSet[T sortedElement[T]] struct {
	value       T
	priority    uint64
	left, right *sortedSet[T]
}

// sortedElement is an element of a sortedSet. Two elements are equal if neither is before the
// other.
type sortedElement[T any] interface {
	before(T) bool
	priority() uint64 // pseudo-random, equal for equal elements
}

// mix returns a pseudo-random number for n, as splitmix64 does.
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// sortedSetOf returns the set of the elements of a sorted list.
func sortedSetOf[T sortedElement[T]](list []T) *sortedSet[T] {
	var spine []*sortedSet[T] // the path from the root to the last element
	for _, v := range list {
		n := &sortedSet[T]{value: v, priority: v.priority()}
		for len(spine) > 0 && spine[len(spine)-1].priority < n.priority {
			n.left = spine[len(spine)-1]
			spine = spine[:len(spine)-1]
		}
		if len(spine) > 0 {
			spine[len(spine)-1].right = n
		}
		spine = append(spine, n)
	}
	if len(spine) == 0 {
		return nil
	}
	return spine[0]
}

// each visits the elements in their order until visit returns false.
func (s *sortedSet[T]) each(visit func(T) bool) bool {
	return s == nil || s.left.each(visit) && visit(s.value) && s.right.each(visit)
}

// eachFrom visits the elements that are not before one, in their order, until visit returns false.
func (s *sortedSet[T]) eachFrom(from T, visit func(T) bool) bool {
	switch {
	case s == nil:
		return true
	case s.value.before(from):
		return s.right.eachFrom(from, visit)
	}
	return s.left.eachFrom(from, visit) && visit(s.value) && s.right.each(visit)
}

// first returns the first element. The set must not be empty.
func (s *sortedSet[T]) first() T {
	for s.left != nil {
		s = s.left
	}
	return s.value
}

// last returns the last element. The set must not be empty.
func (s *sortedSet[T]) last() T {
	for s.right != nil {
		s = s.right
	}
	return s.value
}

// with returns the set with an element that the set lacks.
func (s *sortedSet[T]) with(v T) *sortedSet[T] {
	priority := v.priority()
	if s == nil || priority > s.priority {
		below, above := s.split(v)
		return &sortedSet[T]{v, priority, below, above}
	}
	next := *s
	if v.before(s.value) {
		next.left = s.left.with(v)
	} else {
		next.right = s.right.with(v)
	}
	return &next
}

// split returns the elements before v, and the others.
func (s *sortedSet[T]) split(v T) (below, above *sortedSet[T]) {
	if s == nil {
		return nil, nil
	}
	next := *s
	if s.value.before(v) {
		next.right, above = s.right.split(v)
		return &next, above
	}
	below, next.left = s.left.split(v)
	return below, &next
}

// without returns the set without an element, or the same set if it lacks the element.
func (s *sortedSet[T]) without(v T) *sortedSet[T] {
	switch {
	case s == nil:
		return nil
	case v.before(s.value):
		next := *s
		next.left = s.left.without(v)
		return &next
	case s.value.before(v):
		next := *s
		next.right = s.right.without(v)
		return &next
	}
	return s.left.joined(s.right)
}

// joined returns the union of s and others, whose elements all come after those of s.
func (s *sortedSet[T]) joined(after *sortedSet[T]) *sortedSet[T] {
	switch {
	case s == nil:
		return after
	case after == nil:
		return s
	case s.priority > after.priority:
		next := *s
		next.right = s.right.joined(after)
		return &next
	}
	next := *after
	next.left = s.joined(after.left)
	return &next
}
