package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/role"
)

// Holder is a user or a team that holds roles on resources. One of the fields is "". The zero Holder
// holds none.
type Holder struct {
	User usher.UserID
	Team usher.TeamID
}

func (h Holder) id() string {
	if h.Team != "" {
		return string(h.Team)
	}
	return string(h.User)
}

// by returns the relation from the holder to resources.
func (h Holder) by() int {
	if h.Team != "" {
		return byTeam
	}
	return byUser
}

// of returns the relation from resources to holders of this kind.
func (h Holder) of() int {
	if h.Team != "" {
		return ofTeams
	}
	return ofUsers
}

func (h Holder) word() string {
	if h == (Holder{}) {
		return "no holder"
	}
	return word(h.id())
}

// words returns the holder as the subject of a sentence.
func (h Holder) words() string {
	if h.Team != "" {
		return "the team " + word(h.Team)
	}
	return word(h.User)
}

// rolesOn returns the roles on resources, to be changed.
func (d *draft) rolesOn() *resourceRolesEdit {
	if d.on == nil {
		d.on = d.next.on.edit()
	}
	return d.on
}

// rolesOf returns the roles of a holder on a resource, sorted.
func (d *draft) rolesOf(h Holder, on usher.Ref) []role.Name {
	if d.on != nil {
		return d.on.find(h.by(), on.Type, h.id(), on.ID)
	}
	return d.next.on.find(h.by(), on.Type, h.id(), on.ID)
}

// eachRoleOn returns the roles of a holder on resources, sorted by resource.
func (d *draft) eachRoleOn(h Holder) []RolesOn {
	if d.on != nil {
		return d.on.resourcesOf(h)
	}
	return slices.Collect(d.next.on.resourcesOf(h, usher.Ref{}))
}

// countOn returns on how many resources a holder has roles.
func (d *draft) countOn(h Holder) int {
	if d.on != nil {
		return d.on.count(h.by(), h.id())
	}
	return d.next.on.count(h.by(), h.id())
}

// holdersOfResource returns the users and the teams that have roles on a resource.
func (d *draft) holdersOfResource(on usher.Ref) (users, teams roleTable) {
	if d.on != nil {
		return d.on.of(ofUsers, on.Type, on.ID), d.on.of(ofTeams, on.Type, on.ID)
	}
	return d.next.on.of(ofUsers, on.Type, on.ID), d.next.on.of(ofTeams, on.Type, on.ID)
}

// takeRolesOn takes all roles that a user or a team has on resources.
func (d *draft) takeRolesOn(h Holder) {
	if d.countOn(h) > 0 {
		d.rolesOn().dropHolder(h)
	}
}

// checkHolder returns an error if a user or a team does not exist.
func (d *draft) checkHolder(h Holder) error {
	if h.Team == "" {
		_, err := d.lookUp(h.User)
		return err
	}
	if _, ok := d.team(h.Team); !ok {
		return printable.Errorf("the team %s does not exist", h.Team)
	}
	return nil
}

// knownHolder rejects the command unless it names either a user or a team, which exists.
func (q *proposing) knownHolder(h Holder) error {
	switch {
	case h.User != "" && h.Team != "":
		return q.refuse(CodeInvalid, "it names the user %s and the team %s; name one of them", h.User, h.Team)
	case h.Team != "":
		return q.knownTeam(h.Team)
	case h.User == "":
		return q.refuse(CodeInvalid, "it names neither a user nor a team; name one of them")
	}
	_, err := q.user(h.User)
	return err
}
