package main

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// onMember loads the team and the person in the path: who may put one into the other?
func onMember(r *http.Request) (usher.Resource, error) {
	team, user := r.PathValue("team"), r.PathValue("user")
	return &usher.Object{
		Type: "team", ID: team, Account: usher.AccountID(r.PathValue("account")),
		Parties: map[string][]string{"team": {team}, "user": {user}},
	}, nil
}

// wishedTeam is a team to be created. team.create is asked on the team above it.
type wishedTeam struct {
	usher.Object `json:"-"`
	Team         usher.TeamID `json:"team"`
	Parent       usher.TeamID `json:"parent"`
}

func (s *server) wishedTeam(r *http.Request) (usher.Resource, error) {
	wish, err := read[wishedTeam](r)
	if err != nil {
		return nil, err
	}
	wish.Object = usher.Object{Type: "team", ID: string(wish.Team), Account: usher.AccountID(r.PathValue("account"))}
	if wish.Parent != "" {
		wish.Parties = map[string][]string{"team": {string(wish.Parent)}}
	}
	return wish, nil
}

// createTeam makes a team, perhaps below another one.
//
//	POST /accounts/acme/teams {"team": "emea", "parent": "sales"}
func (s *server) createTeam(r *http.Request) (any, error) {
	wish, _ := usherhttp.Loaded[*wishedTeam](r.Context())
	return s.do(r, account.CreateTeam{Team: wish.Team, Parent: wish.Parent})
}

// addToTeam and removeFromTeam say who is in a team.
//
//	PUT    /accounts/acme/teams/sales/members/mia
//	DELETE /accounts/acme/teams/sales/members/mia
func (s *server) addToTeam(r *http.Request) (any, error) {
	return s.do(r, account.AddToTeam{Team: teamIn(r), User: userIn(r)})
}

func (s *server) removeFromTeam(r *http.Request) (any, error) {
	return s.do(r, account.RemoveFromTeam{Team: teamIn(r), User: userIn(r)})
}

// setTeamRole and unsetTeamRole say who manages a team.
//
//	PUT    /accounts/acme/teams/sales/members/mia/roles/manager
//	DELETE /accounts/acme/teams/sales/members/mia/roles/manager
func (s *server) setTeamRole(r *http.Request) (any, error) {
	return s.do(r, account.SetTeamRole{Team: teamIn(r), User: userIn(r), Role: role.Name(r.PathValue("role"))})
}

func (s *server) unsetTeamRole(r *http.Request) (any, error) {
	return s.do(r, account.UnsetTeamRole{Team: teamIn(r), User: userIn(r), Role: role.Name(r.PathValue("role"))})
}

// buySeats says how many seats the account pays for.
//
//	PUT /accounts/acme/seats/booking {"total": 5}
func (s *server) buySeats(r *http.Request) (any, error) {
	wish, err := read[struct {
		Total int `json:"total"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.SetSeats{Pool: poolIn(r), Total: wish.Total})
}

// assignSeat and unassignSeat say who can be booked.
//
//	PUT    /accounts/acme/seats/booking/mia
//	DELETE /accounts/acme/seats/booking/mia
func (s *server) assignSeat(r *http.Request) (any, error) {
	return s.do(r, account.AssignSeat{Pool: poolIn(r), User: userIn(r)})
}

func (s *server) unassignSeat(r *http.Request) (any, error) {
	return s.do(r, account.UnassignSeat{Pool: poolIn(r), User: userIn(r)})
}

func userIn(r *http.Request) usher.UserID { return usher.UserID(r.PathValue("user")) }

func teamIn(r *http.Request) usher.TeamID { return usher.TeamID(r.PathValue("team")) }

func poolIn(r *http.Request) seat.PoolName { return seat.PoolName(r.PathValue("pool")) }
