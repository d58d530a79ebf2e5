package usherhttp_test

import (
	"fmt"
	"net/http"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

var inviteUsers = permission.MustParse("user.create")

// roleOf returns a role that clients can name.
func roleOf(name string) (string, error) {
	if name == "guest" || name == "member" {
		return name, nil
	}
	return "", &usherhttp.Problem{Status: http.StatusBadRequest, Detail: "There is no such role."}
}

// invite sends the invitation of the host. It gives the role for which the check was made.
func invite(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "invited as", usherhttp.FromContext(r.Context()).Gives)
}

// A route states the role that its handler gives, for rules such as "any if gives-guest".
func ExampleRoute_gives() {
	az := ushertest.New(new(noTest))
	az.Allow("mia", inviteUsers)
	guard := &usherhttp.Guard{Authorizer: az, Subject: session}
	mux, err := usherhttp.Routes{
		{
			Pattern: "POST /invitations", Permission: inviteUsers, Resource: usherhttp.WholeAccount,
			Gives:   func(r *http.Request) (string, error) { return roleOf(r.FormValue("role")) },
			Handler: http.HandlerFunc(invite),
		},
	}.Mux(guard)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(send(mux, "POST /invitations?role=guest", "Authorization=Basic bWlhOg==").Body)
	fmt.Print(send(mux, "POST /invitations?role=king", "Authorization=Basic bWlhOg==").Body)
	// Output:
	// invited as guest
	// {"type":"about:blank","title":"Bad Request","status":400,"detail":"There is no such role."}
}
