package mirror

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/sqljournal"
)

// requestRows returns the rows of the open requests of an account, which were made at the times of
// commits.
func requestRows(s *account.State, made map[uint64]time.Time) (map[key]values, error) {
	rows := map[key]values{}
	for r := range s.View(nil).Requests(time.Time{}, 0) {
		v, err := rowOfRequest(r, made[r.Version])
		if err != nil {
			return nil, err
		}
		rows[requestKey(r.ID)] = v
	}
	return rows, nil
}

// rowsOf yields the rows of an account, with those of its open requests.
func rowsOf(s *account.State, open map[key]values) iter.Seq2[key, values] {
	return func(yield func(key, values) bool) {
		for k, v := range open {
			if !yield(k, v) {
				return
			}
		}
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
		for h := range view.AllRolesOn() {
			for _, name := range h.Roles {
				if !yield(atOn(h.Holder, h.On, string(name)), values{}) {
					return
				}
			}
		}
	}
}

func rowsOfMember(m account.Member, yield func(key, values) bool) bool {
	if !yield(at(members, m.ID), values{string(m.Role), m.Status.String(), kindOf(m.Kind)}) {
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
func rebuild(ctx context.Context, conn sqljournal.Conn, in Tables, s *account.State, made map[uint64]time.Time) error {
	id := string(s.ID())
	if err := checkText("account", id); err != nil {
		return err
	}
	var b batch
	b.wipe(id)
	open, err := requestRows(s, made)
	if err != nil {
		return err
	}
	for k, v := range rowsOf(s, open) {
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
