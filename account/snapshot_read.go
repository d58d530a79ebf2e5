package account

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// snapshotReader reads what a snapshotWriter wrote, and trusts none of it. The first error
// stays; after it all values are zero and all counts are 0.
type snapshotReader struct {
	data  []byte
	at    int
	err   error
	teams []usher.TeamID

	excess map[seat.PoolName]int // seats held beyond those bought; 0 for most pools
}

func (r *snapshotReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = printable.Errorf(format, args...)
		r.at = len(r.data)
	}
}

func (r *snapshotReader) uint() uint64 {
	n, size := binary.Uvarint(r.data[r.at:])
	if size <= 0 {
		r.fail("it ends within a number, or the number is too large")
		return 0
	}
	r.at += size
	return n
}

// int reads a number, which must be less than the limit.
func (r *snapshotReader) int(limit int) int {
	n := r.uint()
	if r.err == nil && n >= uint64(limit) {
		r.fail("%d is out of range (want less than %d)", n, limit)
		return 0
	}
	return int(n)
}

// count reads the number of items that follow, each of at least some bytes. It fails if the
// data is too short for them.
func (r *snapshotReader) count(bytes int) int {
	n := r.uint()
	if n > uint64((len(r.data)-r.at)/bytes) {
		r.fail("it is too short for a list of %d", n)
		return 0
	}
	return int(n)
}

func (r *snapshotReader) byte() byte {
	if r.at == len(r.data) {
		r.fail("it ends too early")
		return 0
	}
	r.at++
	return r.data[r.at-1]
}

func (r *snapshotReader) bool() bool {
	b := r.byte()
	if b > 1 {
		r.fail("%d is not a boolean (want 0 or 1)", b)
	}
	return b == 1
}

// bytes reads n bytes, whose presence the caller has checked.
func (r *snapshotReader) bytes(n int) []byte {
	r.at += n
	return r.data[r.at-n : r.at]
}

// available returns n if n bytes are left, and otherwise fails and returns 0.
func (r *snapshotReader) available(n int) int {
	if n > len(r.data)-r.at {
		r.fail("it ends too early")
		return 0
	}
	return n
}

func (r *snapshotReader) text() string { return string(r.bytes(r.count(1))) }

// name reads a text, which must not be empty.
func (r *snapshotReader) name() string {
	s := r.text()
	if s == "" {
		r.fail("a name is empty")
	}
	return s
}

// time reads a time, which may be zero.
func (r *snapshotReader) time() time.Time {
	seconds, size := binary.Varint(r.data[r.at:])
	if size <= 0 {
		r.fail("it ends within a time")
		return time.Time{}
	}
	r.at += size
	nanos := r.int(int(time.Second))
	t := time.Unix(seconds, int64(nanos)).UTC()
	if r.err != nil || t.IsZero() {
		return time.Time{}
	}
	t, err := strictjson.UTC(t)
	if err != nil {
		r.fail("%w", err)
	}
	return t
}

// state reads a snapshot after its head.
func (r *snapshotReader) state(s *State) {
	s.account = usher.AccountID(r.name())
	s.version = r.uint()
	copy(s.hash[:], r.bytes(r.available(len(s.hash))))
	s.chained = r.bool()
	s.time = r.time()
	s.deleted = r.bool()
	s.created = s.version > 0 && !s.deleted
	s.owner = usher.UserID(r.text())
	s.unique = role.Name(r.text())
	s.config = r.config()
	s.pools = r.pools()
	s.keys = r.keys(s.version)
	s.schedule = r.schedule()
	s.requests = r.requests(s.version)
	r.users(s)
	r.rolesOn(s)
	if r.err == nil && r.at < len(r.data) {
		r.fail("there is trailing data")
	}
	if r.err == nil {
		r.check(s)
	}
}

// check checks conditions on the state as a whole.
func (r *snapshotReader) check(s *State) {
	for _, open := range s.requests.list() {
		if u, _ := s.User(open.User); u == nil {
			r.fail("the request %d is of %s, who is not a user", open.ID, word(open.User))
		}
	}
	switch owner, _ := s.User(s.owner); {
	case s.version == 0 || s.deleted:
		empty := &State{account: s.account, keys: s.keys}
		if s.deleted && s.version > 0 {
			empty.version, empty.time, empty.deleted = s.version, s.time, true
			empty.hash, empty.chained = s.hash, s.chained
		}
		if !bytes.Equal(empty.Encode(), s.Encode()) {
			r.fail("the account does not exist, but has data")
		}
	case s.time.IsZero():
		r.fail("the time is zero")
	case s.owner == "" && s.unique == "":
	case owner == nil || s.unique == "" || owner.Role != s.unique || s.counts[s.unique].all != 1:
		r.fail("%s is not the only user with the unique role %q", word(s.owner), s.unique)
	}
}

func (r *snapshotReader) config() *config {
	p := &config{}
	r.tree(p)
	r.deletedTeams(p)
	for range r.count(2) {
		if p.facts.Settings == nil {
			p.facts.Settings = map[string]bool{}
		}
		name := r.name()
		if _, ok := p.facts.Settings[name]; ok {
			r.fail("duplicate setting %s", word(name))
		}
		p.facts.Settings[name] = r.bool()
	}
	r.fields(p)
	r.roles(p)
	return p
}

// roles reads the roles that the account defines, by the changes that define them.
func (r *snapshotReader) roles(p *config) {
	d := draft{next: State{config: p}, ownConfig: true}
	last := ""
	for range r.count(4) {
		defined := RoleDefined{Role: role.Name(r.name()), Title: r.text(), Like: role.Name(r.name())}
		if string(defined.Role) <= last {
			r.fail("the roles are not in order")
		}
		last = string(defined.Role)
		if err := defined.apply(&d); err != nil {
			r.fail("%w", err)
		}
		var before RoleRuleAdded
		for range r.count(2) {
			added := RoleRuleAdded{Role: defined.Role, Permission: r.name(), Rule: r.name()}
			if added.Permission < before.Permission || added.Permission == before.Permission && added.Rule <= before.Rule {
				r.fail("the rules of the role %s are not in order", word(last))
			}
			before = added
			if r.err != nil {
				return
			}
			if err := added.apply(&d); err != nil {
				r.fail("%w", err)
			}
		}
	}
}

func (r *snapshotReader) tree(p *config) {
	places := make([]int, r.count(2))
	r.teams = make([]usher.TeamID, len(places))
	for i := range places {
		r.teams[i] = usher.TeamID(r.name())
		places[i] = r.int(len(places) + 1)
		if i > 0 && r.teams[i] <= r.teams[i-1] {
			r.fail("the teams are not in order")
		}
	}
	if r.err != nil {
		return
	}
	parents := make(map[usher.TeamID]usher.TeamID, len(places))
	for i, place := range places {
		parents[r.teams[i]] = ""
		if place > 0 {
			parents[r.teams[i]] = r.teams[place-1]
		}
	}
	var err error
	if p.facts.Teams, err = team.New(parents); err != nil {
		r.fail("%w", err)
	}
}

func (r *snapshotReader) deletedTeams(p *config) {
	deleted := p.deleted.Edit()
	last := ""
	for range r.count(2) {
		id := r.name()
		switch {
		case id <= last:
			r.fail("the deleted teams are not in order")
		case p.facts.Teams.Has(usher.TeamID(id)):
			r.fail("the team %s exists and is deleted", word(id))
		}
		deleted.Set(id, struct{}{})
		last = id
	}
	p.deleted = deleted.Table()
}

func (r *snapshotReader) fields(p *config) {
	p.lastField = r.int(math.MaxInt)
	known := map[int]bool{}
	names := map[string]bool{}
	for range r.count(4) {
		f := Field{ID: r.int(p.lastField + 1), Name: r.name(), Type: FieldType(r.byte()), Archived: r.bool()}
		switch {
		case f.ID == 0 || known[f.ID] || names[f.Name]:
			r.fail("duplicate field %d, %s, or its id is 0", f.ID, word(f.Name))
		case f.Type < TextField || f.Type > BoolField:
			r.fail("the field %s has no type", word(f.Name))
		}
		known[f.ID], names[f.Name] = true, true
		p.fields = append(p.fields, f)
	}
}

func (r *snapshotReader) pools() map[seat.PoolName]seat.Pool {
	r.excess = map[seat.PoolName]int{}
	pools := map[seat.PoolName]seat.Pool{}
	for range r.count(2) {
		name := seat.PoolName(r.name())
		if _, ok := pools[name]; ok {
			r.fail("duplicate pool %s", word(name))
		}
		pools[name] = seat.Pool{Total: r.int(math.MaxInt)}
		if excess := r.int(math.MaxInt); excess > 0 {
			r.excess[name] = excess
		} else if pools[name].Total == 0 {
			r.fail("the pool %s has no seats", word(name))
		}
	}
	return pools
}

// keys reads the keys. An older version of this package may have written more keys of an
// actor than the limits allow; the oldest of these are evicted.
func (r *snapshotReader) keys(version uint64) keys {
	n := r.count(5)
	if n > MaxIdempotencyKeys {
		r.fail("it has %d keys (want at most %d)", n, MaxIdempotencyKeys)
		return keys{}
	}
	list := make([]entry[keyed], 0, n)
	known := make(map[string]bool, n)
	last := uint64(0)
	for range n {
		actor := Actor{user: usher.UserID(r.text()), host: r.text()}
		name := r.name()
		e := entry[keyed]{scopedKey(actor, name), keyed{r.uint(), r.text()}}
		switch {
		case known[e.id]:
			r.fail("duplicate key %s of %s", word(name), word(actor.String()))
		case actor.user != "" && actor.host != "":
			r.fail("the key %s has two actors, %s and %s", word(name), word(string(actor.user)), word(actor.host))
		case e.value.version <= last || e.value.version > version:
			r.fail("the key %s has the version %d, which is out of order or range", word(name), e.value.version)
		}
		if r.err != nil {
			return keys{}
		}
		known[e.id], last = true, e.value.version
		list = append(list, e)
	}
	return keysOf(list)
}
