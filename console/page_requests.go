package console

import (
	"html/template"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// requestsPage shows the open requests that the viewer made, and those that the viewer may approve
// or decline.
var requestsPage = page{
	Path: "requests", InMenu: true,
	Visible: (*viewer).seesRequests,
	Lacks:   func(v *viewer) missing { return v.lacks(requestMake) },
	Load:    loadRequests,
	Model:   requestsModel{},
	Params:  []input{{Name: "after", Kind: "count"}},
	Actions: []action{
		{Name: "make", Inputs: []input{{Name: "command", Kind: "command", Many: true, Must: true}, noteInput, {Name: "until", Kind: "date"}}, After: toRequests, Commands: makeRequest},
		{Name: "approve", Inputs: []input{requestInput}, After: toRequests, Commands: onRequest(func(id account.RequestID, _ form) account.Command {
			return account.Approve{Request: id}
		})},
		{Name: "decline", Inputs: []input{requestInput, noteInput}, After: toRequests, Commands: onRequest(func(id account.RequestID, f form) account.Command {
			return account.Decline{Request: id, Note: f.text("note")}
		})},
		{Name: "withdraw", Inputs: []input{requestInput}, After: toRequests, Commands: onRequest(func(id account.RequestID, _ form) account.Command {
			return account.Withdraw{Request: id}
		})},
	},
}

var (
	requestInput = input{Name: "request", Kind: "request", Must: true}
	noteInput    = input{Name: "note", Kind: "text"}
)

// Permissions about requests.
var (
	requestMake    = permission.MustParse("request.make")
	requestDecline = permission.MustParse("request.decline")
)

// requestsModel is the content of the page.
type requestsModel struct {
	Own      []requestRow  `json:"own"`    // those that the viewer made
	Others   []requestRow  `json:"others"` // those that the viewer may approve or decline, oldest first
	Next     string        `json:"next,omitempty"`
	After    string        `json:"-"`
	Answered []answeredRow `json:"answered"` // requests of the viewer that were closed lately, newest first
	May      bool          `json:"may"`      // the viewer may make requests
	Ask      []option      `json:"ask"`      // permissions to ask about
	You      usher.UserID  `json:"-"`
}

// requestRow is an open request.
type requestRow struct {
	ID       account.RequestID `json:"id"`
	Author   person            `json:"author"`
	Made     time.Time         `json:"made"`
	Until    time.Time         `json:"until,omitzero"` // it cannot be approved from then on
	Note     string            `json:"note,omitempty"`
	Commands []commandRow      `json:"commands"`
	Approve  control           `json:"approve"`
	Decline  control           `json:"decline"`
	Withdraw control           `json:"withdraw"`
}

// commandRow is a command of a request, or a scheduled one.
type commandRow struct {
	Command string        `json:"command"` // its name, as test files write it
	Text    string        `json:"text"`
	HTML    template.HTML `json:"-"`
}

// answeredRow is a request that was approved or declined, or that ended.
type answeredRow struct {
	ID     account.RequestID `json:"id"`
	Time   time.Time         `json:"time"`
	Answer string            `json:"answer"` // approved, declined or ended
	Note   string            `json:"note,omitempty"`
}

func loadRequests(v *viewer, r *http.Request) (any, error) {
	m := requestsModel{
		Own: []requestRow{}, Others: []requestRow{}, Answered: []answeredRow{}, Ask: []option{},
		After: r.URL.Query().Get("after"), May: v.mayRequest(), You: v.subject.User,
	}
	after := 0
	if m.After != "" {
		var err error
		if after, err = strconv.Atoi(m.After); err != nil || after < 0 {
			return nil, &usherhttp.Problem{Status: http.StatusBadRequest}
		}
	}
	for q := range v.view.Requests(v.now, 0) {
		if q.User == v.subject.User {
			row, err := v.requestRow(q)
			if err != nil {
				return nil, err
			}
			m.Own = append(m.Own, row)
			continue
		}
		if int(q.ID) <= after || !v.mayAnswer(q) {
			continue
		}
		row, err := v.requestRow(q)
		switch {
		case err != nil:
			return nil, err
		case !row.Approve.Shown() && !row.Decline.Shown():
			continue
		case len(m.Others) == pageSize:
			m.Next = strconv.Itoa(int(m.Others[pageSize-1].ID))
		case len(m.Others) < pageSize:
			m.Others = append(m.Others, row)
		}
		if m.Next != "" {
			break
		}
	}
	if m.May {
		m.Ask = v.askOptions()
	}
	var err error
	m.Answered, err = v.answered()
	return m, err
}

// seesRequests reports whether the viewer may make or answer requests, or has made some.
func (v *viewer) seesRequests() bool {
	if v.visits {
		return false
	}
	if v.mayRequest() || v.mayAny(requestDecline) {
		return true
	}
	for q := range v.view.Requests(v.now, 0) {
		if q.User == v.subject.User || v.mayAnswer(q) {
			return true
		}
	}
	return false
}

// mayRequest reports whether the viewer may make requests.
func (v *viewer) mayRequest() bool {
	q, ok := v.view.State().RequestFor(v.policy, v.subject.User, account.Request{})
	return ok && !v.visits && !v.options.ReadOnly && v.mayBegin(q)
}

// mayAnswer reports whether the viewer may decline a request, or has the permissions of its
// commands, and sees all users in it. Whether the engine accepts its commands is another question.
func (v *viewer) mayAnswer(q account.OpenRequest) bool {
	for _, id := range append(usersIn(q.Commands), q.User) {
		if v.exists(id) && !v.sees(id).exists {
			return false
		}
	}
	return !v.lacksFor(account.Decline{Request: q.ID}) || !slices.ContainsFunc(q.Commands, func(c account.Command) bool { return v.lacksFor(c) })
}

// usersIn returns the users that commands name as their arguments.
func usersIn(commands []account.Command) (list []usher.UserID) {
	for _, c := range commands {
		of := reflect.ValueOf(c)
		for i := range of.NumField() {
			if id, ok := of.Field(i).Interface().(usher.UserID); ok && id != "" {
				list = append(list, id)
			}
		}
	}
	return list
}

func (v *viewer) requestRow(q account.OpenRequest) (requestRow, error) {
	made, err := v.commitAt(q.Version)
	if err != nil {
		return requestRow{}, err
	}
	v.lookUp(append(usersIn(q.Commands), q.User)...)
	row := requestRow{ID: q.ID, Author: v.person(q.User), Made: made.Time.In(v.zone), Note: q.Note, Commands: v.commandRows(q.Commands)}
	if !q.Until.IsZero() {
		row.Until = q.Until.In(v.zone)
	}
	if q.User == v.subject.User {
		row.Withdraw = v.control("requests/withdraw", account.Withdraw{Request: q.ID})
		return row, nil
	}
	row.Approve = v.control("requests/approve", account.Approve{Request: q.ID})
	row.Decline = v.control("requests/decline", account.Decline{Request: q.ID})
	return row, nil
}

func (v *viewer) commandRows(commands []account.Command) []commandRow {
	rows := make([]commandRow, len(commands))
	for i, c := range commands {
		rows[i] = commandRow{account.NameOf(c), v.commandText(c), v.commandHTML(c)}
	}
	return rows
}

// answeredScan limits the commits that are searched for answers.
const answeredScan = 200

// answered returns the answers in the last commits to requests of the viewer.
func (v *viewer) answered() ([]answeredRow, error) {
	list := []answeredRow{}
	version := v.view.Version()
	commits, err := v.commits(version-min(version, answeredScan), version)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Backward(commits) {
		for _, change := range c.Changes {
			row := answeredRow{Time: c.Time.In(v.zone)}
			var author usher.UserID
			switch change := change.(type) {
			case account.RequestApproved:
				author, row.ID, row.Answer = change.User, change.Request, "approved"
			case account.RequestDeclined:
				author, row.ID, row.Answer, row.Note = change.User, change.Request, "declined", change.Note
			case account.RequestEnded:
				author, row.ID, row.Answer = change.User, change.Request, "ended"
			}
			if author == v.subject.User && row.Answer != "" {
				list = append(list, row)
			}
		}
	}
	return list, nil
}

// makeRequest reads the commands of a request, each as JSON.
func makeRequest(_ *viewer, f form) ([]account.Command, error) {
	c := account.Request{Note: f.text("note")}
	for _, text := range f.list("command") {
		own, err := account.DecodeCommand([]byte(text))
		if err != nil {
			return nil, &inputError{Field: "command", Key: "input.choice"}
		}
		c.Commands = append(c.Commands, own)
	}
	var err error
	c.Until, err = f.endOf("until")
	return []account.Command{c}, err
}

// onRequest returns the commands of a form about a request.
func onRequest(command func(account.RequestID, form) account.Command) func(*viewer, form) ([]account.Command, error) {
	return func(_ *viewer, f form) ([]account.Command, error) {
		id, err := f.count("request")
		if err != nil {
			return nil, err
		}
		return []account.Command{command(account.RequestID(id), f)}, nil
	}
}

// toRequests leads to the first requests.
func toRequests(*viewer, form) (string, map[string][]string) { return "requests", url.Values{} }

// wish is a request that the viewer could make, as a form.
type wish struct {
	control
	Commands []string `json:"commands,omitempty"` // as JSON
}

// wish returns the form of a request for commands.
func (v *viewer) wish(commands []account.Command) wish {
	w := wish{control: control{Action: "requests/make"}}
	if len(commands) == 0 || !v.mayRequest() || !v.possible(commands) || v.try(account.Request{Commands: commands}) != nil {
		return w
	}
	for _, c := range commands {
		text, err := account.EncodeCommand(c)
		if err != nil {
			return w
		}
		w.Commands = append(w.Commands, string(text))
	}
	w.Allowed = true
	return w
}

// possible reports whether some user or the host could run commands, now or once there is a free seat.
func (v *viewer) possible(commands []account.Command) bool {
	b := v.batchOn(commands...)
	b.Actor = account.AsHost("console")
	_, err := v.reader.Propose(v.ctx, b)
	refusal := asRefusal(v.noteFailure(err))
	return err == nil || refusal != nil && refusal.Code == account.CodeNoSeatsLeft
}
