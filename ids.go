package usher

// AccountID is the host's id of an account (also: tenant, workspace, organization): one set
// of users, teams, seats and settings, isolated from all other accounts. An id is any
// non-empty text. The zero value refers to no account.
type AccountID string

// UserID is the host's id of a user of an account: any non-empty text. The zero value
// refers to no user, and every permission is denied to it.
type UserID string

// TeamID is the host's id of a team of an account: any non-empty text. The zero value
// refers to no team.
type TeamID string
