package browsertest

import (
	"time"

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

// accounts contains an account for each preset, and for the policies of the console's tests:
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
	"studio": {
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2}},
		account.AddUser{User: "adam", Role: "admin"},
		account.CreateTeam{Team: "photo"},
		account.CreateTeam{Team: "print"},
		account.AddUser{User: "lena", Teams: []usher.TeamID{"photo"}},
		account.SetTeamRole{User: "lena", Team: "photo", Role: "lead"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"photo"}},
		account.AddUser{User: "max", Teams: []usher.TeamID{"print"}},
		account.AssignSeat{User: "mia", Pool: "desk"},
		account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "album", ID: "spring"}},
		account.GiveRoleOn{Team: "photo", Role: "reader", On: usher.Ref{Type: "album", ID: "spring"}},
		account.GiveRoleOn{User: "mia", Role: "reader", On: usher.Ref{Type: "album", ID: "autumn"}},
		account.DefineRole{Role: "keeper", Title: "Album Keeper", Gives: account.Gives{"album.view": {"any"}, "album.edit": {"own"}}},
		account.DefineRole{Role: "cashier", Title: "Cashier", Gives: account.Gives{"invoice.pay": {"any"}}},
		account.SetRole{User: "max", Role: "keeper"},
		account.Invite{Key: "ivy", Teams: []usher.TeamID{"photo"}, Until: time.Date(2199, 2, 1, 0, 0, 0, 0, time.UTC)},
		account.ChangeSetting{Setting: "open", Value: true, From: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)},
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

// byUsers contains what users do in some of these accounts after that.
var byUsers = map[string][]struct {
	user    usher.UserID
	command account.Command
}{
	"studio": {
		{"mia", account.Request{Commands: []account.Command{account.SetRoleBeside{User: "mia", Role: "clerk"}}, Note: "for the end of the month"}},
		{"max", account.Request{Commands: []account.Command{account.AddToTeam{User: "max", Team: "photo"}, account.AssignSeat{User: "max", Pool: "desk"}}}},
		{"lena", account.Request{Commands: []account.Command{account.AddUser{User: "nina", Teams: []usher.TeamID{"photo"}}}}},
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
	"studio": {
		{"owner", "olivia", false},
		{"administrator", "adam", false},
		{"lead", "lena", false},
		{"member", "mia", false},
		{"stranger", "zoe", false},
	},
	"groupcal":       {{"owner", "olivia", false}, {"administrator", "adam", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
	"staffdirectory": {{"owner", "olivia", false}, {"staff manager", "sam", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
}

var olivia, adam = viewer{"owner", "olivia", false}, viewer{"administrator", "adam", false}
