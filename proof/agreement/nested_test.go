package agreement_test

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
)

// A row has places for its own parties, and for those of two containers above it.
const (
	levels        = 3
	slotsOfALevel = 5
)

// inContainer returns the mapping of what contains the rows.
func (l layout) inContainer(d filter.Dialect, level int) filter.Container {
	key := map[string]string{"id": fmt.Sprintf("t.in%d", level)}
	switch l.in {
	case "":
		return nil
	case "none":
		return filter.Empty{}
	case "unknown":
		return filter.Unknown{}
	case "local": // only the account distinguishes local ids
		key = map[string]string{"local": fmt.Sprintf("t.in%d_local", level), "account": "t.account"}
	case "columns":
		return filter.ContainerColumns{Of: l.container.mappingAt(d, level+1)}
	case "columns and account":
		of := l.container.mappingAt(d, level+1)
		of.Account = filter.Column{Name: fmt.Sprintf("t.in%d_account", level)}
		return filter.ContainerColumns{Of: of}
	}
	if l.container.typ == l.typ && level == 0 {
		return filter.ContainerRow{Table: "things", Key: key}
	}
	return filter.ContainerRow{Table: "things", Key: key, Of: l.container.mappingAt(d, 0)}
}

// fitContainer removes from a resource the container that the layout has no room for. Its id stays in
// the table. A row with the parties of its container has one, which may have none.
func (l layout) fitContainer(r *resource) {
	switch l.in {
	case "none", "unknown":
		r.ignored = r.in
		r.in, r.foreign, r.lost = nil, nil, l.in == "unknown"
	case "columns":
		r.foreign, r.lost = nil, false
		if r.in == nil {
			r.in = &resource{typ: l.container.typ, local: "none", account: r.account, parties: map[string][]string{}, unknown: map[string]bool{}}
			l.container.fit(r.in)
			l.container.fitContainer(r.in)
		}
	case "local":
		r.foreign = nil
	}
}

// storeContainer returns the columns about the container of a resource, whose facts are in the places
// of a level: its id, its local id, its account.
func (l layout) storeContainer(of *resource) [3]any {
	switch {
	case of.in != nil:
		return [3]any{of.in.id, of.in.local, of.in.account}
	case of.ignored != nil:
		return [3]any{of.ignored.id, of.ignored.local, of.ignored.account}
	case of.foreign != nil:
		return [3]any{of.foreign.id, "gone", of.foreign.account}
	case of.lost:
		return [3]any{-of.id, "gone", "nowhere"}
	}
	return [3]any{}
}

// nested counts a row whose containers decide, and compares a check that reads a container of another
// account: it fails, or the container does not matter.
func (s *host) nested(q question, user usher.UserID, row *resource, allowed bool) error {
	l := s.layouts[row.typ]
	if l.in == "" {
		return nil
	}
	alone := *row
	alone.in, alone.lost, alone.foreign = nil, false, nil
	d, err := s.Check(ctx, q.by(user, &alone))
	if err != nil {
		return err
	}
	if d.Allowed() != allowed {
		s.seen.above(l, row)
	}
	if ended, deep := row.ended(); ended != nil {
		if d, err = s.Check(ctx, q.by(user, ended)); err != nil {
			return err
		}
		s.seen.Lost += is(d.Allowed() != allowed && !deep)
		s.seen.TooDeep += is(d.Allowed() != allowed && deep)
	}
	if row.foreign == nil {
		return nil
	}
	wrong := *row
	wrong.in, wrong.lost = row.foreign, false
	d, err = s.Check(ctx, q.by(user, &wrong))
	s.seen.ForeignContainers += is(err != nil)
	if err == nil && d.Allowed() != allowed || err != nil && !errors.Is(err, usher.ErrOtherAccount) {
		return fmt.Errorf("%q asks for %v on %v in a container of another account: %v, %w, and without it %t", user, q, row, d, err, allowed)
	}
	return nil
}

func (c *counts) above(l layout, row *resource) {
	switch {
	case l.in == "columns" || l.in == "columns and account":
		c.AboveInColumns++
	case l.container.typ == l.typ:
		c.AboveInTree++
	default:
		c.AboveInRow++
	}
	c.AboveTwice += is(row.in != nil && row.in.in != nil && len(row.in.parties) == 0)
}

// ended returns a row whose containers end where the known ones of the original do, nil if the original
// ends in nothing. It reports whether the original has more than 16 containers.
func (r *resource) ended() (copied *resource, deep bool) {
	first := *r
	last := &first
	for range 16 {
		if last.in == nil {
			break
		}
		next := *last.in
		last.in, last = &next, &next
	}
	deep = last.in != nil
	if !deep && !last.lost {
		return nil, false
	}
	last.in, last.lost = nil, false
	return &first, deep
}
