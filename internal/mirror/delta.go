package mirror

import (
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// delta is what one commit changes in the tables: rows to delete, and rows to write afterwards.
// Each row occurs once, so the order of the rows does not matter. A change of rows that the commit
// does not name begins another delta, then, which is written afterwards.
type delta struct {
	account string
	wiped   bool              // delete all rows of the account first
	cleared map[string]bool   // users all of whose rows are deleted first
	rows    map[key]change    // the rows that change afterwards
	byUser  map[string][]key  // the keys of rows that the commit wrote, by their user
	unique  string            // the name of the unique role, if the commit says it
	owner   string            // the user who had the unique role before the commit, if it is transferred
	ids     map[string]string // the ids before the commit of users that it renames
	left    []leaving         // users that the commit removes or renames, in this order
	made    time.Time         // the time of the commit
	err     error             // the first error

	replaced [2]string // a role, and the one that its holders get before everything else; empty for none
	then     *delta    // what the commit changes after these rows; nil for nothing

	disbanded map[string]bool    // teams whose roles on resources are deleted first
	forgotten map[[2]string]bool // resources, by type and id, on which all roles are deleted first
}

// change is what happens to a row.
type change struct {
	gone    bool
	partial bool   // empty values stay as they are in the table
	heir    bool   // the role is the unique role
	kindOf  string // if not empty: the kind is that of this user in the table
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
	first := emptyDelta(string(id), len(c.Changes))
	first.made = c.Time
	d := first
	for _, ch := range c.Changes {
		if r, ok := ch.(account.RoleReplaced); ok {
			d = d.replace(string(r.Role), string(r.By))
		} else if !d.add(ch) {
			return nil, printable.Errorf("%w: the tables of members do not know the change %s", store.ErrRefused, account.NameOfChange(ch))
		}
		if d.err != nil {
			return nil, d.err
		}
	}
	return first, nil
}

func emptyDelta(account string, changes int) *delta {
	return &delta{account: account, cleared: map[string]bool{}, rows: make(map[key]change, changes), byUser: map[string][]key{}}
}

// replace returns the delta of the changes after the holders of a role get another one.
func (d *delta) replace(role, by string) *delta {
	d.then = emptyDelta(d.account, 0)
	d.then.replaced, d.then.unique, d.then.made = [2]string{role, by}, d.unique, d.made
	d.then.err = checkText("role", by)
	return d.then
}

// add adds a change, and reports whether it knows the change.
func (d *delta) add(c account.Change) bool {
	switch c := c.(type) {
	case account.AccountCreated:
		if c.Owner != "" {
			d.unique = string(c.Unique)
			d.set(at(members, c.Owner), values{d.unique, usher.Active.String(), person})
		}
	case account.AccountDeleted:
		d.wiped = true
		clear(d.cleared)
		clear(d.rows)
		clear(d.byUser)
		clear(d.disbanded)
		clear(d.forgotten)
		d.left = nil
	case account.UserAdded:
		d.set(at(members, c.User), values{string(c.Role), c.Status.String(), kindOf(c.Kind)})
	case account.UserRemoved:
		d.removeUser(string(c.User))
		d.leave(leaving{from: string(c.User)})
	case account.UserRenamed:
		kind, of := d.kindBefore(string(c.From))
		d.rename(string(c.From), string(c.To))
		d.put(at(members, c.To), change{values: values{string(c.Role), c.Status.String(), kind}, kindOf: of})
		d.leave(leaving{string(c.From), string(c.To)})
	case account.UserMerged:
		d.removeUser(string(c.From))
		d.leave(leaving{string(c.From), string(c.To)})
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
		d.removeTeam(string(c.Team))
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
	case account.RoleOnGiven:
		d.set(atOn(account.Holder{User: c.User, Team: c.Team}, usher.Ref{Type: c.Type, ID: c.ID}, string(c.Role)), values{})
	case account.RoleOnTaken:
		d.remove(atOn(account.Holder{User: c.User, Team: c.Team}, usher.Ref{Type: c.Type, ID: c.ID}, string(c.Role)))
	case account.ResourceForgotten:
		d.removeResource([2]string{c.Type, c.ID})
	case account.RequestMade:
		row, err := rowOfRequest(account.OpenRequest{User: c.User, Commands: c.Commands, Note: c.Note, Until: c.Until}, d.made)
		if err != nil && d.err == nil {
			d.err = err
		}
		d.set(requestKey(c.Request), row)
	case account.RequestApproved:
		d.remove(requestKey(c.Request))
	case account.RequestDeclined:
		d.remove(requestKey(c.Request))
	case account.RequestWithdrawn:
		d.remove(requestKey(c.Request))
	case account.RequestEnded:
		d.remove(requestKey(c.Request))
	case account.SettingChanged, account.FieldDefined, account.FieldRenamed, account.FieldMoved,
		account.FieldArchived, account.FieldRestored, account.FieldSet, account.OwnershipEnded,
		account.Scheduled, account.Unscheduled, account.Due, account.DueSkipped,
		account.RoleDefined, account.RoleTitled, account.RoleRuleAdded, account.RoleRuleRemoved, account.RoleDeleted:
		// The tables do not have settings, custom fields, the definitions of roles, which role is unique, and the schedule. What becomes due
		// changes rows by the changes that follow.
	default:
		return false
	}
	return true
}
