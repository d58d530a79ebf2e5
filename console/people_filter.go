package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// pageSize is the number of rows of a page.
const pageSize = 50

// peopleParams are the parameters of the page, which are its state.
var peopleParams = []input{
	{Name: "q", Kind: "text"},
	{Name: "role", Kind: "role"},
	{Name: "status", Kind: "status"},
	{Name: "team", Kind: "team"},
	{Name: "seat", Kind: "pool"},
	{Name: "without", Kind: "pool"},
	{Name: "sort", Kind: "text"},
	{Name: "after", Kind: "text"},
}

// peopleFilter selects and sorts the rows.
type peopleFilter struct {
	Query   string        `json:"q,omitempty"`
	Role    role.Name     `json:"role,omitempty"` // in the account, or on a team
	Status  string        `json:"status,omitempty"`
	Team    usher.TeamID  `json:"team,omitempty"` // with the teams below it
	Seat    seat.PoolName `json:"seat,omitempty"` // holders of a seat
	Without seat.PoolName `json:"without,omitempty"`
	Sort    string        `json:"sort,omitempty"` // "", role, status, active; with a minus sign from the end
	After   string        `json:"after,omitempty"`

	found map[usher.UserID]bool // by the host's search
}

// sorts are the columns by which rows can be sorted.
var sorts = []string{"role", "status", "active"}

func (v *viewer) peopleFilter(r *http.Request) peopleFilter {
	q := r.URL.Query()
	f := peopleFilter{
		Query: strings.TrimSpace(q.Get("q")), Role: role.Name(q.Get("role")), Status: q.Get("status"), Team: usher.TeamID(q.Get("team")),
		Seat: seat.PoolName(q.Get("seat")), Without: seat.PoolName(q.Get("without")), Sort: q.Get("sort"), After: q.Get("after"),
	}
	if !slices.Contains(sorts, strings.TrimPrefix(f.Sort, "-")) {
		f.Sort = ""
	}
	f.found = v.searchHost(f.Query)
	return f
}

// searchHost returns the users that the host finds for what a viewer typed, and that the viewer
// may see. A user whose name or e-mail address is hidden from the viewer must match by the
// other, as the viewer sees it; otherwise a search would disclose what is hidden.
func (v *viewer) searchHost(query string) map[usher.UserID]bool {
	if query == "" || v.options.Search == nil {
		return nil
	}
	list, err := v.options.Search(v.ctx, v.subject.Account, query)
	if err != nil {
		v.options.Log.ErrorContext(v.ctx, "console: Options.Search failed", "account", printable.Value(v.subject.Account), "error", printable.Error(err))
	}
	found, partly := map[usher.UserID]bool{}, []usher.UserID{}
	for _, id := range list[:min(len(list), MaxFound)] {
		switch s := v.sees(id); {
		case !s.exists:
		case s.decision.Hides(nameField), s.decision.Hides(emailField):
			partly = append(partly, id)
		default:
			found[id] = true
		}
	}
	v.lookUp(partly...)
	for _, id := range partly {
		if p := v.person(id); containsFold(p.Name, query) || containsFold(p.Email, query) {
			found[id] = true
		}
	}
	return found
}

// Active reports whether the filter leaves out rows.
func (f peopleFilter) Active() bool {
	return f.Query != "" || f.Role != "" || f.Status != "" || f.Team != "" || f.Seat != "" || f.Without != ""
}

// matches reports whether a user is selected, apart from the team. Query is in lower case.
func (f peopleFilter) matches(m account.Member) bool {
	return (f.Query == "" || f.found[m.ID] || strings.Contains(strings.ToLower(string(m.ID)), f.Query)) &&
		(f.Role == "" || hasRole(m, f.Role)) &&
		(f.Status == "" || m.Status.String() == f.Status) &&
		(f.Seat == "" || m.HasSeat(f.Seat)) &&
		(f.Without == "" || !m.HasSeat(f.Without))
}

// findPeople returns a page of users that the filter selects and the viewer may see, and the
// cursor of the next page. In the order of ids it stops after a page; any other order needs
// all users that the filter selects.
func (v *viewer) findPeople(f peopleFilter) (rows []sight, next string, err error) {
	if f.Sort != "" {
		return v.sortPeople(f)
	}
	var keep func(account.Member) bool
	if f.Active() {
		keep = v.selects(f)
	}
	for m := range v.users(usher.UserID(f.After), keep) {
		if v.ctx.Err() != nil {
			return nil, "", v.ctx.Err()
		}
		s := v.seesMember(m)
		if !s.exists {
			continue
		}
		if len(rows) == pageSize {
			return rows, string(rows[pageSize-1].member.ID), nil
		}
		rows = append(rows, s)
	}
	return rows, "", nil
}

// sortPeople is findPeople for an order that is not that of ids. The cursor is the key and the
// id of the last row.
func (v *viewer) sortPeople(f peopleFilter) (rows []sight, next string, err error) {
	column, descending := strings.TrimPrefix(f.Sort, "-"), strings.HasPrefix(f.Sort, "-")
	key, err := v.sortKey(column)
	if err != nil {
		return nil, "", err
	}
	type keyed struct {
		key string
		m   account.Member
	}
	before := func(a, b keyed) int {
		n := cmp.Compare(a.key, b.key)
		if descending {
			n = -n
		}
		return cmp.Or(n, cmp.Compare(a.m.ID, b.m.ID))
	}
	lastKey, lastID, started := strings.Cut(f.After, "|")
	last := keyed{lastKey, account.Member{ID: usher.UserID(lastID)}}
	selects := v.selects(f)
	for size, more := sortChunk, true; more; size *= 8 {
		var chunk []keyed
		full := false // chunk[size-1] is the last that can be needed
		for m := range v.anyOrder() {
			if f.Active() && !selects(m) {
				continue
			}
			k := keyed{key(m), m}
			if started && before(last, k) >= 0 || full && before(chunk[size-1], k) < 0 {
				continue
			}
			// Collect twice as many as wanted, so that sorting is rare.
			if chunk = append(chunk, k); len(chunk) == 2*size {
				slices.SortFunc(chunk, before)
				chunk, full = chunk[:size], true
			}
		}
		slices.SortFunc(chunk, before)
		if more = len(chunk) > size || full; more {
			chunk = chunk[:size]
		}
		for _, k := range chunk {
			if v.ctx.Err() != nil {
				return nil, "", v.ctx.Err()
			}
			last, started = k, true
			s := v.seesMember(k.m)
			if !s.exists {
				continue
			}
			if len(rows) == pageSize {
				l := rows[pageSize-1].member
				return rows, key(l) + "|" + string(l.ID), nil
			}
			rows = append(rows, s)
		}
	}
	return rows, "", nil
}

// sortChunk is the number of rows that one pass over the users finds. Each further pass, for a
// viewer who may not see all of them, finds more.
const sortChunk = 2 * pageSize

// selects returns whether a user is selected by the filter, apart from what the viewer may see.
func (v *viewer) selects(f peopleFilter) func(account.Member) bool {
	f.Query = strings.ToLower(f.Query)
	return func(m account.Member) bool { return f.matches(m) && (f.Team == "" || v.within(m, f.Team)) }
}

// within reports whether a user is in a team or in one below it.
func (v *viewer) within(m account.Member, team usher.TeamID) bool {
	return slices.ContainsFunc(m.Teams, func(t policy.Membership) bool { return v.teamWithin(t.Team, team) })
}

// teamWithin reports whether a team is another one, or below it.
func (v *viewer) teamWithin(id, above usher.TeamID) bool {
	for id != above && id != "" {
		t, _ := v.view.Team(id)
		id = t.Parent
	}
	return id != ""
}

// sortKey returns the function that returns the key of a row. Keys are compared as bytes and
// contain no "|".
func (v *viewer) sortKey(column string) (func(account.Member) string, error) {
	switch column {
	case "role":
		rank := map[role.Name]string{}
		for i, r := range v.policy.Roles() {
			rank[r.Name] = printable.Sprintf("%06d", i)
		}
		return func(m account.Member) string { return rank[m.Role] }, nil
	case "status":
		return func(m account.Member) string { return m.Status.String() }, nil
	}
	times := map[usher.UserID]string{}
	for last, err := range v.options.Engine.LastActiveTimes(v.ctx, v.subject.Account, "") {
		if err != nil {
			return nil, v.withoutUserData(err)
		}
		times[last.User] = last.At.UTC().Format(time.RFC3339)
	}
	all := v.seesAllUsers()
	return func(m account.Member) string {
		if !all && v.seesMember(m).decision.Hides(lastActiveField) {
			return ""
		}
		return times[m.ID]
	}, nil
}

// SortLink returns the address of the page sorted by a column, or the other way round if it is
// already sorted by it.
func (f frame) SortLink(column string) string {
	sort := column
	if f.sortedBy() == column {
		sort = "-" + column
	}
	return f.Here("sort", sort)
}

// SortState returns the value of aria-sort of a column.
func (f frame) SortState(column string) string {
	switch f.sortedBy() {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

func (f frame) sortedBy() string {
	if m, ok := f.Model.(peopleModel); ok {
		return m.Filter.Sort
	}
	return ""
}
