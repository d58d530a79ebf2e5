package world

import "math/rand/v2"

// Kind is a permission that is asked for, as a small number.
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
	Kinds // how many there are

	// OfCalendars is how many of them are about calendars.
	OfCalendars = CalendarSetHosts + 1
)

var names = [Kinds]string{
	"calendar.view", "calendar.create", "calendar.edit", "calendar.delete", "calendar.set-hosts",
	"seat.assign", "user.delete", "subscription.manage", "account.delete",
}

// String returns the permission's name.
func (k Kind) String() string { return names[k] }

// Actions is a set of what may be done on a calendar: bit k is Kind k.
type Actions uint8

// With returns the set with one more action.
func (a Actions) With(k Kind) Actions { return a | 1<<k }

// Question is one, as a handler of the application would ask it. Calendar or Entry is
// what it is about; on the account's own things neither is set.
type Question struct {
	Account    string
	User       string
	Permission string
	Kind       Kind // the same, for what a handler would have made of it beforehand
	Calendar   *Calendar
	Entry      *Entry
}

// Questions makes so many: six in ten to view or edit a calendar, two to assign a
// seat, two on the account. About half are to be allowed: those who ask about a
// calendar are its host, the manager of the host's team, an administrator or
// somebody else. Nothing in them shares memory with what a peer has loaded.
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
			q.Entry = w.entry(anyone() * min(1, random.IntN(8))) // one in eight is the owner, whom nobody deletes
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

// Page is a list that a user looks at: the calendars of one team. Which of them may
// the user edit?
type Page struct {
	User      string
	Calendars []*Calendar
}

// Pages makes so many: half are looked at by a member of the team, a quarter by its
// manager, and a quarter by an administrator.
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

// Plain returns the ids of so many members without another role, for trying changes
// of roles on.
func (w *World) Plain(n int) []string {
	random := rand.New(rand.NewPCG(w.seed, uint64(w.Users)<<32+2))
	list := make([]string, n)
	for i := range list {
		list[i] = userID(random.IntN(w.Users/teamSize)*teamSize + 2)
	}
	return list
}
