package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// user returns a user, or refuses with UnknownUser. Ids near to it are not
// suggested, since the actor may not be allowed to see the directory. A user for whom
// the policy cannot decide is an error, except for the commands that help.
func (q *proposing) user(id usher.UserID) (*policy.User, error) {
	if u := q.find(id); u != nil {
		return u, q.fitsUser(id, u)
	}
	return nil, q.refuse(UnknownUser, "%s has no user %q", q.next.account, id)
}

func (q *proposing) knownTeam(id usher.TeamID) error {
	if _, ok := q.team(id); !ok {
		return q.refuse(UnknownTeam, "%s has no team %q", q.next.account, id)
	}
	return nil
}

// accountRole returns an account role of the policy, or refuses with UnknownRole.
func (q *proposing) accountRole(name role.Name) (role.Role, error) {
	return q.role(name, false)
}

func (q *proposing) teamRole(name role.Name) error {
	_, err := q.role(name, true)
	return err
}

func (q *proposing) role(name role.Name, onTeam bool) (role.Role, error) {
	r, ok := q.policy.Role(name)
	if ok && r.OnTeam == onTeam {
		return r, nil
	}
	kind, other := "account role", "it is held on a team: set-team-role gives it"
	if onTeam {
		kind, other = "team role", "it is held in the account: set-role gives it"
	}
	if ok {
		return role.Role{}, q.refuse(UnknownRole, "%s is no %s; %s", name, kind, other)
	}
	var names []string
	for _, r := range q.policy.Roles() {
		if r.OnTeam == onTeam {
			names = append(names, string(r.Name))
		}
	}
	return role.Role{}, q.refuse(UnknownRole, "%s has no %s %q%s", q.policyName(), kind, name, suggest.DidYouMean(string(name), names))
}

// roleOf returns the account role that a user has. Of one that the policy lacks nothing
// is known but its name: it has no bounds, and requires and forbids no seat. That is
// enough for the commands that help such a user, and an error for all others.
func (q *proposing) roleOf(id usher.UserID, u *policy.User) (role.Role, error) {
	r, ok := q.policy.Role(u.Role)
	switch {
	case ok && !r.OnTeam:
		return r, nil
	case q.helps(u):
		return role.Role{Name: u.Role}, nil
	default:
		return role.Role{}, printable.Errorf("%s: %s has the role %s: %w", Describe(q.command), id, u.Role, usher.ErrUndeclared)
	}
}

func (q *proposing) pool(name seat.PoolName) (seat.Kind, error) {
	kind, ok := q.policy.Pool(name)
	if ok {
		return kind, nil
	}
	var names []string
	for _, k := range q.policy.Pools() {
		names = append(names, string(k.Name))
	}
	return seat.Kind{}, q.refuse(UnknownPool, "%s has no seat pool %q%s", q.policyName(), name, suggest.DidYouMean(string(name), names))
}

func (q *proposing) policyName() string {
	if name := q.policy.Name(); name != "" {
		return "the policy " + name
	}
	return "the policy"
}
