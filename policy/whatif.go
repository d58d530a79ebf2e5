package policy

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// whatIf is a request over a changed copy of the host's facts. It never changes the
// original facts.
type whatIf struct {
	p       *Policy
	facts   Facts
	request usher.Request
	user    *User
	account *Account
	held    []heldOn // roles that the subject gains on resources
	err     error
}

func (p *Policy) whatIf(f Facts, r usher.Request) *whatIf {
	w := &whatIf{p: p, facts: f, request: r}
	if r.Subject != "" {
		w.user, w.err = f.User(r.Subject)
	}
	return w
}

// User returns the changed subject, or an unchanged other user.
func (w *whatIf) User(id usher.UserID) (*User, error) {
	if id == w.request.Subject {
		return w.user, w.err
	}
	return w.facts.User(id)
}

// Account returns the changed account.
func (w *whatIf) Account() (*Account, error) {
	if w.account != nil {
		return w.account, nil
	}
	return w.facts.Account()
}

// heldOn is a role that a user holds on a resource.
type heldOn struct {
	role role.Name
	on   usher.Ref
}

// UserRolesOn returns the roles of the changed subject, or those of another user.
func (w *whatIf) UserRolesOn(id usher.UserID, on usher.Ref) (names []role.Name, err error) {
	if of, ok := w.facts.(ResourceRoles); ok {
		if names, err = of.UserRolesOn(id, on); err != nil {
			return nil, err
		}
	}
	for _, h := range w.held {
		if id == w.request.Subject && h.on == on {
			names = append(slices.Clip(names), h.role)
		}
	}
	return names, nil
}

// TeamRolesOn returns the roles of a team.
func (w *whatIf) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	if of, ok := w.facts.(ResourceRoles); ok {
		return of.TeamRolesOn(id, on)
	}
	return nil, nil
}

// after returns a copy with more steps applied.
func (w *whatIf) after(steps []usher.Step) *whatIf {
	next := *w
	if w.user != nil {
		user := *w.user
		next.user = &user
	}
	for _, s := range steps {
		next.do(s)
	}
	return &next
}

func (w *whatIf) do(s usher.Step) {
	switch s.Kind {
	case usher.StepJoin:
		w.user = &User{Status: usher.Active}
		w.takeRole(role.Name(s.Name))
	case usher.StepActivate:
		w.user.Status = usher.Active
	case usher.StepRole:
		w.takeRole(role.Name(s.Name))
	case usher.StepBeside:
		w.user.Beside = append(slices.Clip(w.user.Beside), role.Name(s.Name))
	case usher.StepTeam:
		w.join(s.Team)
	case usher.StepTeamRole:
		w.takeTeamRole(s.Team, role.Name(s.Name))
	case usher.StepResourceRole:
		w.held = append(slices.Clip(w.held), heldOn{role.Name(s.Name), s.On})
	case usher.StepSeat:
		w.user.Seats = append(slices.Clip(w.user.Seats), seat.PoolName(s.Name))
	case usher.StepGrant:
		w.user.Grants = append(slices.Clip(w.user.Grants), Grant{Name: s.Name})
	case usher.StepSetting:
		w.set(s.Name, s.Value)
	case usher.StepContext:
		w.request.Context = maps.Clone(w.request.Context)
		if w.request.Context == nil {
			w.request.Context = usher.Context{}
		}
		w.request.Context[s.Name] = s.Value
	case usher.StepAttribute:
		w.request.Resource = &changedResource{Resource: w.request.Resource, name: s.Name, value: s.Value, attribute: true}
	case usher.StepParty:
		w.request.Resource = &changedResource{Resource: w.request.Resource, name: s.Name, ids: s.IDs, teams: s.Teams}
	}
}

// takeRole changes the account role, and takes away the team roles and the grants that users with
// the role cannot have.
func (w *whatIf) takeRole(name role.Name) {
	before := *w.user
	w.user.Role = name
	r, _ := w.p.Role(name)
	if r.NoTeamRoles {
		w.user.Outside = nil
		w.user.Teams = slices.Clone(w.user.Teams)
		for i := range w.user.Teams {
			w.user.Teams[i].Roles = nil
		}
	}
	if r.NoGrants {
		w.user.Grants = nil
	}
	w.user.Seats = w.p.SeatsAfter(&before, w.user)
}

// join puts the user in a team.
func (w *whatIf) join(id usher.TeamID) {
	if memberOf(w.user.Teams, id) < 0 {
		w.user.Teams = append(slices.Clone(w.user.Teams), Membership{Team: id})
	}
}

// takeTeamRole gives the user a role on a team: outside the team, if the user is not a member and
// the role allows that.
func (w *whatIf) takeTeamRole(id usher.TeamID, name role.Name) {
	before := *w.user
	list := &w.user.Teams
	if memberOf(w.user.Teams, id) < 0 && w.p.outsideIndex(name) >= 0 {
		list = &w.user.Outside
	}
	changed := slices.Clone(*list)
	at := memberOf(changed, id)
	if at < 0 {
		at = len(changed)
		changed = append(changed, Membership{Team: id})
	}
	changed[at].Roles = append(slices.Clip(changed[at].Roles), name)
	*list = changed
	w.user.Seats = w.p.SeatsAfter(&before, w.user)
}

func memberOf(list []Membership, id usher.TeamID) int {
	return slices.IndexFunc(list, func(m Membership) bool { return m.Team == id })
}

func (w *whatIf) set(name string, value bool) {
	account, err := w.Account()
	if err != nil || account == nil {
		return // the decision then fails with the same error
	}
	changed := *account
	changed.Settings = maps.Clone(account.Settings)
	if changed.Settings == nil {
		changed.Settings = map[string]bool{}
	}
	changed.Settings[name] = value
	w.account = &changed
}

// changedResource is a resource with one party or attribute changed.
type changedResource struct {
	usher.Resource
	name      string
	ids       []string
	value     bool
	attribute bool
	teams     bool // the ids are the teams of a party of users and teams
}

func (o *changedResource) Party(name string) (ids []string, known bool) {
	if !o.attribute && !o.teams && name == o.name {
		return o.ids, true
	}
	return o.Resource.Party(name)
}

func (o *changedResource) TeamParty(name string) (ids []string, known bool) {
	if o.teams && name == o.name {
		return o.ids, true
	}
	return usher.TeamParty(o.Resource, name)
}

func (o *changedResource) Container() (r usher.Resource, known bool) {
	return usher.Container(o.Resource)
}

func (o *changedResource) Attribute(name string) (value, known bool) {
	if o.attribute && name == o.name {
		return o.value, true
	}
	return usher.Attribute(o.Resource, name)
}
