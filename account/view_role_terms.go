package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// RoleTerm is a time for which a role on a resource is held.
type RoleTerm struct {
	Role  role.Name
	From  time.Time // the zero time if the role is held now
	Until time.Time // the zero time if no end is scheduled
	Entry int       // the ID of the ScheduleEntry that begins it, for [Cancel]; 0 if the role is held now
}

// RoleTerms are the roles that a user or a team holds on one resource, and those that begin later.
type RoleTerms struct {
	Holder
	On    usher.Ref
	Terms []RoleTerm // sorted by role and then by time, not empty
}

// TermsOn yields the users and the teams of HoldersOf, and those whose roles on the resource all begin
// later, with the times of the roles. Order and cursor are those of HoldersOf. The cost of a page is in
// proportion to the holders, and to what is scheduled for those on the page.
//
// The times are a forecast. Commands can change them, and a role does not begin if that is not
// possible at its time.
func (v View) TermsOn(on usher.Ref, after Holder) iter.Seq[RoleTerms] {
	if after.Team != "" {
		after.User = ""
	}
	start := roleOnEntry{new(ScheduleEntry), holding{after, on}, ""}
	later := func(yield func(roleOnEntry) bool) {
		v.read().scheduled().rolesOn.eachFrom(start, func(e roleOnEntry) bool {
			return e.of.on == on && (e.of.Holder == after || yield(e))
		})
	}
	return withTerms(v.HoldersOf(on, after), later)
}

// TermsOf yields the resources of ResourcesOfUser or ResourcesOfTeam, and those on which all roles of the
// holder begin later, with the times of the roles as TermsOn has them. Order and cursor are those of
// ResourcesOfUser. The cost of a page is in proportion to the resources of the holder, and to what is
// scheduled for the holder, which is at most MaxScheduledOfOne entries.
func (v View) TermsOf(h Holder, after usher.Ref) iter.Seq[RoleTerms] {
	if h.Team != "" {
		h.User = ""
	}
	start := holding{h, after}
	var later []roleOnEntry
	for _, e := range v.read().scheduled().ofSubject(slot{user: h.User, team: h.Team}.subject()) {
		if on, ok := e.roleOn(); ok && start.compare(on.of) < 0 {
			later = append(later, on)
		}
	}
	slices.SortFunc(later, roleOnEntry.compare)
	return withTerms(v.read().on.resourcesOf(h, after), slices.Values(later))
}

// withTerms yields the roles that are held, with what is scheduled about them, and the roles that begin
// later. Both sequences are in the order of holdings.
func withTerms(held iter.Seq[RolesOn], later iter.Seq[roleOnEntry]) iter.Seq[RoleTerms] {
	return func(yield func(RoleTerms) bool) {
		next, stop := iter.Pull(later)
		defer stop()
		e, more := next()
		var own []roleOnEntry
		takeOwn := func(h holding) { // what is scheduled about a holding
			for own = own[:0]; more && e.of == h; e, more = next() {
				own = append(own, e)
			}
		}
		yieldTerms := func(h holding, roles []role.Name) bool {
			terms := termsOf(roles, own)
			return len(terms) == 0 || yield(RoleTerms{h.Holder, h.on, terms})
		}
		for of := range held {
			h := holding{of.Holder, of.On}
			for more && e.of.compare(h) < 0 {
				begins := e.of
				if takeOwn(begins); !yieldTerms(begins, nil) {
					return
				}
			}
			if takeOwn(h); !yieldTerms(h, of.Roles) {
				return
			}
		}
		for more {
			begins := e.of
			if takeOwn(begins); !yieldTerms(begins, nil) {
				return
			}
		}
	}
}

// termsOf returns the times of the roles of one holding: those held now, and those in the schedule. Both
// lists are sorted.
func termsOf(held []role.Name, later []roleOnEntry) (terms []RoleTerm) {
	for len(held) > 0 || len(later) > 0 {
		var t RoleTerm
		holds := len(later) == 0 || len(held) > 0 && held[0] <= later[0].role
		if holds {
			t.Role, held = held[0], held[1:]
		} else {
			t.Role = later[0].role
		}
		for ; len(later) > 0 && later[0].role == t.Role; later = later[1:] {
			e := later[0]
			switch _, gives := e.Command.(GiveRoleOn); {
			case gives && !holds:
				t, holds = RoleTerm{Role: t.Role, From: e.At, Entry: e.ID}, true
			case !gives && holds:
				t.Until, holds = e.At, false
				terms = append(terms, t)
			}
		}
		if holds {
			terms = append(terms, t)
		}
	}
	return terms
}
