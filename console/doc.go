// Package console answers two questions inside the host's own application: which users does
// this account have, and what may each of them do? It is an http.Handler with pages on which
// the users of an account look up and change people, roles, teams and seats.
//
//	pages, err := console.New(console.Options{Engine: e, Subject: session, People: profiles})
//	mux.Handle("/people/", http.StripPrefix("/people", pages))
//
// The host authenticates: Options.Subject returns the user who sends a request, and without it
// New returns an error. The engine decides everything else. A page shows the users that the
// viewer may see, and offers the changes that the engine would accept now; no role is treated
// in a special way. So the pages follow the policy that guards the rest of the host.
//
// Before a change, a page shows its effects: seats, and the permissions gained and lost. The
// confirmation fits the damage. A form carries the version of the account that it was made
// from; if another user changed the same meanwhile, nothing happens, and the page shows both
// versions.
//
// The Console works under any prefix, with http.StripPrefix or without, behind proxies, and
// without JavaScript. It rejects forms from other sites, and needs no inline code or style.
// Every page is also JSON: send Accept: application/json, or format=json in the query. Errors
// are problem documents, as in package usherhttp. The document openapi.json describes all of it.
//
// The record is the audit log, for viewers with audit.view on the account as a whole. It shows
// the ids that the journal contains, also those of users that the viewer may not see, with the
// names of users that the viewer may see. A policy can hide its fields actor, changes and note.
//
// The seat ledger shows how many seats were bought and held in a period. It follows from the record, so
// it needs the same permission, and a policy that hides the changes hides it.
//
// A conflict shows viewers who may not see the record the changes of the last 24 hours, of the
// users that they may see. Other viewers see all changes since the form was made.
//
// # Adding a page
//
// A page is one file and one line. The file page_NAME.go has:
//
//   - a variable of type page: its Path, whether it is in the navigation, the permission that
//     opens it (Visible and Lacks), its parameters, and its actions
//   - a model: a struct with json tags, which Load returns and which is the document of the
//     JSON response. Load asks the viewer, never the engine's options: v.sees(user) for what a
//     viewer may see of a user, v.may(permission, resource), v.mayAny(permission), and
//     v.control(action, command) for a form that the engine accepts now. v.lookUp(ids...)
//     reads the profiles of all users of a page in one call; v.person(id) then names a user.
//   - actions: each turns a form into commands, one batch, all or nothing. Notes adds sentences
//     to the confirmation, if the preview does not show all that follows. The frame does the
//     rest: the preview, the confirmation, the version, rejections, conflicts, the message.
//   - formats, if other programs read the page: each writes a file while it reads the rows.
//
// The line goes into the list pages of pages.go. The template templates/NAME.html defines
// "main"; it gets a frame: {{$.T "key"}} is a text, .Model the model, {{template "hidden" $}}
// belongs into each form with method="post", and {{template "do" ($.Do .Control "field"
// "value")}} is a form that is only a button, and {{template "choose" …}} one with a choice. The texts NAME.title, NAME.ACTION (the button) and
// NAME.ACTION.done (the message) go into each file of texts. Tests derived from the list then
// open the page and send its forms as every kind of viewer; samples_test.go has the parameters
// and the texts that they use.
package console
