package console

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// outsideSection is the part of the page of a team about users who are not in the team.
type outsideSection struct {
	Holders []outsideHolder `json:"holders"`        // a page of those who have a role on the team
	Next    string          `json:"next,omitempty"` // the cursor of their next page, for the parameter outside
	After   string          `json:"-"`

	Gives bool           `json:"-"`              // the viewer may give some users a role on some teams
	Give  string         `json:"give,omitempty"` // what the viewer searches, to give a user a role
	Found []foundOutside `json:"found,omitempty"`
}

// outsideHolder is a user who has a role on the team without being in it.
type outsideHolder struct {
	person
	rolesShown
	Roles   []teamRoleRow `json:"roles"` // on the team
	SetRole choice        `json:"setRole"`
}

// foundOutside is a user to whom the viewer may want to give a role on the team.
type foundOutside struct {
	person
	rolesShown
	In      bool   `json:"in"` // is in the team, and gets roles there as a member
	SetRole choice `json:"setRole"`
}

// Shown reports whether the part is on the page.
func (s outsideSection) Shown() bool { return len(s.Holders) > 0 || s.After != "" || s.Gives }

// givesOutside reports whether the viewer may give some users a role on some teams without
// adding them to the team.
func (v *viewer) givesOutside() bool {
	outside := func(r role.Role) bool { return r.Outside }
	return !v.options.ReadOnly && slices.ContainsFunc(v.policy.Roles(), outside) && v.mayAny(teamSetRole)
}

// outsideHolders returns a page of the users who have a role on a team without being in it and
// that the viewer may see, and the cursor of the next page.
func (v *viewer) outsideHolders(id usher.TeamID, after usher.UserID) (list []account.Member, next string) {
	for _, m := range v.view.TeamRoleHolders(id) {
		if m.ID <= after || len(m.RolesOutside(id)) == 0 || !v.seesMember(m).exists {
			continue
		}
		if len(list) == pageSize {
			return list, string(list[pageSize-1].ID)
		}
		list = append(list, m)
	}
	return list, ""
}

// outsideSection returns the part of the page of a team about holders, and about users found.
func (v *viewer) outsideSection(team usher.TeamID, holders, found []account.Member) outsideSection {
	s := outsideSection{Holders: []outsideHolder{}}
	for _, u := range holders {
		row := outsideHolder{person: v.person(u.ID), rolesShown: v.rolesShown(u)}
		held := u.RolesOutside(team)
		row.Roles, row.SetRole = v.rolesOnTeam("team", u.ID, team, held, v.outsideOptions(held))
		s.Holders = append(s.Holders, row)
	}
	for _, u := range found {
		row := foundOutside{person: v.person(u.ID), rolesShown: v.rolesShown(u)}
		if _, row.In = u.InTeam(team); !row.In {
			_, row.SetRole = v.rolesOnTeam("team", u.ID, team, nil, v.outsideOptions(u.RolesOutside(team)))
		}
		s.Found = append(s.Found, row)
	}
	return s
}
