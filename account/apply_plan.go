package account

import (
	"cmp"
	"errors"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

func (d *draft) teamCreated(c TeamCreated) error {
	if _, ok := d.team(c.Team); ok || c.Team == "" {
		return printable.Errorf("there is a team %s already", c.Team)
	}
	if err := d.parent(c.Parent); err != nil {
		return err
	}
	d.forest().Set(string(c.Team), c.Parent)
	return nil
}

func (d *draft) teamMoved(c TeamMoved) error {
	parent, ok := d.team(c.Team)
	switch {
	case !ok:
		return printable.Errorf("there is no team %s", c.Team)
	case parent != c.From || c.To == c.From:
		return printable.Errorf("%s is below %q, not %q", c.Team, parent, c.From)
	case d.within(c.To, c.Team):
		return printable.Errorf("%s would be below itself", c.Team)
	}
	if err := d.parent(c.To); err != nil {
		return err
	}
	d.forest().Set(string(c.Team), c.To)
	return nil
}

// teamDeleted looks for teams below, and not for members: those would be a pass
// over all users, and a journal that lacks their changes is one that nothing of
// ours wrote.
func (d *draft) teamDeleted(c TeamDeleted) error {
	if _, ok := d.team(c.Team); !ok {
		return printable.Errorf("there is no team %s", c.Team)
	}
	if below, ok := d.below(c.Team); ok {
		return printable.Errorf("%s is below %s", below, c.Team)
	}
	d.forest().Delete(string(c.Team))
	return nil
}

func (d *draft) parent(id usher.TeamID) error {
	if id == "" {
		return nil
	}
	if _, ok := d.team(id); !ok {
		return printable.Errorf("there is no team %s", id)
	}
	return nil
}

// within reports whether a team is above, or below it.
func (d *draft) within(id, above usher.TeamID) bool {
	for id != "" {
		if id == above {
			return true
		}
		id, _ = d.team(id)
	}
	return false
}

// below returns the first team, by id, whose parent is the one given.
func (d *draft) below(id usher.TeamID) (first usher.TeamID, ok bool) {
	teams := d.next.planned().teams.All()
	if d.teams != nil {
		teams = d.teams.All()
	}
	for child, parent := range teams {
		if parent == id && (!ok || usher.TeamID(child) < first) {
			first, ok = usher.TeamID(child), true
		}
	}
	return first, ok
}

func (d *draft) memberAdded(c MemberAdded) error {
	u, err := d.known(c.User)
	if err != nil {
		return err
	}
	if _, ok := d.team(c.Team); !ok {
		return printable.Errorf("there is no team %s", c.Team)
	}
	at, in := teamIndex(u, c.Team)
	if in {
		return printable.Errorf("%s is in %s already", c.User, c.Team)
	}
	changed := *u
	changed.Teams = slices.Insert(slices.Clone(u.Teams), at, policy.Membership{Team: c.Team})
	d.put(c.User, changed)
	return nil
}

func (d *draft) memberRemoved(c MemberRemoved) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	if roles := u.Teams[at].Roles; len(roles) > 0 {
		return printable.Errorf("%s has the role %s on %s", c.User, roles[0], c.Team)
	}
	changed := *u
	changed.Teams = without(u.Teams, at)
	d.put(c.User, changed)
	return nil
}

func (d *draft) teamRoleSet(c TeamRoleSet) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	roles := u.Teams[at].Roles
	k, held := slices.BinarySearch(roles, c.Role)
	if held || c.Role == "" {
		return printable.Errorf("%s has the role %q on %s already", c.User, c.Role, c.Team)
	}
	d.setTeamRoles(c.User, u, at, slices.Insert(slices.Clone(roles), k, c.Role))
	return nil
}

func (d *draft) teamRoleUnset(c TeamRoleUnset) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	roles := u.Teams[at].Roles
	k, held := slices.BinarySearch(roles, c.Role)
	if !held {
		return printable.Errorf("%s does not have the role %q on %s", c.User, c.Role, c.Team)
	}
	d.setTeamRoles(c.User, u, at, without(roles, k))
	return nil
}

func (d *draft) setTeamRoles(id usher.UserID, u *policy.User, at int, roles []role.Name) {
	changed := *u
	changed.Teams = slices.Clone(u.Teams)
	changed.Teams[at].Roles = roles
	d.put(id, changed)
}

func (d *draft) member(id usher.UserID, in usher.TeamID) (*policy.User, int, error) {
	u, err := d.known(id)
	if err != nil {
		return nil, 0, err
	}
	at, ok := teamIndex(u, in)
	if !ok {
		return nil, 0, printable.Errorf("%s is not in %s", id, in)
	}
	return u, at, nil
}

func teamIndex(u *policy.User, id usher.TeamID) (at int, in bool) {
	return slices.BinarySearchFunc(u.Teams, id, func(m policy.Membership, id usher.TeamID) int {
		return cmp.Compare(m.Team, id)
	})
}

func (d *draft) settingChanged(c SettingChanged) error {
	if c.Setting == "" {
		return errors.New("it needs a setting")
	}
	if value, changed := d.next.Setting(c.Setting); changed && value == c.Value {
		return printable.Errorf("%s is %t already", c.Setting, value)
	}
	plan := d.plan()
	if plan.settings == nil {
		plan.settings = map[string]bool{}
	}
	plan.settings[c.Setting] = c.Value
	return nil
}

func (d *draft) fieldDefined(c FieldDefined) error {
	_, exists := d.next.Field(c.Field)
	switch {
	case c.Field == "" || exists:
		return printable.Errorf("there is a field %q already", c.Field)
	case c.ID != d.next.planned().lastField+1:
		return printable.Errorf("the next field is number %d", d.next.planned().lastField+1)
	case c.Type < TextField || c.Type > BoolField:
		return errors.New("it needs a type")
	}
	plan := d.plan()
	plan.lastField = c.ID
	plan.fields = append(plan.fields, Field{ID: c.ID, Name: c.Field, Type: c.Type})
	return nil
}

func (d *draft) fieldRenamed(c FieldRenamed) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	if _, exists := d.next.Field(c.To); exists || c.To == "" {
		return printable.Errorf("there is a field %q already", c.To)
	}
	d.plan().fields[at].Name = c.To
	return nil
}

func (d *draft) fieldMoved(c FieldMoved) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	fields := d.next.planned().fields
	to := len(fields)
	if c.Before != "" {
		if to, err = d.field(c.Before); err != nil {
			return err
		}
	}
	if to == at || to == at+1 {
		return printable.Errorf("%s is there already", c.Field)
	}
	plan := d.plan()
	moved := plan.fields[at]
	if to > at {
		to--
	}
	plan.fields = slices.Insert(slices.Delete(plan.fields, at, at+1), to, moved)
	return nil
}

func (d *draft) fieldArchived(name string, archived bool) error {
	at, err := d.field(name)
	if err != nil {
		return err
	}
	if d.next.planned().fields[at].Archived == archived {
		return printable.Errorf("%s is so already", name)
	}
	d.plan().fields[at].Archived = archived
	return nil
}

func (d *draft) fieldSet(c FieldSet) error {
	if _, err := d.known(c.User); err != nil {
		return err
	}
	_, err := d.field(c.Field)
	return err
}

func (d *draft) field(name string) (at int, err error) {
	if at = fieldIndex(d.next.planned().fields, name); at < 0 {
		return 0, printable.Errorf("there is no field %q", name)
	}
	return at, nil
}
