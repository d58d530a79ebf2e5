package account

import (
	"encoding/binary"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// users writes what users share, each item once: names, the lists of teams, seats, grants and roles
// beside, and the records made of these. Then it writes the ids, and the index of the record of each
// user.
func (w *snapshotWriter) users(users []entry[*policy.User]) {
	c := common{teams: w.teams, known: map[*policy.User]int{}}
	var ids, records []byte
	for _, e := range users {
		ids = appendText(ids, e.id)
		records = binary.AppendUvarint(records, uint64(c.record(e.value)))
	}
	for _, l := range []*uniqueItems{&c.names, &c.memberships, &c.seats, &c.grants, &c.beside, &c.records} {
		w.uint(len(l.places))
		w.buf = append(w.buf, l.data...)
	}
	w.uint(len(users))
	w.uint(len(ids))
	w.buf = append(w.buf, ids...)
	w.buf = append(w.buf, records...)
}

// uniqueItems is a list in which equal items have one index, in the order of first
// occurrence.
type uniqueItems struct {
	places map[string]int
	data   []byte
}

func (l *uniqueItems) place(item []byte) int {
	at, ok := l.places[string(item)]
	if !ok {
		if l.places == nil {
			l.places = map[string]int{}
		}
		at = len(l.places)
		l.places[string(item)] = at
		l.data = append(l.data, item...)
	}
	return at
}

// common collects what users share.
type common struct {
	names, memberships, seats, grants, beside, records uniqueItems

	teams map[usher.TeamID]int
	known map[*policy.User]int // the index of the record
}

func (c *common) record(u *policy.User) int {
	at, ok := c.known[u]
	if !ok {
		at = c.records.place(item([]byte{byte(u.Status), bit(u.Kind == usher.ServiceAccount)}, c.name(string(u.Role)), c.membershipsOf(u.Teams), c.membershipsOf(u.Outside), c.seatsOf(u), c.grantsOf(u), c.besideOf(u)))
		c.known[u] = at
	}
	return at
}

func (c *common) name(s string) int { return c.names.place(appendText(nil, s)) }

// membershipsOf gives an unknown team an index that does not exist, so that readers detect
// it.
func (c *common) membershipsOf(list []policy.Membership) int {
	b := item(nil, len(list))
	for _, m := range list {
		at, ok := c.teams[m.Team]
		if !ok {
			at = len(c.teams)
		}
		b = item(b, at, len(m.Roles))
		for _, role := range m.Roles {
			b = item(b, c.name(string(role)))
		}
	}
	return c.memberships.place(b)
}

func (c *common) seatsOf(u *policy.User) int {
	b := item(nil, len(u.Seats))
	for _, pool := range u.Seats {
		b = item(b, c.name(string(pool)))
	}
	return c.seats.place(b)
}

func (c *common) grantsOf(u *policy.User) int {
	b := item(nil, len(u.Grants))
	for _, g := range u.Grants {
		b = appendTime(item(b, c.name(g.Name)), g.Until)
	}
	return c.grants.place(b)
}

func (c *common) besideOf(u *policy.User) int {
	b := item(nil, len(u.Beside))
	for _, name := range u.Beside {
		b = item(b, c.name(string(name)))
	}
	return c.beside.place(b)
}

func item(b []byte, numbers ...int) []byte {
	for _, n := range numbers {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// shared is what users share, as read by a snapshotReader.
type shared struct {
	names       []string
	memberships [][]policy.Membership
	seats       [][]seat.PoolName
	grants      [][]policy.Grant
	beside      [][]role.Name
	records     []*policy.Record
}

// users reads the users, and counts the holders of roles and seats.
func (r *snapshotReader) users(s *State) {
	c := r.shared()
	n := r.count(3)
	ids := snapshotReader{data: r.bytes(r.count(1))}
	holders := make([]int, len(c.records))
	users := s.users.Edit()
	last := ""
	for range n {
		id, at := ids.name(), r.int(len(c.records))
		if ids.err != nil || r.err != nil {
			break
		}
		if id <= last {
			r.fail("the users are not in order")
			break
		}
		users.Set(id, c.records[at])
		holders[at]++
		last = id
	}
	switch {
	case ids.err != nil:
		r.fail("the ids of the users: %w", ids.err)
	case ids.at < len(ids.data):
		r.fail("there are more ids than users")
	}
	if r.err != nil {
		return
	}
	s.users = *users.Table()
	s.counts = map[role.Name]count{}
	beside := s.beside.Edit()
	for at, record := range c.records {
		u := record.User()
		r.countRole(s, u, holders[at])
		if len(u.Beside) > 0 {
			countBeside(beside, u, holders[at])
		}
	}
	s.beside = beside.Table()
	for name, pool := range s.pools {
		if pool.Excess() != r.excess[name] {
			r.fail("%d of %d seats in %s are held, and %d more than bought are allowed", pool.Held, pool.Total, word(name), r.excess[name])
		}
	}
}

// countRole counts n users with the same record.
func (r *snapshotReader) countRole(s *State, u *policy.User, n int) {
	if n == 0 {
		r.fail("a record has no user")
		return
	}
	if of := s.counts[u.Role].add(countedAs(u), n); of != (count{}) {
		s.counts[u.Role] = of
	}
	for _, name := range u.Seats {
		pool := s.pools[name]
		pool.Held += n
		s.pools[name] = pool
	}
}

func (r *snapshotReader) shared() (c shared) {
	c.names = make([]string, r.count(2))
	for i := range c.names {
		c.names[i] = r.name()
	}
	c.memberships = make([][]policy.Membership, r.count(1))
	for i := range c.memberships {
		c.memberships[i] = r.memberships(&c)
	}
	c.seats = make([][]seat.PoolName, r.count(1))
	for i := range c.seats {
		c.seats[i] = listOf[seat.PoolName](r, &c)
	}
	c.grants = make([][]policy.Grant, r.count(1))
	for i := range c.grants {
		c.grants[i] = r.grants(&c)
	}
	c.beside = make([][]role.Name, r.count(1))
	for i := range c.beside {
		c.beside[i] = listOf[role.Name](r, &c)
	}
	c.records = make([]*policy.Record, r.count(8))
	for i := range c.records {
		c.records[i] = r.record(&c)
	}
	return c
}

func (r *snapshotReader) record(c *shared) *policy.Record {
	u := policy.User{Status: usher.Status(r.byte())}
	if r.bool() {
		u.Kind = usher.ServiceAccount
	}
	u.Role = role.Name(pick(r, c.names))
	u.Teams, u.Outside = pick(r, c.memberships), pick(r, c.memberships)
	u.Seats, u.Grants, u.Beside = pick(r, c.seats), pick(r, c.grants), pick(r, c.beside)
	for _, m := range u.Outside {
		if _, in := teamIndex(&u, m.Team); in || len(m.Roles) == 0 {
			r.fail("a user is in a team and outside it, or is outside a team without a role on it")
		}
	}
	if u.Kind == usher.ServiceAccount && (len(u.Seats) > 0 || u.Status != usher.Active && u.Status != usher.Inactive) {
		r.fail("a service account is %s, or holds a seat", u.Status)
	}
	if u.Status < usher.Invited || u.Status > usher.Requested {
		r.fail("unknown status %d", uint8(u.Status))
	}
	return policy.NewRecord(u)
}

// pick reads an index into a list, and returns the element.
func pick[E any](r *snapshotReader, list []E) (e E) {
	at := r.int(len(list))
	if r.err != nil {
		return e
	}
	return list[at]
}

func (r *snapshotReader) memberships(c *shared) []policy.Membership {
	n := r.count(2)
	if n == 0 {
		return nil
	}
	list := make([]policy.Membership, n)
	for i := range list {
		list[i].Team = pick(r, r.teams)
		list[i].Roles = listOf[role.Name](r, c)
		if i > 0 && list[i].Team <= list[i-1].Team {
			r.fail("the teams of a user are not in order")
		}
	}
	return list
}

func (r *snapshotReader) grants(c *shared) []policy.Grant {
	n := r.count(3)
	if n == 0 {
		return nil
	}
	list := make([]policy.Grant, n)
	for i := range list {
		list[i] = policy.Grant{Name: pick(r, c.names), Until: r.time()}
		if i > 0 && list[i].Name <= list[i-1].Name {
			r.fail("the grants of a user are not in order")
		}
	}
	return list
}

// listOf reads a list of names, which must be sorted. It returns nil for an empty one.
func listOf[N ~string](r *snapshotReader, c *shared) []N {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	list := make([]N, n)
	for i := range list {
		list[i] = N(pick(r, c.names))
		if i > 0 && list[i] <= list[i-1] {
			r.fail("the roles or the seats of a user are not in order")
		}
	}
	return list
}
