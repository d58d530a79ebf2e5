package mirror

import (
	"context"
	"iter"
	"strconv"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/sqljournal"
)

// rowsOf yields the rows of an account.
func rowsOf(s *account.State) iter.Seq2[key, values] {
	return func(yield func(key, values) bool) {
		view := s.View(nil)
		for _, p := range view.Seats() {
			if p.Total > 0 && !yield(at(seatPools, p.Pool), values{strconv.Itoa(p.Total)}) {
				return
			}
		}
		for t := range view.Teams("") {
			if !yield(at(teams, t.ID), values{string(t.Parent)}) {
				return
			}
		}
		for m := range view.Users("") {
			if !rowsOfMember(m, yield) {
				return
			}
		}
	}
}

func rowsOfMember(m account.Member, yield func(key, values) bool) bool {
	if !yield(at(members, m.ID), values{string(m.Role), m.Status.String()}) {
		return false
	}
	for _, name := range m.Beside {
		if !yield(at2(rolesBeside, m.ID, name), values{}) {
			return false
		}
	}
	for _, in := range m.Teams {
		if !yield(at2(teamMembers, in.Team, m.ID), values{}) {
			return false
		}
		for _, r := range in.Roles {
			if !yield(at3(teamRoles, in.Team, m.ID, r), values{}) {
				return false
			}
		}
	}
	for _, out := range m.Outside {
		for _, r := range out.Roles {
			if !yield(at3(teamRoles, out.Team, m.ID, r), values{}) {
				return false
			}
		}
	}
	for _, pool := range m.Seats {
		if !yield(at2(seats, pool, m.ID), values{}) {
			return false
		}
	}
	for _, g := range m.Grants {
		if !yield(at2(grants, m.ID, g.Name), values{end(g.Until)}) {
			return false
		}
	}
	return true
}

// rebuildBatch is how many rows one group of statements writes.
const rebuildBatch = 20_000

// rebuild replaces all rows of an account by those of a state. The Conn must be a transaction in
// which no other writes the account. It returns ErrRefused for an id that cannot be stored as text.
func rebuild(ctx context.Context, conn sqljournal.Conn, in Tables, s *account.State) error {
	id := string(s.ID())
	if err := checkText("account", id); err != nil {
		return err
	}
	var b batch
	b.wipe(id)
	for k, v := range rowsOf(s) {
		if err := checkRow(id, k, v); err != nil {
			return err
		}
		b.write(id, k, v)
		if b.len == rebuildBatch {
			if err := b.exec(ctx, conn, in); err != nil {
				return err
			}
		}
	}
	return b.exec(ctx, conn, in)
}

// erase deletes all rows of an account.
func erase(ctx context.Context, conn sqljournal.Conn, in Tables, id string) error {
	if checkText("account", id) != nil {
		return nil // it has none
	}
	var b batch
	b.wipe(id)
	return b.exec(ctx, conn, in)
}
