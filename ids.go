package usher

// AccountID is the host's id of an account: one membership domain with its own
// users, teams, seats and settings. Accounts never see each other. An id is any
// non-empty text; the zero value names no account.
type AccountID string

// UserID is the host's id of a user of an account: any non-empty text. The zero
// value names nobody, and is denied everything.
type UserID string

// TeamID is the host's id of a team of an account: any non-empty text. The zero
// value names no team.
type TeamID string
