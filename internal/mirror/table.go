package mirror

// table is one of the mirror tables. Its first column is the account, then follow the columns of
// its key and its other columns.
type table uint8

const (
	members table = iota
	rolesBeside
	teams
	teamMembers
	teamRoles
	seatPools
	seats
	grants
)

// columns describes a table. Rows are texts; an empty text in a nullable column stands for NULL.
type columns struct {
	name   string
	key    []string // without the account
	values []string
	user   int // the index of the user in key; -1 if the rows do not belong to users
}

var tables = [...]columns{
	members:     {"members", []string{"user_id"}, []string{"role", "status"}, 0},
	rolesBeside: {"roles_beside", []string{"user_id", "role"}, nil, 0},
	teams:       {"teams", []string{"team"}, []string{"parent"}, -1},
	teamMembers: {"team_members", []string{"team", "user_id"}, nil, 1},
	teamRoles:   {"team_roles", []string{"team", "user_id", "role"}, nil, 1},
	seatPools:   {"seat_pools", []string{"pool"}, []string{"bought"}, -1},
	seats:       {"seats", []string{"pool", "user_id"}, nil, 1},
	grants:      {"grants", []string{"user_id", "grant_name"}, []string{"until"}, 0},
}

// key names a row of an account. Positions that the table does not have are empty.
type key struct {
	table table
	parts [3]string
}

// userOf returns the user that a row belongs to, or "".
func (k key) userOf() string {
	if i := tables[k.table].user; i >= 0 {
		return k.parts[i]
	}
	return ""
}

// values are the columns of a row that are not in its key. Positions that the table does not have
// are empty.
type values [2]string
