package usherhttp_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

// Event is a type of the host that is guarded and masked.
type Event struct {
	Calendar
	Start string
	Title string `usher:"title"`
}

var shown = mask.MustFor[*Event](mask.Placeholders{"title": "Booked"})

var events = map[string]*Event{
	"e1": {Calendar{ID: "e1", Company: "acme"}, "09:00", "Dentist"},
}

func event(r *http.Request) (usher.Resource, error) {
	e, ok := events[r.PathValue("id")]
	if !ok {
		return nil, usherhttp.ErrNotFound
	}
	return e, nil
}

func show(w http.ResponseWriter, r *http.Request) {
	e, _ := usherhttp.Loaded[*Event](r.Context())
	e = shown.Apply(usherhttp.FromContext(r.Context()).Decision, e)
	fmt.Fprintf(w, "%s %s\n", e.Start, e.Title)
}

// session is the host's function that identifies the user.
func session(r *http.Request) (usherhttp.Subject, error) {
	user, _, ok := r.BasicAuth()
	if !ok {
		return usherhttp.Subject{}, usherhttp.ErrNoSubject
	}
	return usherhttp.Subject{Account: "acme", User: usher.UserID(user)}, nil
}

func Example() {
	var t testing.TB = new(noTest) // a service uses an engine instead of az
	az := ushertest.New(t)
	az.Allow("mia", view).Hiding("title")

	guard := &usherhttp.Guard{Authorizer: az, Subject: session}
	mux, err := usherhttp.Routes{
		{Pattern: "GET /events/{id}", Permission: view, Resource: event, Conceal: true, Handler: http.HandlerFunc(show)},
		{Pattern: "GET /healthz", Access: usherhttp.Public, Handler: through},
	}.Mux(guard)
	if err != nil {
		fmt.Println(err)
		return
	}

	const mia, max = "Authorization=Basic bWlhOg==", "Authorization=Basic bWF4Og=="
	fmt.Print(send(mux, "GET /events/e1", mia).Body)
	fmt.Print(send(mux, "GET /events/e1", max).Body)
	fmt.Print(send(mux, "GET /events/e2", mia).Body)
	fmt.Print(send(mux, "GET /events/e1").Body)
	// Output:
	// 09:00 Booked
	// {"type":"about:blank","title":"Not Found","status":404,"detail":"This item does not exist, or you cannot see it."}
	// {"type":"about:blank","title":"Not Found","status":404,"detail":"This item does not exist, or you cannot see it."}
	// {"type":"about:blank","title":"Unauthorized","status":401,"detail":"Please sign in."}
}

func ExampleActions() {
	az := ushertest.New(new(noTest))
	az.Allow("mia", view)
	az.Allow("mia", edit, usher.Ref{Type: "calendar", ID: "e1"})

	buttons := &usherhttp.Actions{
		Guard:       &usherhttp.Guard{Authorizer: az, Subject: session},
		Permissions: []permission.Permission{view, edit},
		Load: func(_ *http.Request, refs []usher.Ref) ([]usher.Resource, error) {
			var list []usher.Resource
			for _, ref := range refs {
				if e, ok := events[ref.ID]; ok {
					list = append(list, e)
				}
			}
			return list, nil
		},
	}
	fmt.Print(send(buttons, "GET /actions?on=calendar:e1&on=calendar:e2", "Authorization=Basic bWlhOg==").Body)
	// Output: {"resources":[{"type":"calendar","id":"e1","actions":["calendar.view","calendar.edit"]},{"type":"calendar","id":"e2","actions":[]}]}
}

// noTest replaces the *testing.T, which an example does not have.
type noTest struct{ testing.TB }

func (*noTest) Cleanup(func()) {}
