package console_test

import "net/url"

// samples contains the queries with which tests open a page that needs parameters.
var samples = map[string]func(*world) []url.Values{
	"person": func(w *world) (list []url.Values) {
		for _, id := range w.users() {
			list = append(list, url.Values{"id": {string(id)}})
		}
		return list
	},
	"team": func(w *world) (list []url.Values) {
		for _, id := range append(w.teams(), "not-a-team") {
			list = append(list, url.Values{"id": {string(id)}, "find": {"a"}})
		}
		return list
	},
	"shares": func(w *world) []url.Values {
		return []url.Values{
			{"user": {"mia"}}, {"user": {"max"}}, {"team": {"photo"}}, {"type": {"album"}, "id": {"spring"}, "find": {"m"}}, {"type": {"album"}, "id": {"autumn"}},
		}
	},
	"then": func(*world) []url.Values {
		return []url.Values{{"version": {"1"}}, {"version": {"2"}}, {"version": {"x"}}}
	},
	"then-person": func(w *world) (list []url.Values) {
		for _, id := range w.users() {
			list = append(list, url.Values{"version": {"1"}, "id": {string(id)}})
		}
		return list
	},
}

// typed contains what tests type into the fields of an action. They leave all other fields
// empty.
var typed = map[string]string{
	"people/add user":           "new-1",
	"invitations/invite user":   "new-1",
	"teams/create team":         "new-team",
	"team/create team":          "new-team",
	"person/give-grant until":   "2999-12-31",
	"fields/define field":       "new-1",
	"fields/rename to":          "new-2",
	"seats/set total":           "9",
	"custom-roles/define title": "Planner",
}

// fill returns what a viewer types into a field of an action.
func fill(path, name string) string { return typed[path+" "+name] }
