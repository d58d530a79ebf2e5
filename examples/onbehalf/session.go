package main

import (
	"fmt"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

var assistUser = permission.MustParse("user.assist")

// session stands for the login of the application. The login of a program is its API key. A user
// who has chosen to act on behalf of another one needs a permission of the application for it.
func session(r *http.Request) (usherhttp.Subject, error) {
	login, other := usher.UserID(r.Header.Get("X-User")), usher.UserID(r.Header.Get("X-For"))
	if other == "" || other == login {
		return usherhttp.Subject{Account: "acme", User: login}, nil
	}
	person := &usher.Object{
		Type: "user", ID: string(other), Account: "acme",
		Parties: map[string][]string{"user": {string(other)}},
	}
	d, err := az.Can(r.Context(), "acme", login, assistUser, person)
	switch {
	case err != nil:
		return usherhttp.Subject{}, err
	case !d.Allowed():
		return usherhttp.Subject{}, &usherhttp.Problem{
			Status: http.StatusForbidden, Detail: "You cannot act for this user.",
		}
	}
	return usherhttp.Subject{Account: "acme", User: other, By: login}, nil
}

// publish is the handler of a command. The engine requires the permissions of both users, and the
// commit names both.
func publish(w http.ResponseWriter, r *http.Request) {
	s := usherhttp.FromContext(r.Context()).Subject
	_, err := az.Do(r.Context(), account.AsUser(s.User).By(s.By), s.Account,
		account.ChangeSetting{Setting: "public", Value: true})
	if err != nil {
		guard.Refuse(w, r, err)
		return
	}
	fmt.Fprint(w, "done")
}
