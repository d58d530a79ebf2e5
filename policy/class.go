package policy

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// class is everything that determines which rules a requester has: whether the requester is an
// active user, the account role, the roles beside it, the team roles, and whether there is a grant. Users
// of one class differ in the teams on which they hold the team roles, and in their grants, seats
// and ids.
//
// A class is immutable, except that it stores its lists and the classes next to it when they
// are first needed.
type class struct {
	role   int    // the index of the account role; noRole: not in the account
	guard  uint64 // the conditions that the account role requires
	active bool   // an active user of the account; otherwise only rules of visitors apply
	grants bool   // the user has a grant of something else than a feature, perhaps one that has ended
	held   []int  // the roles beside and the team roles, sorted

	number uint64 // of the table and of the class, as records store it; 0: the class is not kept

	lists  []atomic.Pointer[stepList]    // by permission; none for a class that is not kept
	tables []atomic.Pointer[actionTable] // by type of resource; none for a class that is not kept
	with   []atomic.Pointer[class]       // the class with one more role, by role, and at the end with grants
}

// noRole is the role of a class that is not in the account. It is not the index of a role, and
// not that of a unique role that the policy lacks, so its users are not mistaken for a holder.
const noRole = -2

// The limits of what a policy keeps. Classes and lists beyond them are made for one evaluation. A
// policy with the roles of an account, of which there may be many, keeps less.
const (
	maxClasses        = 1024
	maxDerivedClasses = 64
	maxKeptSteps      = 1 << 18
	maxDerivedSteps   = 1 << 13
)

// classBits is the number of bits of a record's number that number the class in its table.
const classBits = 16

// lastTable is the number of the class table that was made last. A number is never used again.
var lastTable atomic.Uint64

// classTable has the classes of a policy. Reads take no lock.
type classTable struct {
	number   uint64                  // of this process; from 1
	numbered []atomic.Pointer[class] // the kept classes, by their numbers

	absent   class
	features nameTable               // the features that are neither a permission nor a bundle
	plain    []atomic.Pointer[class] // by account role: active users without another role and without a grant
	inactive []atomic.Pointer[class] // by account role

	mu        sync.Mutex
	kept      map[string]*class // by held roles and grants
	left      int               // how many more classes it keeps
	stepsLeft int               // how many more steps it keeps
}

func (p *Policy) newClassTable(derived bool) *classTable {
	t := &classTable{
		number: lastTable.Add(1),
		plain:  make([]atomic.Pointer[class], len(p.roles)), inactive: make([]atomic.Pointer[class], len(p.roles)),
		kept: map[string]*class{}, left: maxClasses, stepsLeft: maxKeptSteps,
	}
	if derived {
		t.left, t.stepsLeft = maxDerivedClasses, maxDerivedSteps
	}
	t.numbered = make([]atomic.Pointer[class], t.left)
	t.features = newNameTable(slices.DeleteFunc(slices.Clone(p.features), func(name string) bool { return p.Grant(name) != GrantsFeature }))
	t.absent.role = noRole
	t.absent.lists = make([]atomic.Pointer[stepList], len(p.perms))
	t.absent.tables = make([]atomic.Pointer[actionTable], len(p.resources))
	return t
}

// nobody is the class of all requesters under the zero Policy, which has no permissions.
var nobody = class{role: noRole}

// absentClass returns the class of a requester who is not in the account.
func (p *Policy) absentClass() *class {
	if p.classes == nil {
		return &nobody
	}
	return &p.classes.absent
}

// find returns the class of a record by its number; nil if the record has no number of this table.
func (t *classTable) find(r *Record) *class {
	n := r.class.Load()
	if at := n & (1<<classBits - 1); n>>classBits == t.number && at < uint64(len(t.numbered)) {
		return t.numbered[at].Load()
	}
	return nil
}

// classify finds the class of a record by its contents, and stores its number in the record. A
// class that is not kept has none.
func (p *Policy) classify(r *Record) (subject, error) {
	who, err := p.subjectOf(&r.user)
	if who.class.number != 0 {
		r.class.Store(who.class.number)
	}
	return who, err
}

// classOf returns the class of a user with an account role.
func (p *Policy) classOf(user *User, account int) *class {
	if user.Status != usher.Active {
		return p.inactiveClass(account)
	}
	return p.activeClass(user, account)
}

func (p *Policy) inactiveClass(account int) *class {
	slot := &p.classes.inactive[account]
	if c := slot.Load(); c != nil {
		return c
	}
	return p.classes.keep(slot, &class{role: account, guard: p.held[account].guard}, p)
}

// activeClass returns the class of a user as if the user were active.
func (p *Policy) activeClass(user *User, account int) *class {
	slot := &p.classes.plain[account]
	c := slot.Load()
	if c == nil {
		c = p.classes.keep(slot, &class{role: account, guard: p.held[account].guard, active: true}, p)
	}
	for _, name := range user.Beside {
		if held := p.roleIndex(name); held >= 0 && p.held[held].beside {
			c = c.and(p, held)
		}
	}
	for i := range user.Teams {
		if roles := user.Teams[i].Roles; len(roles) > 0 {
			c = c.andTeamRoles(p, roles)
		}
	}
	for i := range user.Outside {
		for _, name := range user.Outside[i].Roles {
			if held := p.outsideIndex(name); held >= 0 {
				c = c.and(p, held)
			}
		}
	}
	for i := range user.Grants {
		if p.classes.features.find(user.Grants[i].Name) < 0 {
			return c.and(p, len(p.roles))
		}
	}
	return c
}

func (c *class) andTeamRoles(p *Policy, names []role.Name) *class {
	for _, name := range names {
		if held := p.roleIndex(name); held >= 0 && p.held[held].onTeam {
			c = c.and(p, held)
		}
	}
	return c
}

// and returns the class with one more role, which may be one that the class has. The index
// after that of the last role stands for grants.
func (c *class) and(p *Policy, held int) *class {
	if held < len(c.with) {
		if next := c.with[held].Load(); next != nil {
			return next
		}
	}
	return c.extend(p, held)
}

// extend is and for a class that is not known yet.
func (c *class) extend(p *Policy, held int) *class {
	next := &class{role: c.role, guard: c.guard, active: c.active, grants: c.grants, held: c.held}
	if held == len(p.roles) {
		next.grants = true
	} else if at, has := slices.BinarySearch(c.held, held); !has {
		next.held = slices.Insert(slices.Clone(c.held), at, held)
	}
	if c.with == nil {
		return next // it follows a class that is not kept
	}
	return p.classes.keep(&c.with[held], next, p)
}

// keep stores a class in a slot, or one like it that another slot has. Beyond the limit it
// stores nothing.
func (t *classTable) keep(slot *atomic.Pointer[class], c *class, p *Policy) *class {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := c.key()
	if like := t.kept[key]; like != nil {
		slot.Store(like)
		return like
	}
	if t.left == 0 {
		return c
	}
	t.left--
	t.kept[key] = c
	c.number = t.number<<classBits | uint64(t.left)
	c.lists = make([]atomic.Pointer[stepList], len(p.perms))
	c.tables = make([]atomic.Pointer[actionTable], len(p.resources))
	if c.active {
		c.with = make([]atomic.Pointer[class], len(p.roles)+1)
	}
	t.numbered[t.left].Store(c)
	slot.Store(c)
	return c
}

// key returns a text that is equal for equal classes.
func (c *class) key() string {
	var flags byte
	if c.active {
		flags |= 1
	}
	if c.grants {
		flags |= 2
	}
	key := []byte{flags, byte(c.role), byte(c.role >> 8)}
	for _, held := range c.held {
		key = append(key, byte(held), byte(held>>8))
	}
	return string(key)
}

// steps returns the steps of a permission.
func (c *class) steps(p *Policy, perm *perm) *stepList {
	if made := c.madeSteps(perm); made != nil {
		return made
	}
	return p.makeSteps(c, perm)
}

// madeSteps is steps if they are made already; otherwise it returns nil.
func (c *class) madeSteps(perm *perm) *stepList {
	if at := perm.index; uint(at) < uint(len(c.lists)) {
		return c.lists[at].Load()
	}
	return nil
}

// makeSteps makes a list, and stores it up to the limit.
func (p *Policy) makeSteps(c *class, perm *perm) *stepList {
	t, made := p.classes, p.stepsFor(c, perm)
	if perm.index >= len(c.lists) {
		return made
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := c.lists[perm.index].Load(); first != nil {
		return first // of a concurrent call
	}
	if size := len(made.steps) + 1; size <= t.stepsLeft {
		t.stepsLeft -= size
		c.lists[perm.index].Store(made)
	}
	return made
}
