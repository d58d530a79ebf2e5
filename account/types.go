package account

func (AccountCreated) change()       {}
func (AccountDeleted) change()       {}
func (UserAdded) change()            {}
func (UserRemoved) change()          {}
func (StatusSet) change()            {}
func (RoleSet) change()              {}
func (OwnershipTransferred) change() {}
func (TeamCreated) change()          {}
func (TeamMoved) change()            {}
func (TeamDeleted) change()          {}
func (MemberAdded) change()          {}
func (MemberRemoved) change()        {}
func (TeamRoleSet) change()          {}
func (TeamRoleUnset) change()        {}
func (SeatsSet) change()             {}
func (SeatAssigned) change()         {}
func (SeatUnassigned) change()       {}
func (SettingChanged) change()       {}
func (GrantGiven) change()           {}
func (GrantRevoked) change()         {}
func (FieldDefined) change()         {}
func (FieldRenamed) change()         {}
func (FieldMoved) change()           {}
func (FieldArchived) change()        {}
func (FieldRestored) change()        {}
func (FieldSet) change()             {}

// ChangeType returns "account-created".
func (AccountCreated) ChangeType() string { return "account-created" }

// ChangeType returns "account-deleted".
func (AccountDeleted) ChangeType() string { return "account-deleted" }

// ChangeType returns "user-added".
func (UserAdded) ChangeType() string { return "user-added" }

// ChangeType returns "user-removed".
func (UserRemoved) ChangeType() string { return "user-removed" }

// ChangeType returns "status-set".
func (StatusSet) ChangeType() string { return "status-set" }

// ChangeType returns "role-set".
func (RoleSet) ChangeType() string { return "role-set" }

// ChangeType returns "ownership-transferred".
func (OwnershipTransferred) ChangeType() string { return "ownership-transferred" }

// ChangeType returns "team-created".
func (TeamCreated) ChangeType() string { return "team-created" }

// ChangeType returns "team-moved".
func (TeamMoved) ChangeType() string { return "team-moved" }

// ChangeType returns "team-deleted".
func (TeamDeleted) ChangeType() string { return "team-deleted" }

// ChangeType returns "member-added".
func (MemberAdded) ChangeType() string { return "member-added" }

// ChangeType returns "member-removed".
func (MemberRemoved) ChangeType() string { return "member-removed" }

// ChangeType returns "team-role-set".
func (TeamRoleSet) ChangeType() string { return "team-role-set" }

// ChangeType returns "team-role-unset".
func (TeamRoleUnset) ChangeType() string { return "team-role-unset" }

// ChangeType returns "seats-set".
func (SeatsSet) ChangeType() string { return "seats-set" }

// ChangeType returns "seat-assigned".
func (SeatAssigned) ChangeType() string { return "seat-assigned" }

// ChangeType returns "seat-unassigned".
func (SeatUnassigned) ChangeType() string { return "seat-unassigned" }

// ChangeType returns "setting-changed".
func (SettingChanged) ChangeType() string { return "setting-changed" }

// ChangeType returns "grant-given".
func (GrantGiven) ChangeType() string { return "grant-given" }

// ChangeType returns "grant-revoked".
func (GrantRevoked) ChangeType() string { return "grant-revoked" }

// ChangeType returns "field-defined".
func (FieldDefined) ChangeType() string { return "field-defined" }

// ChangeType returns "field-renamed".
func (FieldRenamed) ChangeType() string { return "field-renamed" }

// ChangeType returns "field-moved".
func (FieldMoved) ChangeType() string { return "field-moved" }

// ChangeType returns "field-archived".
func (FieldArchived) ChangeType() string { return "field-archived" }

// ChangeType returns "field-restored".
func (FieldRestored) ChangeType() string { return "field-restored" }

// ChangeType returns "field-set".
func (FieldSet) ChangeType() string { return "field-set" }
