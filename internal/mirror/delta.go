package mirror

import (
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// delta is what one commit changes in the tables: rows to delete, and rows to write afterwards.
// Each row occurs once, so the order of the rows does not matter.
type delta struct {
	account string
	wiped   bool              // delete all rows of the account first
	cleared map[string]bool   // users all of whose rows are deleted first
	rows    map[key]change    // the rows that change afterwards
	byUser  map[string][]key  // the keys of rows that the commit wrote, by their user
	unique  string            // the name of the unique role, if the commit says it
	owner   string            // the user who had the unique role before the commit, if it is transferred
	ids     map[string]string // the ids before the commit of users that it renames
	err     error             // the first error
}

// change is what happens to a row.
type change struct {
	gone    bool
	partial bool   // empty values stay as they are in the table
	heir    bool   // the role is the unique role
	values  values // unless gone
}

// newDelta returns what the commit of an entry changes in the tables. It returns ErrRefused if the
// data is not a commit of the account with the version of the entry, or if an id in it cannot be
// stored as text.
func newDelta(id usher.AccountID, e store.Entry) (*delta, error) {
	c, err := account.DecodeCommit(e.Data)
	switch {
	case err != nil:
		return nil, printable.Errorf("%w: a store with tables of members stores only commits: %w", store.ErrRefused, err)
	case c.Account != id || c.Version != e.Version:
		return nil, printable.Errorf("%w: the data is commit %d of %q (want commit %d of %q)", store.ErrRefused, c.Version, string(c.Account), e.Version, string(id))
	}
	if err := checkText("account", string(id)); err != nil {
		return nil, err
	}
	d := &delta{account: string(id), cleared: map[string]bool{}, rows: make(map[key]change, len(c.Changes)), byUser: map[string][]key{}}
	for _, ch := range c.Changes {
		if !d.add(ch) {
			return nil, printable.Errorf("%w: the tables of members do not know the change %s", store.ErrRefused, account.NameOfChange(ch))
		}
	}
	return d, d.err
}

// add adds a change, and reports whether it knows the change.
func (d *delta) add(c account.Change) bool {
	switch c := c.(type) {
	case account.AccountCreated:
		if c.Owner != "" {
			d.unique = string(c.Unique)
			d.set(at(members, c.Owner), values{d.unique, usher.Active.String()})
		}
	case account.AccountDeleted:
		d.wiped = true
		clear(d.cleared)
		clear(d.rows)
		clear(d.byUser)
	case account.UserAdded:
		d.set(at(members, c.User), values{string(c.Role), c.Status.String()})
	case account.UserRemoved:
		d.removeUser(string(c.User))
	case account.UserRenamed:
		d.rename(string(c.From), string(c.To))
		d.set(at(members, c.To), values{string(c.Role), c.Status.String()})
	case account.UserMerged:
		d.removeUser(string(c.From))
	case account.StatusSet:
		d.update(at(members, c.User), change{values: values{"", c.To.String()}})
	case account.RoleSet:
		d.update(at(members, c.User), change{values: values{string(c.To), ""}})
	case account.RoleBesideSet:
		d.set(at2(rolesBeside, c.User, c.Role), values{})
	case account.RoleBesideUnset:
		d.remove(at2(rolesBeside, c.User, c.Role))
	case account.OwnershipTransferred:
		if d.unique == "" && d.owner == "" {
			d.owner = d.idBefore(string(c.From))
		}
		d.update(at(members, c.From), change{values: values{string(c.Becomes), ""}})
		d.update(at(members, c.To), change{heir: d.unique == "", values: values{d.unique, ""}})
	case account.OwnershipBegun:
		d.unique = string(c.Unique)
	case account.TeamCreated:
		d.set(at(teams, c.Team), values{string(c.Parent)})
	case account.TeamMoved:
		d.set(at(teams, c.Team), values{string(c.To)})
	case account.TeamDeleted:
		d.remove(at(teams, c.Team))
	case account.MemberAdded:
		d.set(at2(teamMembers, c.Team, c.User), values{})
	case account.MemberRemoved:
		d.remove(at2(teamMembers, c.Team, c.User))
	case account.TeamRoleSet:
		d.set(at3(teamRoles, c.Team, c.User, c.Role), values{})
	case account.TeamRoleUnset:
		d.remove(at3(teamRoles, c.Team, c.User, c.Role))
	case account.OutsideRoleSet:
		d.set(at3(teamRoles, c.Team, c.User, c.Role), values{})
	case account.OutsideRoleUnset:
		d.remove(at3(teamRoles, c.Team, c.User, c.Role))
	case account.SeatsSet:
		if c.To == 0 {
			d.remove(at(seatPools, c.Pool))
		} else {
			d.set(at(seatPools, c.Pool), values{strconv.Itoa(c.To)})
		}
	case account.SeatAssigned:
		d.set(at2(seats, c.Pool, c.User), values{})
	case account.SeatUnassigned:
		d.remove(at2(seats, c.Pool, c.User))
	case account.GrantGiven:
		d.set(at2(grants, c.User, c.Grant), values{end(c.Until)})
	case account.GrantRevoked:
		d.remove(at2(grants, c.User, c.Grant))
	case account.SettingChanged, account.FieldDefined, account.FieldRenamed, account.FieldMoved,
		account.FieldArchived, account.FieldRestored, account.FieldSet, account.OwnershipEnded:
		// The tables do not have settings, custom fields, and which role is unique.
	default:
		return false
	}
	return true
}
