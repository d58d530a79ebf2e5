package console

import (
	"net/http"
	"strings"

	"github.com/usher-go/usher/account"
)

// pages lists the pages in the order of the navigation. A new page is one file and one line
// here; doc.go describes how to write it. Routing, navigation, JSON, the OpenAPI document, and
// the tests of every page for every viewer are derived from this list.
var pages []page

func init() {
	pages = []page{
		peoplePage,
		personPage,
		schedulePage,
		invitationsPage,
		requestsPage,
		teamsPage,
		teamPage,
		sharesPage,
		rolesPage,
		customRolesPage,
		seatsPage,
		seatLedgerPage,
		settingsPage,
		fieldsPage,
		recordPage,
		thenPage,
		thenPersonPage,
		ownershipPage,
	}
}

// page is a page of the Console. Its title is the text "PATH.title", its template
// templates/PATH.html.
type page struct {
	Path string // the path and the name: people

	// InMenu states that the navigation has a link to the page. Other pages are reached from
	// a page in the menu, and need parameters.
	InMenu bool

	// Visible reports whether the viewer may see the page at all. Otherwise the navigation
	// leaves it out, and its path shows what the viewer lacks.
	Visible func(*viewer) bool

	// Lacks is the permission that a viewer needs who may not see the page.
	Lacks func(*viewer) missing

	// Load returns what the page shows: a struct, which is the document of the JSON response
	// and the .Model of the template. It returns usherhttp.ErrNotFound for something that
	// does not exist or that the viewer may not see.
	Load func(*viewer, *http.Request) (any, error)

	Model   any      // the zero value of what Load returns, for the OpenAPI document
	Params  []input  // the parameters in the query of the address
	Actions []action // what can be done on the page
	Formats []format // further formats of the page, besides HTML and JSON
}

// action is a change that a form of a page makes. Its path is PAGE/NAME; its texts are
// "PAGE.NAME", the label of the button, and "PAGE.NAME.done", the message after it.
type action struct {
	Name   string
	Inputs []input // the fields of the form, besides those that every form has

	// Commands returns the commands of the form: one batch, all or nothing. It returns an
	// *inputError for a field that cannot be read.
	Commands func(*viewer, form) ([]account.Command, error)

	// Notes returns sentences about what the commands mean beyond the preview, which names only
	// the users that the changes name. The confirmation shows them. Default: none.
	Notes func(*viewer, []account.Command) []string

	// After returns the page to which the browser goes after the change, with its query.
	// Default: the page of the form, as the viewer saw it.
	After func(*viewer, form) (path string, query map[string][]string)
}

// input is a field of a form, or a parameter of a page.
type input struct {
	Name string
	Kind string // the kind of the value, for the description in openapi.json: text, user, role, date
	Many bool   // the field may occur several times
	Must bool   // the field must not be empty
}

// find returns the page and the action at a path; nil if there is none.
func find(path string) (*page, *action) {
	name, act, hasAction := strings.Cut(path, "/")
	for i := range pages {
		if pages[i].Path != name {
			continue
		}
		if !hasAction {
			return &pages[i], nil
		}
		for j := range pages[i].Actions {
			if pages[i].Actions[j].Name == act {
				return &pages[i], &pages[i].Actions[j]
			}
		}
	}
	return nil, nil
}

// menu returns the pages of the navigation that the viewer may see.
func (v *viewer) menu() (list []*page) {
	for i := range pages {
		if pages[i].InMenu && pages[i].Visible(v) {
			list = append(list, &pages[i])
		}
	}
	return list
}
