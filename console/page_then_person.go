package console

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

// thenPersonPage is a user at an earlier version, beside the user of today.
var thenPersonPage = page{
	Path:    "then-person",
	Visible: (*viewer).seesThen,
	Lacks:   (*viewer).lacksThen,
	Load:    loadThenPerson,
	Model:   thenPersonModel{},
	Params:  []input{versionInput, personID},
}

// thenPersonModel is the content of the page.
type thenPersonModel struct {
	Moment moment    `json:"moment"`
	Person person    `json:"person"`
	Gone   bool      `json:"gone,omitempty"` // not in the account any more
	Facts  []thenNow `json:"facts"`
	May    []mayRow  `json:"may"` // what the user could do then, by the rules of today
}

// thenNow is what the account stated about a user, and what it states today; "" for a user who
// is not in the account any more.
type thenNow struct {
	Label   string `json:"label"`
	Then    string `json:"then"`
	Now     string `json:"now"`
	Changed bool   `json:"changed,omitempty"`
}

func loadThenPerson(v *viewer, r *http.Request) (any, error) {
	p, err := v.past(r)
	if err != nil {
		return nil, err
	}
	id := usher.UserID(r.URL.Query().Get("id"))
	then, existed := p.then.User(id)
	if !existed || !p.seesEver(id) {
		return nil, usherhttp.ErrNotFound
	}
	m := thenPersonModel{Moment: p.moment(), Person: v.named(id), Gone: !v.exists(id)}
	now := v.sees(id)
	today := make([]fact, len(v.facts(then)))
	if now.exists {
		today = v.facts(now.member)
	}
	for i, f := range v.facts(then) {
		m.Facts = append(m.Facts, thenNow{f.Label, f.Text, today[i].Text, f.Text != today[i].Text})
	}
	m.May, err = v.mayRowsAt(p.then.State(), id, p.then.Time())
	return m, err
}
