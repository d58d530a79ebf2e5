package readme_test

import (
	"database/sql"
	"encoding/json"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// The README shows what stands here; a test compares the two.

// Calendar is a type of the host's own. Three methods make it a resource.
type Calendar struct {
	ID, Title string
	Company   usher.AccountID
	Hosts     []string
}

func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }

func (c *Calendar) InAccount() usher.AccountID { return c.Company }

func (c *Calendar) Party(name string) (ids []string, known bool) {
	switch name {
	case "host":
		return c.Hosts, true
	case "team":
		return nil, true // no calendar here is hosted by a team
	}
	return nil, false
}

// Parsed once, like regular expressions.
var (
	viewCalendar = permission.MustParse("calendar.view")
	editCalendar = permission.MustParse("calendar.edit")
)

// service is what the handlers need.
type service struct {
	guard  *usherhttp.Guard
	engine *engine.Engine
	db     *sql.DB
}

func (s *service) routes() usherhttp.Routes {
	return usherhttp.Routes{
		{Pattern: "GET /calendars", Access: usherhttp.AnySubject, Handler: http.HandlerFunc(s.list)},
		{Pattern: "PUT /calendars/{id}", Permission: editCalendar, Resource: s.calendar, Visible: viewCalendar, Handler: http.HandlerFunc(s.rename)},
		{Pattern: "PUT /seats/{user}", Access: usherhttp.AnySubject, Handler: s.command(giveSeat)},
		{Pattern: "PUT /owner/{user}", Access: usherhttp.AnySubject, Handler: s.command(handOver)},
	}
}

// calendar loads what a route is about, before anything is decided.
func (s *service) calendar(r *http.Request) (usher.Resource, error) {
	c := &Calendar{ID: r.PathValue("id")}
	var hosts string
	err := s.db.QueryRowContext(r.Context(), `
		SELECT company, title, (SELECT json_group_array(person) FROM hosts WHERE calendar = id) FROM calendars WHERE id = ?1`,
		c.ID).Scan(&c.Company, &c.Title, &hosts)
	if err != nil {
		return nil, err
	}
	return c, json.Unmarshal([]byte(hosts), &c.Hosts)
}

// rename is called for who may edit the calendar, and nobody else.
func (s *service) rename(w http.ResponseWriter, r *http.Request) {
	c, _ := usherhttp.Loaded[*Calendar](r.Context())
	_, err := s.db.ExecContext(r.Context(), `UPDATE calendars SET title = ?1 WHERE id = ?2`, r.FormValue("title"), c.ID)
	if err != nil {
		s.guard.Refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// calendars says where the database has what rules look at.
var calendars = must(filter.Mapping{
	Type:    "calendar",
	Account: filter.Column{Name: "c.company"},
	Parties: map[string]filter.Party{
		"host": filter.Join{Table: "hosts", Key: map[string]string{"calendar": "c.id"}, ID: filter.Column{Name: "person"}},
		"team": filter.Nobody{},
	},
}.Compile(filter.SQLite))

// list shows the calendars that somebody may edit.
func (s *service) list(w http.ResponseWriter, r *http.Request) {
	titles, err := s.editable(r, usherhttp.Admitted(r.Context()).Subject)
	if err != nil {
		s.guard.Refuse(w, r, err)
		return
	}
	_ = json.NewEncoder(w).Encode(titles) // a client who is gone needs no answer
}

func (s *service) editable(r *http.Request, who usherhttp.Subject) (titles json.RawMessage, err error) {
	theirs, err := s.engine.Filter(r.Context(), who.Request(editCalendar, nil))
	if err != nil {
		return nil, err
	}
	where, err := theirs.SQL(calendars, 1) // parameters from ?1 on
	if err != nil {
		return nil, err
	}
	err = s.db.QueryRowContext(r.Context(), `
		SELECT json_group_array(title) FROM (SELECT c.title FROM calendars c WHERE `+where.SQL+` ORDER BY c.title LIMIT 50)`,
		where.Args...).Scan((*[]byte)(&titles))
	return titles, err
}

func giveSeat(r *http.Request) account.Command {
	return account.AssignSeat{User: usher.UserID(r.PathValue("user")), Pool: "booking"}
}

func handOver(r *http.Request) account.Command {
	return account.TransferOwnership{To: usher.UserID(r.PathValue("user"))}
}

// command does what a request asks for, in the name of who sent it.
func (s *service) command(wish func(*http.Request) account.Command) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := usherhttp.Admitted(r.Context()).Subject
		_, err := s.engine.Submit(r.Context(), engine.Batch{
			Actor: account.User(who.User), Account: who.Account, Context: who.Context,
			Commands: []account.Command{wish(r)},
		})
		if err != nil {
			s.guard.Refuse(w, r, err) // 403 if it is denied, 409 if no seat is left
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
