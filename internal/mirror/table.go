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
	rolesOn
	teamRolesOn
	requests
)

// columns describes a table. Rows are texts; an empty text in a nullable column stands for NULL.
type columns struct {
	name   string
	key    []string // without the account
	values []string
	user   int // the index of the user in key; -1 if the rows do not belong to users
}

var tables = [...]columns{
	members:     {"members", []string{"user_id"}, []string{"role", "status", "kind"}, 0},
	rolesBeside: {"roles_beside", []string{"user_id", "role"}, nil, 0},
	teams:       {"teams", []string{"team"}, []string{"parent"}, -1},
	teamMembers: {"team_members", []string{"team", "user_id"}, nil, 1},
	teamRoles:   {"team_roles", []string{"team", "user_id", "role"}, nil, 1},
	seatPools:   {"seat_pools", []string{"pool"}, []string{"bought"}, -1},
	seats:       {"seats", []string{"pool", "user_id"}, nil, 1},
	grants:      {"grants", []string{"user_id", "grant_name"}, []string{"until"}, 0},
	rolesOn:     {"roles_on", []string{"user_id", "resource_type", "resource_id", "role"}, nil, 0},
	teamRolesOn: {"team_roles_on", []string{"team", "resource_type", "resource_id", "role"}, nil, -1},
	requests:    {"requests", []string{"request"}, []string{"user_id", "commands", "note", "until", "since"}, -1},
}

// key names a row of an account. Positions that the table does not have are empty.
type key struct {
	table table
	parts [4]string
}

// onResources reports whether the rows of a table are roles on resources. The type and the id of the
// resource are the second and the third part of their keys.
func (t table) onResources() bool { return t == rolesOn || t == teamRolesOn }

// on returns the type and the id of the resource that a row is about; ok is false if it is about none.
func (k key) on() (resource [2]string, ok bool) {
	return [2]string{k.parts[1], k.parts[2]}, k.table.onResources()
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
type values [5]string
