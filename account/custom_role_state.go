package account

import (
	"cmp"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// customRoles are the roles that an account defines. They are immutable. A nil *customRoles has
// none.
type customRoles struct {
	list    []policy.CustomRole // sorted by name; their choices sorted
	derived atomic.Pointer[policy.Policy]
}

// Policy returns the policy that decides for the account: p with the roles that the account
// defines, or the policy of the file if it defines none. See [policy.Policy.WithCustom]. P may be
// the policy of the file, or a result for the same or another state. All methods of a State that take a
// policy call Policy themselves.
func (s *State) Policy(p *policy.Policy) *policy.Policy {
	c := s.currentConfig().custom
	if c == nil {
		return p.Base()
	}
	base := p.Base()
	if derived := c.derived.Load(); derived != nil && derived.Base() == base {
		return derived
	}
	derived := base.WithCustom(c.list)
	c.derived.Store(derived)
	return derived
}

// CustomRoles returns the roles that the account defines, sorted by name, with all that their
// definitions state, also what a policy does not offer. The caller must not change the Gives of
// the results.
func (s *State) CustomRoles() []policy.CustomRole { return slices.Clone(s.roles()) }

func (s *State) roles() []policy.CustomRole {
	if c := s.currentConfig().custom; c != nil {
		return c.list
	}
	return nil
}

func findRole(list []policy.CustomRole, name role.Name) (at int, ok bool) {
	return slices.BinarySearchFunc(list, name, func(r policy.CustomRole, name role.Name) int { return cmp.Compare(r.Name, name) })
}

// defines reports whether the account defines a role, also if the policy declares one of the same name.
func (s *State) defines(name role.Name) bool {
	_, ok := findRole(s.roles(), name)
	return ok
}

// withRole returns a list with a role added or replaced.
func withRole(list []policy.CustomRole, r policy.CustomRole) []policy.CustomRole {
	at, ok := findRole(list, r.Name)
	if ok {
		list = slices.Clone(list)
		list[at] = r
		return list
	}
	return slices.Insert(slices.Clone(list), at, r)
}

func (d *draft) setRoles(list []policy.CustomRole) {
	plan := d.editConfig()
	plan.custom = nil
	if len(list) > 0 {
		plan.custom = &customRoles{list: list}
	}
}

// customRole returns the place of a role that the account defines.
func (d *draft) customRole(name role.Name) (list []policy.CustomRole, at int, err error) {
	list = d.next.roles()
	at, ok := findRole(list, name)
	if !ok {
		return nil, 0, printable.Errorf("the account defines no role %s", name)
	}
	return list, at, nil
}

// RoleDefined defines a role of the account, which gives nothing yet.
type RoleDefined struct {
	Role  role.Name `json:"role"`
	Title string    `json:"title,omitempty"`
	Like  role.Name `json:"like"` // the role as which it is held
}

func (c RoleDefined) apply(d *draft) error {
	list := d.next.roles()
	switch _, ok := findRole(list, c.Role); {
	case ok:
		return printable.Errorf("the account already defines the role %s", c.Role)
	case !policy.IsCustomName(c.Role):
		return printable.Errorf("%q cannot name a role", c.Role)
	case c.Like == "":
		return errors.New("the role is like no role")
	}
	d.setRoles(withRole(list, policy.CustomRole{Name: c.Role, Title: c.Title, Like: c.Like}))
	return nil
}

func (c RoleDefined) describe() string {
	title := ""
	if c.Title != "" {
		title = printable.Sprintf(", %q,", c.Title)
	}
	return "the role " + word(c.Role) + title + " is defined like " + word(c.Like)
}

// RoleTitled gives a role of the account another title.
type RoleTitled struct {
	Role  role.Name `json:"role"`
	Was   string    `json:"was,omitempty"`
	Title string    `json:"title"`
}

func (c RoleTitled) apply(d *draft) error {
	list, at, err := d.customRole(c.Role)
	switch {
	case err != nil:
		return err
	case list[at].Title != c.Was:
		return printable.Errorf("the title of %s is %q, not %q", c.Role, list[at].Title, c.Was)
	case c.Title == c.Was || c.Title == "":
		return printable.Errorf("the title of %s cannot change to %q", c.Role, c.Title)
	}
	r := list[at]
	r.Title = c.Title
	d.setRoles(withRole(list, r))
	return nil
}

func (c RoleTitled) describe() string {
	return printable.Sprintf("the title of the role %s becomes %q", c.Role, c.Title)
}

// RoleRuleAdded adds a rule to a role of the account.
type RoleRuleAdded struct {
	Role       role.Name `json:"role"`
	Permission string    `json:"permission"`
	Rule       string    `json:"rule"` // as a policy writes it
}

func (c RoleRuleAdded) apply(d *draft) error {
	list, at, err := d.customRole(c.Role)
	if err != nil {
		return err
	}
	choice, err := policy.ParseChoice(c.Permission, c.Rule)
	if err != nil {
		return err
	}
	r := list[at]
	i, has := slices.BinarySearchFunc(r.Gives, choice, policy.CompareChoices)
	if has {
		return printable.Errorf("%s already has %s: %s", c.Role, c.Permission, c.Rule)
	}
	r.Gives = slices.Insert(slices.Clone(r.Gives), i, choice)
	d.setRoles(withRole(list, r))
	return nil
}

func (c RoleRuleAdded) describe() string {
	return "the role " + word(c.Role) + " now gives " + word(c.Permission) + ": " + printable.Text(c.Rule)
}

// RoleRuleRemoved removes a rule from a role of the account.
type RoleRuleRemoved struct {
	Role       role.Name `json:"role"`
	Permission string    `json:"permission"`
	Rule       string    `json:"rule"` // as a policy writes it
}

func (c RoleRuleRemoved) apply(d *draft) error {
	list, at, err := d.customRole(c.Role)
	if err != nil {
		return err
	}
	choice, err := policy.ParseChoice(c.Permission, c.Rule)
	if err != nil {
		return err
	}
	r := list[at]
	i, has := slices.BinarySearchFunc(r.Gives, choice, policy.CompareChoices)
	if !has {
		return printable.Errorf("%s does not have %s: %s", c.Role, c.Permission, c.Rule)
	}
	r.Gives = without(r.Gives, i)
	d.setRoles(withRole(list, r))
	return nil
}

func (c RoleRuleRemoved) describe() string {
	return "the role " + word(c.Role) + " no longer gives " + word(c.Permission) + ": " + printable.Text(c.Rule)
}

// RoleDeleted deletes a role of the account that no user holds.
type RoleDeleted struct {
	Role role.Name `json:"role"`
}

func (c RoleDeleted) apply(d *draft) error {
	list, at, err := d.customRole(c.Role)
	if err != nil {
		return err
	}
	for id, u := range d.all() {
		if holdsRole(u, c.Role) {
			return printable.Errorf("%s holds the role %s", id, c.Role)
		}
	}
	d.setRoles(slices.Delete(slices.Clone(list), at, at+1))
	return nil
}

func (c RoleDeleted) describe() string { return "the role " + word(c.Role) + " is deleted" }

// holdsRole reports whether a user holds a role in any way.
func holdsRole(u *policy.User, name role.Name) bool {
	on := func(m policy.Membership) bool { return slices.Contains(m.Roles, name) }
	return u.Role == name || slices.Contains(u.Beside, name) || slices.ContainsFunc(u.Teams, on) || slices.ContainsFunc(u.Outside, on)
}

// HoldersOf returns how many users hold a role: as account role, beside it, or on a team. It
// takes time in proportion to the number of users.
func (s *State) HoldersOf(name role.Name) (n int) {
	for _, u := range s.all() {
		if holdsRole(u, name) {
			n++
		}
	}
	return n
}
