package world

import "math/rand/v2"

// Visits returns a number of visits: lists of questions of one user, as one request to the
// application asks them. Four are about viewing and editing two calendars of a colleague, and the
// fifth is about a seat of that colleague. Half of the users are members, a quarter are
// managers, and a quarter administrators.
func (w *World) Visits(n int) [][]Question {
	random := rand.New(rand.NewPCG(w.seed, uint64(w.Users)<<32+3))
	list := make([][]Question, n)
	for i := range list {
		host := random.IntN(w.Users)
		for adminOnly(host) {
			host = random.IntN(w.Users)
		}
		first := host / teamSize * teamSize
		who := first + random.IntN(teamSize)
		switch i % 4 {
		case 0:
			who = first + 1
		case 1:
			who = host/50*50 + 7
		}
		for k := range 5 {
			q := Question{Account: w.Account, User: userID(who), Kind: SeatAssign, Entry: w.entry(host)}
			if k < 4 {
				q.Kind, q.Entry = []Kind{CalendarView, CalendarEdit}[k%2], nil
				q.Calendar = w.calendar(host*perUser + k/2%perUser)
			}
			q.Permission = q.Kind.String()
			list[i] = append(list[i], q)
		}
	}
	return list
}
