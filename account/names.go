package account

func (CreateAccount) command()     {}
func (Import) command()            {}
func (AddUser) command()           {}
func (AcceptInvitation) command()  {}
func (DeclineInvitation) command() {}
func (Leave) command()             {}
func (RemoveUser) command()        {}
func (SetStatus) command()         {}
func (SetRole) command()           {}
func (CreateTeam) command()        {}
func (MoveTeam) command()          {}
func (DeleteTeam) command()        {}
func (AddToTeam) command()         {}
func (RemoveFromTeam) command()    {}
func (SetTeamRole) command()       {}
func (UnsetTeamRole) command()     {}
func (SetSeats) command()          {}
func (AssignSeat) command()        {}
func (UnassignSeat) command()      {}
func (ChangeSetting) command()     {}
func (GiveGrant) command()         {}
func (RevokeGrant) command()       {}
func (DefineField) command()       {}
func (RenameField) command()       {}
func (MoveField) command()         {}
func (ArchiveField) command()      {}
func (RestoreField) command()      {}
func (SetField) command()          {}
func (TransferOwnership) command() {}
func (DeleteAccount) command()     {}

// CommandName returns "create-account".
func (CreateAccount) CommandName() string { return "create-account" }

// CommandName returns "import".
func (Import) CommandName() string { return "import" }

// CommandName returns "add-user".
func (AddUser) CommandName() string { return "add-user" }

// CommandName returns "accept-invitation".
func (AcceptInvitation) CommandName() string { return "accept-invitation" }

// CommandName returns "decline-invitation".
func (DeclineInvitation) CommandName() string { return "decline-invitation" }

// CommandName returns "leave".
func (Leave) CommandName() string { return "leave" }

// CommandName returns "remove-user".
func (RemoveUser) CommandName() string { return "remove-user" }

// CommandName returns "set-status".
func (SetStatus) CommandName() string { return "set-status" }

// CommandName returns "set-role".
func (SetRole) CommandName() string { return "set-role" }

// CommandName returns "create-team".
func (CreateTeam) CommandName() string { return "create-team" }

// CommandName returns "move-team".
func (MoveTeam) CommandName() string { return "move-team" }

// CommandName returns "delete-team".
func (DeleteTeam) CommandName() string { return "delete-team" }

// CommandName returns "add-to-team".
func (AddToTeam) CommandName() string { return "add-to-team" }

// CommandName returns "remove-from-team".
func (RemoveFromTeam) CommandName() string { return "remove-from-team" }

// CommandName returns "set-team-role".
func (SetTeamRole) CommandName() string { return "set-team-role" }

// CommandName returns "unset-team-role".
func (UnsetTeamRole) CommandName() string { return "unset-team-role" }

// CommandName returns "set-seats".
func (SetSeats) CommandName() string { return "set-seats" }

// CommandName returns "assign-seat".
func (AssignSeat) CommandName() string { return "assign-seat" }

// CommandName returns "unassign-seat".
func (UnassignSeat) CommandName() string { return "unassign-seat" }

// CommandName returns "change-setting".
func (ChangeSetting) CommandName() string { return "change-setting" }

// CommandName returns "give-grant".
func (GiveGrant) CommandName() string { return "give-grant" }

// CommandName returns "revoke-grant".
func (RevokeGrant) CommandName() string { return "revoke-grant" }

// CommandName returns "define-field".
func (DefineField) CommandName() string { return "define-field" }

// CommandName returns "rename-field".
func (RenameField) CommandName() string { return "rename-field" }

// CommandName returns "move-field".
func (MoveField) CommandName() string { return "move-field" }

// CommandName returns "archive-field".
func (ArchiveField) CommandName() string { return "archive-field" }

// CommandName returns "restore-field".
func (RestoreField) CommandName() string { return "restore-field" }

// CommandName returns "set-field".
func (SetField) CommandName() string { return "set-field" }

// CommandName returns "transfer-ownership".
func (TransferOwnership) CommandName() string { return "transfer-ownership" }

// CommandName returns "delete-account".
func (DeleteAccount) CommandName() string { return "delete-account" }
