// Package usherhttp guards handlers of net/http: may the user who sends this request do
// this to the resource that it names? Create one [Guard] in main. The host (the
// application that embeds usher) tells it how to identify the user, and for each route how
// to load the resource.
//
//	guard := &usherhttp.Guard{
//		Authorizer: e,       // an *engine.Engine, or another usher.Authorizer
//		Subject:    session, // func(*http.Request) (usherhttp.Subject, error)
//		MarkActive: e.MarkActive,
//	}
//	mux.Handle("PUT /calendars/{id}", guard.Require(editCalendar, load)(edit)) // load is a Loader
//	router.With(guard.Conceal(viewCalendar, load)).Get("/calendars/{id}", show) // with chi
//
// Guards are middleware: func(http.Handler) http.Handler. [Routes] is a route table, which
// tests can check for routes without a guard.
//
// The context of the request has the subject, the resource that was loaded, and the
// decision:
//
//	calendar, _ := usherhttp.Loaded[*Calendar](r.Context())
//	calendar = masked.Apply(usherhttp.FromContext(r.Context()).Decision, calendar) // a mask.Mask
//
// # Several checks
//
// A handler that makes more checks than its guard uses the Asker that the guard has made and used:
// the user and the account are found once, and all decisions are about one version.
//
//	asker := usherhttp.Asking(r.Context())
//	for _, event := range calendar.Events {
//		d, err := asker.Check(editEvent, event)
//		…
//	}
//
// # Refusals
//
// A refusal is a [Problem], an application/problem+json document of RFC 9457:
//
//	401  the user is not logged in, and rules of visitors do not allow the request
//	403  the request was denied
//	404  the resource does not exist, or its existence is concealed
//	409  a command conflicts with the state of the account
//	413  a request names more resources than Actions.Limit allows
//	422  a command is invalid in any state, or an idempotency key was reused
//	500  the program is wrong, for example a resource has no account; the log has details
//	503  a decision is not possible now, because the engine or the host's storage fails
//
// A handler that submits commands to an engine needs no permission check before it: the
// engine checks the permission and makes the change in one step. Its route has AnySubject
// or RequireSubject, and it passes errors of Submit to Refuse:
//
//	_, err := e.Submit(r.Context(), engine.Batch{
//		Actor: account.AsUser(s.User), Account: s.Account, Context: s.Context, // s is the Subject
//		Commands: []account.Command{account.AssignSeat{User: user, Pool: "booking"}},
//	})
//	if err != nil {
//		guard.Refuse(w, r, err) // 403 if it is denied, 409 if no seat is left
//		return
//	}
//
// The body is for the user: a sentence, the permission, the reason. Rules, their places in
// files, and errors go only to the log. A user who does not belong to the account, or whose
// account does not exist, sees neither the reason nor the permission. A Subject without an
// account gets 500 on routes that check a permission, because the session code is wrong.
//
// # Visitors
//
// A policy can have rules of visitors, for public pages. If Guard.Subject returns [Anyone] for
// a request without a login, these rules apply. A route needs no other settings: it stays
// closed to visitors unless a rule opens its permission. MarkActive is not called for visitors,
// and they run no commands.
//
// Everything fails closed. The handler is called only if the user was identified, the
// resource was loaded, and the request was allowed. It is not called for a zero Guard, if a
// function is missing, or after a panic in a function; the panic goes on to net/http.
//
// A 503 has a Retry-After header, so that clients retry later: see Guard.RetryAfter.
//
// # Several instances
//
// If several instances of a service share a store, an instance sees commits of the others a
// moment later. With Guard.AtLeast, users see their own changes on every instance: the
// handler that made a commit calls [Guard.NoteVersion], and later requests of that client
// are decided on that version or a newer one.
//
//	result, err := e.Submit(r.Context(), batch)
//	if err == nil {
//		guard.NoteVersion(w, r, batch.Account, result.Version)
//	}
//
// # Headers
//
// Refusals have the header Cache-Control: no-store. Responses of guarded handlers have
// Cache-Control: private, unless the handler sets the header; a nil value suppresses it. A
// value that was set outside of the guard is kept if it contains private or no-store. To
// set the header, the guard wraps the http.ResponseWriter. The wrapper implements
// http.Flusher, http.Hijacker, http.Pusher and io.ReaderFrom if the outer writer does, and
// Unwrap for http.ResponseController. With it, http.MaxBytesReader does not close the
// connection by itself.
//
// A guard checks OPTIONS like every other method. CORS preflight requests have no
// credentials, so their handler must be outside of the guard.
package usherhttp
