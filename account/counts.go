package account

// checkCounts rejects a batch that leaves more seats of a pool held than bought, more users
// with a role than its at-most, or fewer than its at-least, in the account or on a team. Counts between two commands do
// not matter, so a role with one holder can be handed on in either order. A bound that the
// state already violates, because the policy has changed, rejects only what increases the
// violation.
func (q *proposing) checkCounts(s *State) error {
	if !q.ending {
		if err := q.checkBounds(s); err != nil {
			return err
		}
	}
	var inUse error
	for _, name := range q.oversold() {
		err := q.checkExcess(s, name)
		if err == nil {
			continue
		}
		if err.Code == CodeNoSeatsLeft {
			return err
		}
		if inUse == nil {
			inUse = err
		}
	}
	return inUse
}

// checkBounds rejects a batch for the bounds of roles, as checkCounts states.
func (q *proposing) checkBounds(s *State) error {
	index, command := q.index, q.command
	full, last := q.checkTeamBounds(s)
	q.index, q.command = index, command
	if q.ownCounts || q.beside != nil {
		for _, b := range q.policy.Bounds() {
			if err := q.checkAtMost(s, b); err != nil {
				return err
			}
		}
	}
	if full != nil {
		return full
	}
	if q.ownCounts {
		for _, b := range q.policy.Bounds() {
			if err := q.checkAtLeast(s, b); err != nil {
				return err
			}
		}
	}
	return last
}

// lastRise applies changes to the state again and returns the last step in which a number
// rose. Step i ends before change ends[i]. With nil ends, each change is a step.
func (s *State) lastRise(changes []Change, ends []int, number func(*draft) int) (step int) {
	d := s.draft()
	was, done := number(d), 0
	steps := len(ends)
	if ends == nil {
		steps = len(changes)
	}
	for i := range steps {
		end := i + 1
		if ends != nil {
			end = ends[i]
		}
		for ; done < end; done++ {
			_ = d.apply(changes[done]) // it succeeded before
		}
		is := number(d)
		if is > was {
			step = i
		}
		was = is
	}
	return step
}

// blame makes later refusals refer to an earlier command.
func (q *proposing) blame(index int) { q.index, q.command = index, q.commands[index] }
