package main

import (
	"net/http"
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// The permissions that the service checks, parsed once. The engine checks the permissions
// of commands.
var (
	enter = permission.MustParse("account.enter")
	audit = permission.MustParse("audit.view")

	viewUser   = permission.MustParse("user.view")
	setRole    = permission.MustParse("user.set-role")
	setStatus  = permission.MustParse("user.set-status")
	deleteUser = permission.MustParse("user.delete")

	viewCalendar   = permission.MustParse("calendar.view")
	createCalendar = permission.MustParse("calendar.create")
	editCalendar   = permission.MustParse("calendar.edit")
	deleteCalendar = permission.MustParse("calendar.delete")
	setHosts       = permission.MustParse("calendar.set-hosts")
	shareCalendar  = permission.MustParse("calendar.share")

	purchaseSeats  = permission.MustParse("seat.purchase")
	declineRequest = permission.MustParse("request.decline")

	viewBooking   = permission.MustParse("booking.view")
	createBooking = permission.MustParse("booking.create")
	cancelBooking = permission.MustParse("booking.cancel")
	receive       = permission.MustParse("booking.receive")
)

// elsewhere are the permissions that are checked outside the routes: for buttons, and in
// handlers.
var elsewhere = append(slices.Clone(buttons), createBooking, receive, declineRequest, purchaseSeats)

// routes is the table of all routes, each with its permission and its resource. Lists
// require account.enter, and contain only rows that the subject may view. Commands require
// no permission here: their handlers submit them to the engine, which decides and applies
// them in one step.
func (s *server) routes() usherhttp.Routes {
	const (
		in       = "/accounts/{account}"
		person   = in + "/people/{user}"
		member   = in + "/teams/{team}/members/{user}"
		calendar = in + "/calendars/{calendar}"
		shares   = calendar + "/shares"
		request  = in + "/requests/{request}"
		week     = in + "/week"
	)
	whole := usherhttp.WholeAccount
	// For a denied request, may returns 403 with the reason, and conceal returns 404. seen
	// returns 403 with the reason if the subject may view the resource, and otherwise 404.
	may := func(pattern string, p permission.Permission, on usherhttp.Loader, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Permission: p, Resource: on, Handler: s.answer(h)}
	}
	conceal := func(pattern string, p permission.Permission, on usherhttp.Loader, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Permission: p, Resource: on, Conceal: true, Handler: s.answer(h)}
	}
	seen := func(pattern string, view, p permission.Permission, on usherhttp.Loader, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, HideUnless: view, Permission: p, Resource: on, Handler: s.answer(h)}
	}
	form := func(pattern string, view, p permission.Permission, on usherhttp.Loader, h http.Handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, HideUnless: view, Permission: p, Resource: on, Handler: h}
	}
	command := func(pattern string, h handler) usherhttp.Route {
		return usherhttp.Route{Pattern: pattern, Access: usherhttp.AnySubject, Handler: s.answer(h)}
	}
	return usherhttp.Routes{
		{Pattern: "GET /{$}", Access: usherhttp.Public, Handler: http.HandlerFunc(s.home)},
		{Pattern: "GET /style/{file}", Access: usherhttp.Public, Handler: http.HandlerFunc(style)},
		{Pattern: "GET /favicon.ico", Access: usherhttp.Public, Handler: http.HandlerFunc(favicon)},
		{Pattern: "POST /demo-user", Access: usherhttp.Public, Handler: http.HandlerFunc(choose)},
		{Pattern: "GET /health", Access: usherhttp.Public, Handler: http.HandlerFunc(s.health)},

		command("POST /accounts", s.signUp),
		command("DELETE "+in, s.closeAccount),
		command("PUT "+in+"/owner", s.transferOwnership),
		command("PUT "+in+"/settings/{setting}", s.changeSetting),

		may("GET "+in+"/people", enter, whole, s.listPeople),
		conceal("GET "+person, viewUser, onPerson, s.showPerson),
		command("POST "+in+"/people", s.addPerson),
		command("PUT "+person+"/role", s.setRole),
		command("PUT "+person+"/status", s.setStatus),
		command("DELETE "+person, s.removePerson),
		command("POST "+in+"/invitation", s.acceptInvitation),
		command("DELETE "+in+"/invitation", s.declineInvitation),
		command("POST "+in+"/invitations", s.invite),
		command("POST "+in+"/invitations/{key}", s.join),
		command("DELETE "+in+"/invitations/{key}", s.revokeInvitation),

		command("POST "+in+"/teams", s.createTeam),
		command("PUT "+member, s.addToTeam),
		command("DELETE "+member, s.removeFromTeam),
		command("PUT "+member+"/roles/{role}", s.setTeamRole),
		command("DELETE "+member+"/roles/{role}", s.unsetTeamRole),

		command("PUT "+in+"/seats/{pool}", s.buySeats),
		command("PUT "+in+"/seats/{pool}/{user}", s.assignSeat),
		command("DELETE "+in+"/seats/{pool}/{user}", s.unassignSeat),

		may("GET "+in+"/roles", enter, whole, s.listRoles),
		command("POST "+in+"/roles", s.defineRole),
		command("PUT "+in+"/roles/{role}", s.changeRole),
		command("DELETE "+in+"/roles/{role}", s.deleteRole),

		may("GET "+in+"/requests", enter, whole, s.listRequests),
		command("POST "+in+"/requests", s.makeRequest),
		command("POST "+request+"/approval", s.approveRequest),
		command("POST "+request+"/withdrawal", s.withdrawRequest),
		command("DELETE "+request, s.declineRequest),

		may("GET "+in+"/calendars", enter, whole, s.listCalendars),
		may("POST "+in+"/calendars", createCalendar, requestedCalendar, s.createCalendar),
		conceal("GET "+calendar, viewCalendar, s.onCalendar, s.showCalendar),
		seen("PUT "+calendar, viewCalendar, editCalendar, s.onCalendar, s.editCalendar),
		seen("PUT "+calendar+"/hosts", viewCalendar, setHosts, s.onCalendar, s.setHosts),
		seen("DELETE "+calendar, viewCalendar, deleteCalendar, s.onCalendar, s.deleteCalendar),
		seen("GET "+shares, viewCalendar, shareCalendar, s.onCalendar, s.listShares),
		seen("PUT "+shares+"/users/{user}", viewCalendar, shareCalendar, s.onCalendar, s.share),
		seen("DELETE "+shares+"/users/{user}/{role}", viewCalendar, shareCalendar, s.onCalendar, s.unshare),
		seen("PUT "+shares+"/teams/{team}", viewCalendar, shareCalendar, s.onCalendar, s.share),
		seen("DELETE "+shares+"/teams/{team}/{role}", viewCalendar, shareCalendar, s.onCalendar, s.unshare),

		may("GET "+calendar+"/bookings", enter, whole, s.listBookings),
		conceal("POST "+calendar+"/bookings", viewCalendar, s.onCalendar, s.book), // checks booking.create when the host is known
		seen("DELETE "+in+"/bookings/{booking}", viewBooking, cancelBooking, s.onBooking, s.cancelBooking),

		{Pattern: "GET " + week, Permission: enter, Resource: whole, Handler: s.weekPage()},
		{Pattern: "POST " + week + "/calendars/{calendar}/book", Permission: viewCalendar, Resource: s.onCalendar, Conceal: true, Handler: s.form("booked", s.bookForm)}, // checks booking.create when the host is known
		form("POST "+week+"/calendars/{calendar}/rename", viewCalendar, editCalendar, s.onCalendar, s.form("renamed", s.renameForm)),
		form("POST "+week+"/bookings/{booking}/cancel", viewBooking, cancelBooking, s.onBooking, s.form("canceled", s.cancelForm)),

		may("GET "+in+"/journal", audit, whole, s.journal),
		may("GET "+in+"/explain", audit, whole, s.explain),
		{Pattern: "GET " + in + "/actions", Permission: enter, Resource: whole, Handler: s.actions()},
		{Pattern: "POST " + in + "/actions", Permission: enter, Resource: whole, Handler: s.actions()},
	}
}
