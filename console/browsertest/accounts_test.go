package browsertest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/seat"
)

var userView = permission.MustParse("user.view")

// viewer is a user who looks at the pages. The zero value is not logged in.
type viewer struct {
	name string
	user usher.UserID
	mfa  bool
}

// accounts contains an account for each preset, and for the policy agency of the console's tests:
// with all kinds of users, teams in teams, a full and a free seat pool, custom fields, and grants.
var accounts = map[string][]account.Command{
	"oncehub": {
		account.CreateAccount{Owner: "olivia"},
		account.SetSeats{Pool: "booking", Total: 3},
		account.AddUser{User: "adam", Role: "admin"},
		account.CreateTeam{Team: "sales"},
		account.CreateTeam{Team: "emea", Parent: "sales"},
		account.CreateTeam{Team: "support"},
		account.AddUser{User: "tom", Teams: []usher.TeamID{"sales"}},
		account.SetTeamRole{Team: "sales", User: "tom", Role: "manager"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
		account.AddUser{User: "max", Teams: []usher.TeamID{"support"}},
		account.AddUser{User: "ian", Status: usher.Invited},
		account.AddUser{User: "eve"},
		account.SetStatus{User: "eve", Status: usher.Inactive},
		account.AssignSeat{User: "mia", Pool: "booking"},
		account.AssignSeat{User: "tom", Pool: "booking"},
		account.DefineField{Field: "phone", Type: account.TextField},
		account.DefineField{Field: "start", Type: account.DateField},
		account.DefineField{Field: "fax", Type: account.TextField},
		account.ArchiveField{Field: "fax"},
		account.SetField{User: "mia", Field: "phone", Value: "+41 1"},
		account.GiveGrant{User: "mia", Grant: "chatbots"},
	},
	"calcom": {
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 3}},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "ada", Role: "admin-only"},
		account.AddUser{User: "mia"},
	},
	"groupcal": {account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "mia"}},
	"workspace": {
		account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "adam", Role: "admin"},
		account.CreateTeam{Team: "design"},
		account.CreateTeam{Team: "type", Parent: "design"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"design"}},
		account.SetTeamRole{Team: "design", User: "mia", Role: "maintainer"},
		account.SetRoleBeside{User: "mia", Role: "billing"},
		account.AddUser{User: "gus", Role: "guest"},
		account.RequestToJoin{User: "rita"},
	},
	"agency": {
		account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "adam", Role: "admin"},
		account.CreateTeam{Team: "design"},
		account.CreateTeam{Team: "web", Parent: "design"},
		account.CreateTeam{Team: "print"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"design"}},
		account.SetTeamRole{Team: "design", User: "mia", Role: "deputy"},
		account.SetRoleBeside{User: "mia", Role: "billing"},
		account.AddUser{User: "max", Teams: []usher.TeamID{"web"}},
		account.SetRoleBeside{User: "max", Role: "auditor"},
		account.AddUser{User: "lena", Teams: []usher.TeamID{"print"}},
		account.SetTeamRole{Team: "design", User: "lena", Role: "lead"},
		account.AddUser{User: "gus", Role: "guest"},
	},
	"staffdirectory": {
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"staff": 4}},
		account.AddUser{User: "sam"},
		account.GiveGrant{User: "sam", Grant: "staff.manage"},
		account.AddUser{User: "mia"},
		account.DefineField{Field: "office", Type: account.TextField},
		account.DefineField{Field: "birthday", Type: account.DateField},
		account.DefineField{Field: "fax", Type: account.TextField},
		account.ArchiveField{Field: "fax"},
	},
}

// viewers contains the kinds of viewers of each preset.
var viewers = map[string][]viewer{
	"oncehub": {
		{"owner", "olivia", false},
		{"administrator", "adam", false},
		{"team manager", "tom", false},
		{"member", "mia", false},
		{"invited", "ian", false},
		{"inactive", "eve", false},
		{"stranger", "zoe", false},
	},
	"calcom": {
		{"owner", "olivia", false},
		{"administrator", "adam", true},
		{"admin-only", "ada", true},
		{"admin-only without mfa", "ada", false},
		{"member", "mia", false},
		{"stranger", "zoe", true},
		{name: "not logged in"},
	},
	"workspace": {
		{"owner", "olivia", false},
		{"administrator", "adam", false},
		{"maintainer", "mia", false},
		{"guest", "gus", false},
		{"requested", "rita", false},
		{"stranger", "zoe", false},
	},
	"agency": {
		{"owner", "olivia", false},
		{"administrator", "adam", false},
		{"lead of a team of others", "lena", false},
		{"deputy", "mia", false},
		{"auditor", "max", false},
		{"guest", "gus", false},
	},
	"groupcal":       {{"owner", "olivia", false}, {"administrator", "adam", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
	"staffdirectory": {{"owner", "olivia", false}, {"staff manager", "sam", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
}

var olivia, adam = viewer{"owner", "olivia", false}, viewer{"administrator", "adam", false}
