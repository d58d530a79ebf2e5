package console

import "github.com/usher-go/usher/account"

// kind is a kind of changes, for the filter of the record. Its title is the text "kind.NAME".
type kind struct {
	Name    string
	Changes []account.Change
}

// kinds lists the kinds. Each change belongs to one.
var kinds = []kind{
	{"people", []account.Change{account.UserAdded{}, account.UserRemoved{}, account.UserRenamed{}, account.UserMerged{}, account.StatusSet{}, account.FieldSet{}}},
	{"roles", []account.Change{
		account.RoleSet{},
		account.RoleBesideSet{},
		account.RoleBesideUnset{},
		account.TeamRoleSet{},
		account.TeamRoleUnset{},
		account.OutsideRoleSet{},
		account.OutsideRoleUnset{},
		account.RoleOnGiven{},
		account.RoleOnTaken{},
		account.ResourceForgotten{},
		account.RoleDefined{},
		account.RoleTitled{},
		account.RoleRuleAdded{},
		account.RoleRuleRemoved{},
		account.RoleReplaced{},
		account.RoleDeleted{},
	}},
	{"permissions", []account.Change{account.GrantGiven{}, account.GrantRevoked{}}},
	{"seats", []account.Change{account.SeatsSet{}, account.SeatAssigned{}, account.SeatUnassigned{}}},
	{"teams", []account.Change{account.TeamCreated{}, account.TeamMoved{}, account.TeamDeleted{}, account.MemberAdded{}, account.MemberRemoved{}}},
	{"requests", []account.Change{account.RequestMade{}, account.RequestApproved{}, account.RequestDeclined{}, account.RequestWithdrawn{}, account.RequestEnded{}}},
	{"fields", []account.Change{account.FieldDefined{}, account.FieldRenamed{}, account.FieldMoved{}, account.FieldArchived{}, account.FieldRestored{}}},
	{"schedule", []account.Change{account.Scheduled{}, account.Unscheduled{}, account.Due{}, account.DueSkipped{}}},
	{"account", []account.Change{account.AccountCreated{}, account.AccountDeleted{}, account.OwnershipTransferred{}, account.OwnershipBegun{}, account.OwnershipEnded{}, account.SettingChanged{}}},
}

// kindsByChange contains the kind of each change, by the change's name.
var kindsByChange = func() map[string]string {
	m := map[string]string{}
	for _, k := range kinds {
		for _, c := range k.Changes {
			m[account.NameOfChange(c)] = k.Name
		}
	}
	return m
}()

// kindOf returns the kind of a change.
func kindOf(c account.Change) string { return kindsByChange[account.NameOfChange(c)] }

func (v *viewer) kindOptions() (list []option) {
	for _, k := range kinds {
		list = append(list, option{k.Name, v.text.plain("kind." + k.Name)})
	}
	return list
}
