package console

import (
	"html/template"
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// recordPage is the account's audit log, newest entry first.
var recordPage = page{
	Path: "record", InMenu: true,
	Visible: (*viewer).SeesRecord,
	Lacks:   func(v *viewer) missing { return v.lacks(auditView) },
	Load:    loadRecord,
	Model:   recordModel{},
	Params:  recordParams,
	Formats: []format{
		{Name: "csv", Type: "text/csv; charset=utf-8; header=present", File: "record.csv", Write: writeRecordCSV},
		{Name: "rows", Type: "application/json", File: "record.json", Write: writeRecordJSON},
	},
}

// Fields of the resource audit that a policy can hide: the user who made a change, what changed,
// and the note. A hidden field is empty, and a filter by it matches nothing.
const (
	auditActor   = "actor"
	auditChanges = "changes"
	auditNote    = "note"
)

// recordModel is the content of the page.
type recordModel struct {
	Rows       []recordRow  `json:"rows"`
	Next       string       `json:"next,omitempty"`      // the cursor of older rows, for the parameter after
	SearchedTo time.Time    `json:"searchedTo,omitzero"` // older commits were not searched yet
	Filter     recordFilter `json:"filter"`
	Kinds      []option     `json:"kinds"`          // for the filter
	Then       bool         `json:"then,omitempty"` // the viewer may see the account as it was
}

// recordRow is a commit.
type recordRow struct {
	Version uint64      `json:"version"`
	Time    time.Time   `json:"time"`
	Actor   author      `json:"actor"`
	Changes []changeRow `json:"changes"`
	More    int         `json:"more,omitempty"` // changes that the page leaves out; files have all
	Note    string      `json:"note,omitempty"`
}

// SeesRecord reports whether the viewer may see the page.
func (v *viewer) SeesRecord() bool { return v.may(auditView, nil) }

// author is the user who made a change, also if another user acted on behalf of the user, or a part of the
// host application.
type author struct {
	person
	By   *person       `json:"by,omitempty"` // the user who acted on behalf of the author
	Host string        `json:"host,omitempty"`
	HTML template.HTML `json:"-"`
}

// changeRow is one change of a commit.
type changeRow struct {
	Change string         `json:"change"` // the name in the journal
	Users  []usher.UserID `json:"users,omitempty"`
	Text   string         `json:"text"`
	HTML   template.HTML  `json:"-"`
}

// maxChanges limits the changes of one row on the page. A commit can be an import.
const maxChanges = 20

func loadRecord(v *viewer, r *http.Request) (any, error) {
	s, err := v.recordSearch(r)
	if err != nil {
		return nil, err
	}
	m := recordModel{Rows: []recordRow{}, Filter: s.filter, Kinds: v.kindOptions(), Then: v.seesThen()}
	commits, next, searched, err := s.page()
	if err != nil {
		return nil, err
	}
	m.Next, m.SearchedTo = next, searched
	v.lookUpCommits(commits, maxChanges)
	for _, c := range commits {
		m.Rows = append(m.Rows, v.recordRow(c, s.decision, maxChanges))
	}
	return m, nil
}

// recordRow returns the row of a commit with at most so many changes.
func (v *viewer) recordRow(c *account.Commit, d usher.Decision, limit int) recordRow {
	row := recordRow{Version: c.Version, Time: c.Time.In(v.zone), Changes: []changeRow{}}
	if !d.Hides(auditNote) {
		row.Note = c.Note
	}
	if !d.Hides(auditActor) {
		row.Actor = v.author(c.Actor)
	}
	if d.Hides(auditChanges) {
		return row
	}
	for i, change := range c.Changes {
		if i == limit {
			row.More = len(c.Changes) - limit
			break
		}
		row.Changes = append(row.Changes, changeRow{
			Change: account.NameOfChange(change), Users: account.UsersOf(change),
			Text: v.recordedText(change), HTML: v.recorded(change),
		})
	}
	return row
}

// lookUpCommits reads the profiles of the users in commits, in one call of the host.
func (v *viewer) lookUpCommits(commits []*account.Commit, limit int) {
	var ids []usher.UserID
	for _, c := range commits {
		ids = append(ids, c.Actor.User(), c.Actor.OnBehalf())
		ids = append(ids, account.UsersOf(c.Changes[:min(limit, len(c.Changes))]...)...)
	}
	v.lookUp(ids...)
}

// author returns the actor of a commit.
func (v *viewer) author(a account.Actor) author {
	if a.User() == "" {
		name := v.actor(a)
		return author{person: person{Name: name}, Host: a.Host(), HTML: template.HTML(isolated(name))} //nolint:gosec // isolated escapes
	}
	own := author{person: v.named(a.User()), HTML: v.namedLink(a.User())}
	if id := a.OnBehalf(); id != "" {
		by := v.named(id)
		own.By, own.HTML = &by, v.T("record.on-behalf", "user", own.HTML, "by", v.namedLink(id))
	}
	return own
}

// named returns a user that a form or the journal names. A viewer who may read the journal sees
// the id of every user in it; names, e-mail addresses and pictures are those of the users that
// the viewer may see.
func (v *viewer) named(id usher.UserID) person {
	if v.sees(id).exists {
		return v.person(id)
	}
	return person{ID: id, Name: string(id), You: id == v.subject.User}
}

// namedLink returns a user that the journal names, as a link to the user's page if the viewer
// may see it.
func (v *viewer) namedLink(id usher.UserID) template.HTML {
	if v.sees(id).exists {
		return v.userLink(id)
	}
	return template.HTML(isolated(id)) //nolint:gosec // isolated escapes
}

// recorded returns a change as sentence does, for a viewer who may read the journal.
func (v *viewer) recorded(c account.Change) template.HTML {
	return v.text.html(changeKey(c), v.fieldsOf(c, func(id usher.UserID) any { return v.namedLink(id) })...)
}

func (v *viewer) recordedText(c account.Change) string {
	return v.text.plain(changeKey(c), v.fieldsOf(c, func(id usher.UserID) any { return v.named(id).Name })...)
}
