// Package usherhttp stands before the handlers of net/http: "may whoever sends this
// request do this to what it names?" A [Guard] is made once, in main; the host tells
// it how to find out who asks, and for each route which resource it means.
//
//	guard := &usherhttp.Guard{
//		Authorizer: e,
//		Subject:    session, // func(*http.Request) (usherhttp.Subject, error)
//		Seen:       e.Seen,
//	}
//	mux.Handle("PUT /calendars/{id}", guard.Require(editCalendar, calendar)(edit))
//	router.With(guard.Conceal(viewCalendar, calendar)).Get("/calendars/{id}", show) // chi
//
// What a guard returns is a func(http.Handler) http.Handler. [Routes] is the same as
// a table, which can be tested for a route that nobody guards.
//
// The handler finds in the context who asks, what was loaded, and the decision:
//
//	calendar, _ := usherhttp.Loaded[*Calendar](r.Context())
//	calendar = shown.Apply(usherhttp.FromContext(r.Context()).Decision, calendar)
//
// # Refusals
//
// A refusal is a [Problem], an application/problem+json of RFC 9457:
//
//	401  nobody has logged in
//	403  it was denied
//	404  there is nothing, or nothing whose existence may show
//	409  a command was refused as things are
//	413  more was asked for than Actions.Limit allows
//	422  a command was refused whatever things are, or a key was used for another one
//	500  something is wrong with the program, such as a resource without an account: see the log
//	503  it cannot be decided now: the engine or the host's storage does not answer
//
// A handler that gives an engine a command asks for no permission before: the engine
// decides, in one step with the change. Its route has AnySubject, or a RequireSubject,
// and what Submit refuses goes to Refuse:
//
//	_, err := e.Submit(r.Context(), engine.Batch{
//		Actor: account.AsUser(who.User), Account: who.Account, Context: who.Context, // who is the Subject
//		Commands: []account.Command{account.AssignSeat{User: user, Pool: "booking"}},
//	})
//	if err != nil {
//		guard.Refuse(w, r, err) // 403 if it is denied, 409 if no seat is left
//		return
//	}
//
// The body is for the user: a sentence, the permission, the reason. Rules, places in
// files and errors go to the log. Who is no user of the account, and whose account
// does not exist, is told neither the reason nor the permission. Whose Subject names
// no account at all is answered with 500 where a permission is asked for: the session
// forgot it.
//
// Everything fails closed. The handler is called if somebody was identified, the
// resource was loaded and the answer was yes, and in no other case: not for the zero
// Guard, nor for a function that is missing, nor after a panic in one, which goes on to
// net/http.
//
// A 503 carries Retry-After, see Guard.RetryAfter. Refusals carry Cache-Control:
// no-store. Responses of handlers behind a guard carry Cache-Control: private, unless
// the handler sets the header: to a nil value if there is to be none. What was set
// outside of the guard counts if it says private or no-store. For this the handler gets
// a writer of its own, with the methods of the usual interfaces (http.Flusher,
// http.Hijacker, http.Pusher, io.ReaderFrom) as far as the writer outside has them, and
// with Unwrap for http.ResponseController. Behind it, http.MaxBytesReader does not close
// the connection by itself.
//
// A guard asks of OPTIONS what it asks of every method. Requests of a browser ahead
// of others from a foreign origin bring no credentials; whatever answers them stands
// before the guard.
package usherhttp
