package main

import (
	"net/http"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// The permissions that the service asks for, parsed once.
var (
	enter     = permission.MustParse("account.enter")
	configure = permission.MustParse("account.configure")
	transfer  = permission.MustParse("account.transfer")
	closeDown = permission.MustParse("account.delete")

	viewUser   = permission.MustParse("user.view")
	createUser = permission.MustParse("user.create")
	setRole    = permission.MustParse("user.set-role")
	setStatus  = permission.MustParse("user.set-status")
	deleteUser = permission.MustParse("user.delete")

	createTeam  = permission.MustParse("team.create")
	setMembers  = permission.MustParse("team.set-members")
	setTeamRole = permission.MustParse("team.set-role")

	assignSeat   = permission.MustParse("seat.assign")
	unassignSeat = permission.MustParse("seat.unassign")
	purchase     = permission.MustParse("seat.purchase")

	viewCalendar   = permission.MustParse("calendar.view")
	createCalendar = permission.MustParse("calendar.create")
	editCalendar   = permission.MustParse("calendar.edit")
	deleteCalendar = permission.MustParse("calendar.delete")
	setHosts       = permission.MustParse("calendar.set-hosts")

	viewBooking   = permission.MustParse("booking.view")
	createBooking = permission.MustParse("booking.create")
	cancelBooking = permission.MustParse("booking.cancel")
	receive       = permission.MustParse("booking.receive")

	audit = permission.MustParse("audit.view")
)

// routes is the whole service: a line for each route, with what it takes and on what.
// The lists take account.enter, and select what else is allowed.
func (s *server) routes() usherhttp.Routes {
	const (
		in       = "/accounts/{account}"
		person   = in + "/people/{user}"
		member   = in + "/teams/{team}/members/{user}"
		calendar = in + "/calendars/{calendar}"
	)
	whole := usherhttp.WholeAccount
	may := func(pattern string, p permission.Permission, on usherhttp.Loader, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Permission: p, Resource: on, Handler: s.answer(h)}
	}
	open := func(pattern string, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Access: usherhttp.AnySubject, Handler: s.answer(h)}
	}
	buttons := func(pattern string) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Permission: enter, Resource: whole, Handler: s.buttons()}
	}
	return usherhttp.Routes{
		{Pattern: "GET /health", Access: usherhttp.Public, Handler: http.HandlerFunc(s.health)},

		open("POST /accounts", s.signUp),
		may("DELETE "+in, closeDown, whole, s.closeAccount),
		may("PUT "+in+"/owner", transfer, whole, s.transferOwnership),
		may("PUT "+in+"/settings/{setting}", configure, whole, s.changeSetting),

		may("GET "+in+"/people", enter, whole, s.listPeople),
		may("POST "+in+"/people", createUser, s.wishedPerson, s.addPerson),
		may("GET "+person, viewUser, onPerson("user"), s.showPerson),
		may("PUT "+person+"/role", setRole, onPerson("user"), s.setRole),
		may("PUT "+person+"/status", setStatus, onPerson("user"), s.setStatus),
		may("DELETE "+person, deleteUser, onPerson("user"), s.removePerson),
		open("POST "+in+"/invitation", s.acceptInvitation), // who is invited has no permission yet
		open("DELETE "+in+"/invitation", s.declineInvitation),

		may("POST "+in+"/teams", createTeam, s.wishedTeam, s.createTeam),
		may("PUT "+member, setMembers, onMember, s.addToTeam),
		may("DELETE "+member, setMembers, onMember, s.removeFromTeam),
		may("PUT "+member+"/roles/{role}", setTeamRole, onMember, s.setTeamRole),
		may("DELETE "+member+"/roles/{role}", setTeamRole, onMember, s.unsetTeamRole),

		may("PUT "+in+"/seats/{pool}", purchase, whole, s.buySeats),
		may("PUT "+in+"/seats/{pool}/{user}", assignSeat, onPerson("seat"), s.assignSeat),
		may("DELETE "+in+"/seats/{pool}/{user}", unassignSeat, onPerson("seat"), s.unassignSeat),

		may("GET "+in+"/calendars", enter, whole, s.listCalendars),
		may("POST "+in+"/calendars", createCalendar, s.wishedCalendar, s.createCalendar),
		may("GET "+calendar, viewCalendar, s.onCalendar, s.showCalendar),
		may("PUT "+calendar, editCalendar, s.onCalendar, s.editCalendar),
		may("PUT "+calendar+"/hosts", setHosts, s.onCalendar, s.setHosts),
		may("DELETE "+calendar, deleteCalendar, s.onCalendar, s.deleteCalendar),

		may("GET "+calendar+"/bookings", enter, whole, s.listBookings),
		may("POST "+calendar+"/bookings", createBooking, s.wishedBooking, s.book),
		may("DELETE "+in+"/bookings/{booking}", cancelBooking, s.onBooking, s.cancelBooking),

		may("GET "+in+"/journal", audit, whole, s.journal),
		may("GET "+in+"/explain", audit, whole, s.explain),
		buttons("GET " + in + "/actions"),
		buttons("POST " + in + "/actions"),
	}
}
