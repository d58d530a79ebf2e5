package console

import (
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/usherhttp"
)

// recordParams are the parameters of the page, which are its state.
var recordParams = []input{
	{Name: "actor", Kind: "user"},
	{Name: "user", Kind: "user"},
	{Name: "kind", Kind: "text"},
	{Name: "from", Kind: "date"},
	{Name: "until", Kind: "date"},
	{Name: "after", Kind: "count"},
}

// recordFilter selects commits.
type recordFilter struct {
	Actor string `json:"actor,omitempty"` // an id, a part of the host, or what the host's search finds
	User  string `json:"user,omitempty"`  // the user that a change names: an id, or what the host's search finds
	Kind  string `json:"kind,omitempty"`  // a kind of change
	From  string `json:"from,omitempty"`  // the first day
	Until string `json:"until,omitempty"` // the last day
	After string `json:"after,omitempty"` // the version of the last row of the page before
}

// Active reports whether the filter leaves out commits.
func (f recordFilter) Active() bool {
	return f.Actor != "" || f.User != "" || f.Kind != "" || f.From != "" || f.Until != ""
}

// recordSearch reads the commits that a filter selects, newest first. Its page and its files
// have the same rows.
type recordSearch struct {
	*viewer
	filter   recordFilter
	decision usher.Decision // of audit.view
	actors   map[usher.UserID]bool
	users    map[usher.UserID]bool
	newest   uint64 // the first commit to read
	oldest   uint64 // the commit before the last one to read
	scan     uint64 // how many commits a page reads
}

// Limits of a page: how many rows it has, and how many commits it reads to find them.
const (
	recordRows = 50
	recordScan = 10000
)

// recordChunk is the number of commits that are read in one pass over the journal.
const recordChunk = 200

// recordSearch returns the search of a request.
func (v *viewer) recordSearch(r *http.Request) (*recordSearch, error) {
	q := r.URL.Query()
	f := recordFilter{
		Actor: strings.TrimSpace(q.Get("actor")), User: strings.TrimSpace(q.Get("user")), Kind: q.Get("kind"),
		From: q.Get("from"), Until: q.Get("until"), After: q.Get("after"),
	}
	s := &recordSearch{viewer: v, filter: f, decision: v.check(auditView, nil), newest: v.view.Version(), scan: recordScan}
	s.actors, s.users = v.matching(f.Actor), v.matching(f.User)
	if f.After != "" {
		after, err := strconv.ParseUint(f.After, 10, 64)
		if err != nil || after == 0 {
			return nil, &usherhttp.Problem{Status: http.StatusBadRequest}
		}
		s.newest = min(s.newest, after-1)
	}
	return s, s.limitTime()
}

// matching returns the users that the text of a filter means: the user with that id, and if the
// account has none, the users that the host's search finds and the viewer may see.
func (v *viewer) matching(text string) map[usher.UserID]bool {
	if text == "" {
		return nil
	}
	users := map[usher.UserID]bool{usher.UserID(text): true}
	if v.exists(usher.UserID(text)) {
		return users
	}
	for id := range v.searchHost(text) {
		if v.sees(id).exists {
			users[id] = true
		}
	}
	return users
}

// limitTime finds the versions between the days of the filter. The times of commits never
// decrease, so it reads few commits.
func (s *recordSearch) limitTime() error {
	from, err := day(s.filter.From, s.zone)
	if err != nil {
		return err
	}
	until, err := day(s.filter.Until, s.zone)
	if err != nil {
		return err
	}
	if !from.IsZero() {
		s.oldest, err = s.lastBefore(from)
	}
	if !until.IsZero() && err == nil {
		var last uint64
		last, err = s.lastBefore(until.AddDate(0, 0, 1))
		s.newest = min(s.newest, last)
	}
	return err
}

// day returns the start of a day, zero for "".
func day(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return time.Time{}, &usherhttp.Problem{Status: http.StatusBadRequest}
	}
	return t, nil
}

// lastBefore returns the version of the last commit before a time, 0 for none.
func (s *recordSearch) lastBefore(t time.Time) (uint64, error) {
	var failed error
	n := sort.Search(int(s.view.Version()), func(i int) bool {
		c, err := s.commitAt(uint64(i) + 1)
		if err != nil {
			failed = err
			return true
		}
		return !c.Time.Before(t)
	})
	return uint64(n), failed
}

// commitAt returns a commit of the journal.
func (v *viewer) commitAt(version uint64) (*account.Commit, error) {
	commits, err := v.commits(version-1, version)
	if err != nil {
		return nil, err
	}
	return commits[0], nil
}

// commits returns the commits after a version and up to another one, oldest first. Both are
// versions that the journal has.
func (v *viewer) commits(after, until uint64) (list []*account.Commit, _ error) {
	for c, err := range v.options.Engine.Journal(v.ctx, v.subject.Account, after) {
		if err != nil {
			return nil, err
		}
		list = append(list, c)
		if c.Version >= until {
			return list, nil
		}
	}
	return nil, usherhttp.ErrNotFound // erased meanwhile
}

// usersOfChange returns the users that a change of a commit concerns. Those that it does not name follow from
// the account before the commit.
func (v *viewer) usersOfChange(c *account.Commit, change account.Change) []usher.UserID {
	if _, ok := change.(account.RoleReplaced); !ok {
		return account.UsersOf(change)
	}
	before, err := v.options.Engine.At(v.subject.Account, c.Version-1).View(v.ctx, v.subject.Account)
	if err != nil {
		v.fail(err)
		return nil
	}
	return before.State().UsersOf(change)
}

// matches reports whether a commit is selected.
func (s *recordSearch) matches(c *account.Commit) bool {
	f := s.filter
	if f.Actor != "" && (s.decision.Hides(auditActor) || !s.actors[c.Actor.User()] && !s.actors[c.Actor.OnBehalf()] && (c.Actor.Host() == "" || c.Actor.Host() != f.Actor)) {
		return false
	}
	if f.User == "" && f.Kind == "" {
		return true
	}
	return !s.decision.Hides(auditChanges) && slices.ContainsFunc(c.Changes, func(change account.Change) bool {
		return (f.Kind == "" || kindOf(change) == f.Kind) &&
			(f.User == "" || slices.ContainsFunc(s.usersOfChange(c, change), func(id usher.UserID) bool { return s.users[id] }))
	})
}

// chunk is a part of the journal: the commits of it that the filter selects, newest first.
type chunk struct {
	commits []*account.Commit
	after   uint64    // the version before the oldest commit that was read
	oldest  time.Time // the time of that commit
}

// chunks calls a function with each part of the journal, the newest one first, until it returns
// false.
func (s *recordSearch) chunks(each func(chunk) (bool, error)) error {
	for newest := s.newest; newest > s.oldest; {
		k := chunk{after: max(s.oldest, newest-min(newest, recordChunk))}
		read, err := s.viewer.commits(k.after, newest)
		if err != nil {
			return err
		}
		k.oldest = read[0].Time
		for _, c := range slices.Backward(read) {
			if s.matches(c) {
				k.commits = append(k.commits, c)
			}
		}
		if more, err := each(k); err != nil || !more {
			return err
		}
		newest = k.after
	}
	return nil
}

// page returns the commits of a page, newest first, and the cursor of the next page. If a page
// is not full because the search would take too long, it also returns the time up to which the
// journal was searched.
func (s *recordSearch) page() (list []*account.Commit, next string, searched time.Time, err error) {
	err = s.chunks(func(k chunk) (bool, error) {
		for _, c := range k.commits {
			if len(list) == recordRows {
				next = formatUint(list[recordRows-1].Version)
				return false, nil
			}
			list = append(list, c)
		}
		if s.newest-k.after >= s.scan && k.after > s.oldest {
			next, searched = formatUint(k.after+1), k.oldest
			return false, nil
		}
		return true, nil
	})
	return list, next, searched, err
}
