package world

import "math/rand/v2"

// Kind is the permission of a question, as a small number.
type Kind uint8

// The permissions, of calendars first.
const (
	CalendarView Kind = iota
	CalendarCreate
	CalendarEdit
	CalendarDelete
	CalendarSetHosts
	SeatAssign
	UserDelete
	SubscriptionManage
	AccountDelete
	Kinds // the number of kinds

	// OfCalendars is the number of kinds that are about calendars.
	OfCalendars = CalendarSetHosts + 1
)

var names = [Kinds]string{
	"calendar.view", "calendar.create", "calendar.edit", "calendar.delete", "calendar.set-hosts",
	"seat.assign", "user.delete", "subscription.manage", "account.delete",
}

// String returns the name of the permission.
func (k Kind) String() string { return names[k] }

// Actions is a set of permissions on a calendar. Bit k is Kind k.
type Actions uint8

// With returns the set with k added.
func (a Actions) With(k Kind) Actions { return a | 1<<k }

// Question is a question as a handler of the application would ask it. Calendar or Entry is
// its resource; for the account itself, both are nil.
type Question struct {
	Account    string
	User       string
	Permission string
	Kind       Kind // the same permission, parsed in advance as a handler would do
	Calendar   *Calendar
	Entry      *Entry
}

// Questions returns a number of questions: six of ten are about viewing or editing a
// calendar, two about assigning a seat, and two about the account. About half are allowed:
// the subject of a question about a calendar is its host, the manager of the host's team, an
// administrator or another user. The questions share no memory with a loaded peer.
func (w *World) Questions(n int) []Question {
	random := rand.New(rand.NewPCG(w.seed, uint64(w.Users)<<32))
	list := make([]Question, n)
	for i := range list {
		list[i] = w.question(random)
	}
	return list
}

func (w *World) question(random *rand.Rand) Question {
	anyone := func() int { return random.IntN(w.Users) }
	admin := func() int { return anyone()/50*50 + 7 }
	manager := func(user int) int { return user/teamSize*teamSize + 1 }
	q := Question{Account: w.Account}
	who := anyone()
	switch kind := random.IntN(10); {
	case kind < 6:
		q.Kind = []Kind{CalendarView, CalendarEdit}[random.IntN(2)]
		host := anyone()
		for adminOnly(host) {
			host = anyone()
		}
		q.Calendar = w.calendar(host*perUser + random.IntN(perUser))
		switch random.IntN(8) {
		case 0, 1, 2:
			who = host
		case 3:
			who = manager(host)
		case 4:
			who = admin()
		}
	case kind < 8:
		q.Kind = SeatAssign
		target := anyone()
		q.Entry = w.entry(target)
		switch random.IntN(4) {
		case 0:
			who = manager(target)
		case 1:
			who = admin()
		}
	default:
		q.Kind = []Kind{SubscriptionManage, UserDelete, AccountDelete}[random.IntN(3)]
		if q.Kind == UserDelete {
			q.Entry = w.entry(anyone() * min(1, random.IntN(8))) // one in eight is the owner, who cannot be deleted
		}
		switch n := random.IntN(4); {
		case n < 2 && q.Kind == AccountDelete:
			who = 0
		case n < 2:
			who = admin()
		}
	}
	q.User, q.Permission = userID(who), q.Kind.String()
	return q
}

func (w *World) entry(user int) *Entry {
	return &Entry{Account: w.Account, ID: [1]string{userID(user)}}
}

// Page is a list of the calendars of one team. The question is which of them the user may
// edit.
type Page struct {
	User      string
	Calendars []*Calendar
}

// Pages returns a number of pages: half for a member of the team, a quarter for its manager,
// and a quarter for an administrator.
func (w *World) Pages(n int) []Page {
	random := rand.New(rand.NewPCG(w.seed, uint64(w.Users)<<32+1))
	list := make([]Page, n)
	for i := range list {
		first := random.IntN(w.Users/teamSize) * teamSize
		for user := first; user < first+teamSize; user++ {
			list[i].Calendars = append(list[i].Calendars, w.Calendars(user)...)
		}
		who := first + random.IntN(teamSize)
		switch i % 4 {
		case 0:
			who = first + 1
		case 1:
			who = first/50*50 + 7
		}
		list[i].User = userID(who)
	}
	return list
}

// Plain returns the ids of a number of members without another role, for role changes.
func (w *World) Plain(n int) []string {
	random := rand.New(rand.NewPCG(w.seed, uint64(w.Users)<<32+2))
	list := make([]string, n)
	for i := range list {
		list[i] = userID(random.IntN(w.Users/teamSize)*teamSize + 2)
	}
	return list
}
