package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

// weekPath returns the address of the page with the calendars of an account.
func weekPath(in usher.AccountID) string { return "/accounts/" + url.PathEscape(string(in)) + "/week" }

// week is the page with the calendars that a user may view, and with the bookings of a week. Everything
// on it is what the engine allows: the rows, their details, and the buttons beside them.
type week struct {
	Path           string
	From, To       time.Time // Monday and the last day shown
	Previous, Next string    // other weeks: ?week=
	Masked         bool      // some bookings show only their time
	Today          bool      // this is the week that the page shows by default
	Days           []time.Time
	People         []hostRow
	Calendars      []card
	Seated         bool // the user can be booked
	DefaultDay     string
}

// hostRow is a host with the bookings of each day.
type hostRow struct {
	Name string
	You  bool
	Days []hostDay
}

type hostDay struct {
	Date     time.Time
	Bookings []slot
}

// slot is a booking as the user may see it.
type slot struct {
	*booking
	From, Until time.Time
	Busy        bool // only the time
	Mine        bool // the user may cancel it
}

// card is a calendar with what the user may do.
type card struct {
	*calendar
	Names      []string // of its hosts
	MayRename  bool
	NoRename   string       // the reason, if not
	Bookable   []hostChoice // hosts that the user may book
	NoBookings string       // the reason, if there are none
}

type hostChoice struct {
	ID   string
	Name string
}

const dateLayout = "2006-01-02"

// mondayOf returns the start of the week of a time.
func mondayOf(t time.Time) time.Time {
	year, month, day := t.Date()
	since := (int(t.Weekday()) + 6) % 7 // days since Monday
	return time.Date(year, month, day-since, 0, 0, 0, 0, t.Location())
}

// presentWeek returns the start of the present week; at the weekend, that of the next one.
func (s *server) presentWeek() time.Time { return mondayOf(s.clock().AddDate(0, 0, 2)) }

// shownWeek returns the Monday of the requested week, or of the present one.
func (s *server) shownWeek(r *http.Request) (monday time.Time, today bool, err error) {
	present := s.presentWeek()
	text := r.URL.Query().Get("week")
	if text == "" {
		return present, true, nil
	}
	day, err := time.ParseInLocation(dateLayout, text, present.Location())
	if err != nil || day.Year() < 1970 || day.Year() > 2999 {
		return day, false, badRequest("A week is written as a day of it, as in 2030-01-31.")
	}
	monday = mondayOf(day)
	return monday, monday.Equal(present), nil
}

// maxShown limits the bookings of a week on the page.
const maxShown = 500

// showWeek shows the page.
//
//	GET /accounts/acme/week?week=2035-01-15
func (s *server) showWeek(r *http.Request) (*week, error) {
	monday, today, err := s.shownWeek(r)
	if err != nil {
		return nil, err
	}
	w := &week{
		Path: weekPath(subject(r).Account), From: monday, Today: today,
		Previous: monday.AddDate(0, 0, -7).Format(dateLayout), Next: monday.AddDate(0, 0, 7).Format(dateLayout),
		DefaultDay: monday.Format(dateLayout),
	}
	if now := s.clock(); today && now.After(monday) {
		w.DefaultDay = now.Format(dateLayout)
	}
	if w.Calendars, err = s.cards(r); err != nil {
		return nil, err
	}
	if err := s.fill(r, w); err != nil {
		return nil, err
	}
	user := string(subject(r).User)
	d, err := s.engine.Check(r.Context(), subject(r).Request(receive, personal("booking", subject(r).Account, user)))
	w.Seated = d.Allowed()
	return w, err
}

// cards returns the calendars that the user may view.
func (s *server) cards(r *http.Request) ([]card, error) {
	visible, err := s.visible(r, viewCalendar)
	if err != nil {
		return nil, err
	}
	calendars, err := s.store.listCalendars(r.Context(), visible, "", page)
	if err != nil {
		return nil, err
	}
	cards := make([]card, len(calendars))
	for i, c := range calendars {
		cards[i].calendar = c
		if cards[i].MayRename, cards[i].NoRename, err = s.allowed(r, require(r, s.engine, editCalendar, c)); err != nil {
			return nil, err
		}
		hosts, err := s.hostsOf(r, c)
		if err != nil {
			return nil, err
		}
		for _, host := range hosts {
			name := nameOf(usher.UserID(host))
			cards[i].Names = append(cards[i].Names, name)
			may, why, err := s.allowed(r, require(r, s.engine, createBooking, &booking{Account: c.Account, Calendar: c.ID, Host: host}))
			if err == nil && may {
				may, why, err = s.allowed(r, bookable(r.Context(), s.engine, c.Account, []string{host}))
			}
			switch {
			case err != nil:
				return nil, err
			case may:
				cards[i].Bookable = append(cards[i].Bookable, hostChoice{host, name})
			case cards[i].NoBookings == "":
				cards[i].NoBookings = why
			}
		}
	}
	return cards, nil
}

// allowed divides the error of a check into a denial, with its reason for the user, and a failure.
func (s *server) allowed(r *http.Request, err error) (may bool, why string, failure error) {
	if err == nil {
		return true, "", nil
	}
	if p := s.guard.Problem(r, err); p.Status < 500 {
		return false, p.Detail, nil
	}
	return false, "", err
}

// hostsOf returns the hosts of a calendar, in person and in the hosting team.
func (s *server) hostsOf(r *http.Request, c *calendar) ([]string, error) {
	hosts := slices.Clone(c.Hosts)
	if c.Team == "" {
		return hosts, nil
	}
	view, err := s.engine.View(r.Context(), c.Account)
	if err != nil {
		return nil, err
	}
	for m := range view.TeamUsers(usher.TeamID(c.Team), "") {
		if len(hosts) == page {
			break
		}
		if !slices.Contains(hosts, string(m.ID)) {
			hosts = append(hosts, string(m.ID))
		}
	}
	return hosts, nil
}

// fill adds the bookings of the week, by host and day.
func (s *server) fill(r *http.Request, w *week) error {
	visible, err := s.visible(r, viewBooking)
	if err != nil {
		return err
	}
	bookings, err := s.store.bookingsBetween(r.Context(), visible, w.From, w.From.AddDate(0, 0, 7), maxShown)
	if err != nil {
		return err
	}
	byHost := map[string][]slot{}
	for _, c := range w.Calendars {
		for _, host := range c.Hosts {
			byHost[host] = nil
		}
	}
	days := 5
	for _, b := range bookings {
		masks := visible.Masks(b)
		at := slot{booking: shown.Without(b, masks...), From: b.Starts.In(w.From.Location()), Until: b.Ends.In(w.From.Location()), Busy: len(masks) > 0}
		if at.Mine, _, err = s.allowed(r, require(r, s.engine, cancelBooking, b)); err != nil {
			return err
		}
		w.Masked = w.Masked || at.Busy
		byHost[b.Host] = append(byHost[b.Host], at)
		days = max(days, w.day(at)+1)
	}
	for i := range days {
		w.Days = append(w.Days, w.From.AddDate(0, 0, i))
	}
	w.To = w.Days[days-1]
	for host, slots := range byHost {
		row := hostRow{Name: nameOf(usher.UserID(host)), You: host == string(subject(r).User), Days: make([]hostDay, days)}
		if host == "" {
			row.Name = "Removed users"
		}
		for i := range row.Days {
			row.Days[i].Date = w.Days[i]
		}
		for _, at := range slots {
			day := &row.Days[w.day(at)]
			day.Bookings = append(day.Bookings, at)
		}
		w.People = append(w.People, row)
	}
	slices.SortFunc(w.People, func(a, b hostRow) int {
		switch {
		case a.You:
			return -1
		case b.You:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return nil
}

// day returns the day of the week on which a booking is shown: 0 is Monday.
func (w *week) day(at slot) int {
	for i := range 7 {
		if at.From.Before(w.From.AddDate(0, 0, i+1)) {
			return i
		}
	}
	return 6
}

// weekPage is showWeek as a page.
func (s *server) weekPage() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		model, err := s.showWeek(r)
		if err != nil {
			s.guard.Refuse(w, r, err)
			return
		}
		in := usherhttp.FromContext(r.Context()).Subject
		s.render(w, r, http.StatusOK, "week", shell{
			Title: "Calendars", Account: in.Account, User: in.User, Done: messages[r.URL.Query().Get("done")], Model: model,
		})
	})
}
