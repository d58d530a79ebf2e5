package console

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/usherhttp"
)

// schedulePage shows what takes effect later: roles that begin and end, and other changes.
var schedulePage = page{
	Path:    "schedule",
	Visible: (*viewer).SeesSchedule,
	Lacks:   func(v *viewer) missing { return v.lacks(userView) },
	Load:    loadSchedule,
	Model:   scheduleModel{},
	Params:  []input{{Name: "after", Kind: "text"}},
	Actions: []action{
		{Name: "cancel", Inputs: []input{{Name: "id", Kind: "count", Must: true}}, After: toSchedule, Commands: cancelScheduled},
	},
}

// scheduleModel is the content of the page.
type scheduleModel struct {
	Entries []scheduledRow `json:"entries"` // in the order of their times
	Next    string         `json:"next,omitempty"`
	After   string         `json:"-"`
	Skipped []scheduledRow `json:"skipped"` // what was not possible at its time, newest first
}

// scheduledRow is a change that takes effect later.
type scheduledRow struct {
	ID      int        `json:"id"`
	At      time.Time  `json:"at"`
	Ends    bool       `json:"ends,omitempty"` // it ends something
	Command commandRow `json:"command"`
	Cancel  control    `json:"cancel"`
}

// SeesSchedule reports whether the viewer is a user of the account, who may have something scheduled.
func (v *viewer) SeesSchedule() bool { return !v.visits && v.mayAny(userView) }

func loadSchedule(v *viewer, r *http.Request) (any, error) {
	m := scheduleModel{Entries: []scheduledRow{}, Skipped: []scheduledRow{}, After: r.URL.Query().Get("after")}
	var after account.ScheduleEntry
	if m.After != "" {
		at, id, _ := strings.Cut(m.After, " ")
		var err, wrong error
		after.At, err = time.Parse(time.RFC3339Nano, at)
		after.ID, wrong = strconv.Atoi(id)
		if err != nil || wrong != nil {
			return nil, &usherhttp.Problem{Status: http.StatusBadRequest}
		}
	}
	for row := range v.scheduledRows(v.view.Scheduled(after)) {
		if len(m.Entries) == pageSize {
			last := m.Entries[pageSize-1]
			m.Next = last.At.UTC().Format(time.RFC3339Nano) + " " + strconv.Itoa(last.ID)
			break
		}
		m.Entries = append(m.Entries, row)
	}
	for _, e := range slices.Backward(v.view.Skipped()) {
		if len(m.Skipped) < pageSize && v.seesScheduled(e) {
			m.Skipped = append(m.Skipped, scheduledRow{ID: e.ID, At: e.At.In(v.zone), Ends: e.Ends, Command: v.commandRows([]account.Command{e.Command})[0]})
		}
	}
	return m, v.ctx.Err()
}

// HasSchedule reports whether the page has something that the viewer may see.
func (v *viewer) HasSchedule() bool {
	if !v.SeesSchedule() {
		return false
	}
	for range v.scheduledRows(v.view.Scheduled(account.ScheduleEntry{})) {
		return true
	}
	return slices.ContainsFunc(v.view.Skipped(), v.seesScheduled)
}

// scheduledRows yields those of the entries that the viewer may see. It gets the resources of many entries in
// one call of the host.
func (v *viewer) scheduledRows(entries iter.Seq[account.ScheduleEntry]) iter.Seq[scheduledRow] {
	return func(yield func(scheduledRow) bool) {
		for chunk := range chunked(entries, pageSize) {
			commands := make([]account.Command, len(chunk))
			for i, e := range chunk {
				commands[i] = e.Command
			}
			v.resourcesOf(commands)
			for _, e := range chunk {
				if row, shown := v.scheduledRow(e); shown && !yield(row) {
					return
				}
			}
		}
	}
}

// scheduledRow returns what takes effect later, and whether the viewer may see it.
func (v *viewer) scheduledRow(e account.ScheduleEntry) (scheduledRow, bool) {
	for _, id := range usersIn([]account.Command{e.Command}) {
		if v.exists(id) && !v.sees(id).exists {
			return scheduledRow{}, false
		}
	}
	row := scheduledRow{ID: e.ID, At: e.At.In(v.zone), Ends: e.Ends, Cancel: v.control("schedule/cancel", account.Cancel{ID: e.ID})}
	if !row.Cancel.Shown() && !v.seesScheduled(e) {
		return scheduledRow{}, false
	}
	v.lookUp(usersIn([]account.Command{e.Command})...)
	row.Command = v.commandRows([]account.Command{e.Command})[0]
	return row, true
}

// seesScheduled reports whether the viewer may see a scheduled change without a right to cancel it: the
// own ones, and for viewers who may read what was changed all of users that they may see.
func (v *viewer) seesScheduled(e account.ScheduleEntry) bool {
	users := usersIn([]account.Command{e.Command})
	if len(users) > 0 && !slices.ContainsFunc(users, func(id usher.UserID) bool { return id != v.subject.User }) {
		return true
	}
	return !v.check(auditView, nil).Hides(auditChanges) &&
		!slices.ContainsFunc(users, func(id usher.UserID) bool { return v.exists(id) && !v.sees(id).exists })
}

// scheduledFor returns what takes effect later for a user.
func (v *viewer) scheduledFor(id usher.UserID) []scheduledRow {
	return slices.AppendSeq([]scheduledRow{}, v.scheduledRows(slices.Values(v.view.ScheduledFor(id))))
}

func cancelScheduled(_ *viewer, f form) ([]account.Command, error) {
	id, err := f.count("id")
	return []account.Command{account.Cancel{ID: id}}, err
}

// toSchedule leads to the page that has the form: that of a user, that of roles on resources, or the schedule.
func toSchedule(v *viewer, _ form) (string, map[string][]string) {
	query := v.state()
	return pageWith(query, "schedule"), query
}

// pageWith returns the page with a query: the page of a user, that of roles on resources, or another one, which
// has none of their parameters.
func pageWith(query url.Values, other string) string {
	switch {
	case query.Has("type") || query.Has("user") || query.Has("team"):
		return "shares"
	case query.Has("id"):
		return "person"
	}
	return other
}
