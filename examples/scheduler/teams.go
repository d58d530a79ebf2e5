package main

import (
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// createTeam creates a team, at the top or below another team.
//
//	POST /accounts/acme/teams {"team": "emea", "parent": "sales"}
func (s *server) createTeam(r *http.Request) (any, error) {
	body, err := read[struct {
		Team   usher.TeamID `json:"team"`
		Parent usher.TeamID `json:"parent"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.CreateTeam{Team: body.Team, Parent: body.Parent})
}

// addToTeam and removeFromTeam change the members of a team.
//
//	PUT    /accounts/acme/teams/sales/members/mia
//	DELETE /accounts/acme/teams/sales/members/mia
func (s *server) addToTeam(r *http.Request) (any, error) {
	return s.do(r, account.AddToTeam{Team: teamIn(r), User: userIn(r)})
}

func (s *server) removeFromTeam(r *http.Request) (any, error) {
	return s.do(r, account.RemoveFromTeam{Team: teamIn(r), User: userIn(r)})
}

// setTeamRole and unsetTeamRole change the team roles of a member.
//
//	PUT    /accounts/acme/teams/sales/members/mia/roles/manager
//	DELETE /accounts/acme/teams/sales/members/mia/roles/manager
func (s *server) setTeamRole(r *http.Request) (any, error) {
	return s.do(r, account.SetTeamRole{Team: teamIn(r), User: userIn(r), Role: role.Name(r.PathValue("role"))})
}

func (s *server) unsetTeamRole(r *http.Request) (any, error) {
	return s.do(r, account.UnsetTeamRole{Team: teamIn(r), User: userIn(r), Role: role.Name(r.PathValue("role"))})
}

// buySeats sets the number of seats that the account pays for: now, or from the end of a paid period on.
// Then users keep the seats that they hold, and no further user gets one until enough are free. Only the
// host can schedule the number, because the period is what it sells; the subject needs the same permission.
//
//	PUT /accounts/acme/seats/booking {"total": 5}
//	PUT /accounts/acme/seats/booking {"total": 3, "from": "2035-02-01T00:00:00Z"}
func (s *server) buySeats(r *http.Request) (any, error) {
	body, err := read[struct {
		Total int       `json:"total"`
		From  time.Time `json:"from"`
	}](r)
	if err != nil {
		return nil, err
	}
	if !body.From.IsZero() {
		if err := require(r, s.engine, purchaseSeats, nil); err != nil {
			return nil, err
		}
		later := account.SetSeats{Pool: poolIn(r), Total: body.Total, From: body.From}
		return s.submit(r, account.AsHost("billing"), subject(r).Account, later)
	}
	return s.do(r, account.SetSeats{Pool: poolIn(r), Total: body.Total})
}

// assignSeat and unassignSeat determine which users can be booked.
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
