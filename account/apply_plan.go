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

// apply also accepts the id of a deleted team: Propose refuses it, but a journal
// from before that rule may have it, and must stay readable.
func (c TeamCreated) apply(d *draft) error {
	if err := d.tree().Create(c.Team, c.Parent); err != nil {
		return err
	}
	d.treeChanged()
	if d.wasDeleted(c.Team) {
		d.deletedTeams().Delete(string(c.Team))
	}
	return nil
}

func (c TeamMoved) apply(d *draft) error {
	if parent, ok := d.team(c.Team); ok && (parent != c.From || c.To == c.From) {
		return printable.Errorf("%s is below %q, not %q", c.Team, parent, c.From)
	}
	if err := d.tree().Move(c.Team, c.To); err != nil {
		return err
	}
	d.treeChanged()
	return nil
}

// apply looks for teams below, and not for members: Apply would have to build
// the index of members for it, and no version of this package writes a journal that
// lacks their changes.
func (c TeamDeleted) apply(d *draft) error {
	if err := d.tree().Delete(c.Team); err != nil {
		return err
	}
	d.treeChanged()
	d.deletedTeams().Set(string(c.Team), struct{}{})
	return nil
}

func (c MemberAdded) apply(d *draft) error {
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
	d.putTeams(c.User, u, slices.Insert(slices.Clone(u.Teams), at, policy.Membership{Team: c.Team}))
	return nil
}

func (c MemberRemoved) apply(d *draft) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	if roles := u.Teams[at].Roles; len(roles) > 0 {
		return printable.Errorf("%s has the role %s on %s", c.User, roles[0], c.Team)
	}
	d.putTeams(c.User, u, without(u.Teams, at))
	return nil
}

func (c TeamRoleSet) apply(d *draft) error {
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

func (c TeamRoleUnset) apply(d *draft) error {
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
	teams := slices.Clone(u.Teams)
	teams[at].Roles = roles
	d.putTeams(id, u, teams)
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

func (c SettingChanged) apply(d *draft) error {
	if c.Setting == "" {
		return errors.New("it needs a setting")
	}
	if value, changed := d.next.Setting(c.Setting); changed && value == c.Value {
		return printable.Errorf("%s is %t already", c.Setting, value)
	}
	facts := &d.plan().facts
	if facts.Settings == nil {
		facts.Settings = map[string]bool{}
	}
	facts.Settings[c.Setting] = c.Value
	return nil
}

func (c FieldDefined) apply(d *draft) error {
	_, exists := d.next.Field(c.Field)
	switch {
	case c.Field == "" || exists:
		return printable.Errorf("there is a field %q already", c.Field)
	case c.ID != d.next.planned().lastField+1:
		return printable.Errorf("the next field is number %d", d.next.planned().lastField+1)
	case c.Type < TextField || c.Type > BoolField:
		return errors.New("it needs a type")
	}
	plan := d.fieldPlan()
	plan.lastField = c.ID
	plan.fields = append(plan.fields, Field{ID: c.ID, Name: c.Field, Type: c.Type})
	return nil
}

func (c FieldRenamed) apply(d *draft) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	if _, exists := d.next.Field(c.To); exists || c.To == "" {
		return printable.Errorf("there is a field %q already", c.To)
	}
	d.fieldPlan().fields[at].Name = c.To
	return nil
}

func (c FieldMoved) apply(d *draft) error {
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
	plan := d.fieldPlan()
	moved := plan.fields[at]
	if to > at {
		to--
	}
	plan.fields = slices.Insert(slices.Delete(plan.fields, at, at+1), to, moved)
	return nil
}

func (c FieldArchived) apply(d *draft) error { return d.archive(c.Field, true) }

func (c FieldRestored) apply(d *draft) error { return d.archive(c.Field, false) }

func (d *draft) archive(name string, archived bool) error {
	at, err := d.field(name)
	if err != nil {
		return err
	}
	if d.next.planned().fields[at].Archived == archived {
		return printable.Errorf("%s is so already", name)
	}
	d.fieldPlan().fields[at].Archived = archived
	return nil
}

func (c FieldSet) apply(d *draft) error {
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
