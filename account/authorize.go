package account

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// requirement is what a command requires of its actor. No actor meets the zero requirement.
type requirement struct {
	permission permission.Permission // required of users, not of the host
	on         parties
	gives      role.Name // the role that the command gives; "" for none
	creates    bool      // the command creates the account; only the host can run it
	hostOnly   string    // why only the host can run the command; "" if users can
	own        bool      // the command concerns the actor alone, and its propose refuses the host
	each       bool      // the command runs other commands, each of which has a requirement
}

// needs returns the requirement of a permission on the parties of a command.
func needs(p permission.Permission, on parties) requirement {
	return requirement{permission: p, on: on}
}

// giving returns the requirement of a command that gives a role.
func (r requirement) giving(name role.Name) requirement {
	r.gives = name
	return r
}

// checkRequirement rejects the command if its actor does not meet the requirement.
func (q *proposing) checkRequirement(want requirement) (err error) {
	q.allowed, q.gives = usher.Decision{}, want.gives
	if q.actor.by != "" && want.own && want.permission.IsZero() {
		return q.deny(usher.ReasonNoPermission, "%s cannot run the command on behalf of another user", q.actor.by)
	}
	switch {
	case want.creates && q.actor.Host() == "":
		return q.deny(usher.ReasonNoPermission, "only the host can create an account")
	case want.hostOnly != "" && q.actor.Host() == "":
		return q.deny(usher.ReasonNoPermission, "%s", want.hostOnly)
	case want.creates, want.hostOnly != "", want.each, want.own && want.permission.IsZero():
		return nil
	case want.permission.IsZero():
		return q.deny(usher.ReasonNoPermission, "no actor can run the command")
	}
	q.allowed, err = q.authorize(want.permission, want.on)
	return err
}

// parties contains the user and the teams that a command names. An empty id that a command
// names is kept as an unknown id, because leaving it out would authorize against fewer
// parties.
type parties struct {
	user    *usher.UserID
	teams   []usher.TeamID
	nothing bool // the permission is checked without a resource

	resource *usher.Ref // the permission is checked on this resource of the proposal
}

func of(user usher.UserID) parties { return parties{user: &user} }

func ofMember(user usher.UserID, team usher.TeamID) parties {
	return parties{user: &user, teams: []usher.TeamID{team}}
}

// nonEmpty returns the teams that are not "".
func nonEmpty(teams ...usher.TeamID) []usher.TeamID {
	return slices.DeleteFunc(teams, func(t usher.TeamID) bool { return t == "" })
}

// authorize returns the decision whether the actor has a permission, and a Refusal if not.
// For the host it returns the zero Decision and no error.
func (q *proposing) authorize(want permission.Permission, on parties) (usher.Decision, error) {
	if q.actor.Host() != "" {
		return usher.Decision{}, nil
	}
	request := q.request(want, on)
	if on.resource != nil && request.Resource == nil {
		return usher.Decision{}, q.deny(usher.ReasonNoPermission, "the host application did not pass the resource %s with the command, in Resources of the batch, so its parties are unknown", ref(*on.resource))
	}
	d, err := q.decide(&request)
	if err != nil {
		return usher.Decision{}, err
	}
	if reason := q.visits(); d.Allowed() && reason != 0 && (want != userRequestToJoin || q.actor.by != "") {
		d = q.denial(reason)
	}
	if !d.Allowed() {
		r := q.refusal(CodeDenied, "%s may not %s: %s", q.actor, want, d)
		if q.actor.by != "" {
			// Only an explanation names the one of both users who is denied.
			if x, err := q.policy.Explain(q.draft, &request); err == nil && x.Decision.Reason() == d.Reason() {
				r.Text = x.Sentence
			}
		}
		r.Decision, r.Request = d, request
		return d, r
	}
	return d, nil
}

// visits returns the reason for which the actor, a user, can run no commands, or zero. Rules of
// visitors may allow such an actor a permission, but commands are for users of the account,
// except request-to-join.
func (q *proposing) visits() usher.Reason {
	switch u := q.find(q.authority); {
	case u == nil:
		return usher.ReasonUnknownUser
	case u.Status != usher.Active:
		return usher.ReasonInactive
	}
	return 0
}

// request returns the request whether the actor, a user, has a permission on the parties of a
// command.
func (q *proposing) request(want permission.Permission, on parties) usher.Request {
	request := usher.Request{
		Account: q.next.account, Subject: q.authority, Permission: want, Context: q.context, Time: q.at,
		Gives: q.given(),
	}
	switch q.actor.by {
	case "":
	case q.authority:
		request.By = q.actor.user
	default:
		request.By = q.actor.by
	}
	if on.nothing {
		return request
	}
	if on.resource != nil {
		request.Resource = q.resource(*on.resource)
		return request
	}
	resource := &usher.Object{Type: want.Resource(), Account: q.next.account, Parties: map[string][]string{}}
	if on.user != nil {
		resource.ID = string(*on.user)
		resource.Parties["user"] = []string{resource.ID}
	}
	for _, t := range on.teams {
		resource.Parties["team"] = append(resource.Parties["team"], string(t))
	}
	request.Resource = resource
	return request
}

// given returns Request.Gives for all permissions that the current command checks. A role that
// the policy lacks is unknown there; the command is rejected later, if it is not denied.
func (q *proposing) given() string {
	switch {
	case q.gives == "":
		return usher.GivesNone
	case q.policy != nil && !q.declares(q.gives):
		return ""
	}
	return string(q.gives)
}

func (q *proposing) declares(name role.Name) bool {
	_, ok := q.policy.Role(name)
	return ok
}

// RequestFor returns the request that decides under a policy whether a user may run a command
// on the state, without Context and Time. It returns false for a command that requires no
// permission, such as change-setting of a setting that only the host can change, and for a
// value that is not a command. The request does not cover the other checks of
// [State.Propose], such as the ceiling. Resources are those of [Proposal]; if they lack the one that
// the command names, RequestFor returns false, because Propose then denies the command.
func (s *State) RequestFor(p *policy.Policy, user usher.UserID, c Command, resources ...usher.Resource) (usher.Request, bool) {
	if !isCommand(reflect.TypeOf(c)) {
		return usher.Request{}, false
	}
	q := proposing{draft: s.draft(), began: s, policy: s.Policy(p), actor: AsUser(user), authority: user, resources: resources}
	want := c.asks(&q)
	if want.permission.IsZero() || want.on.resource != nil && q.resource(*want.on.resource) == nil {
		return usher.Request{}, false
	}
	q.gives = want.gives
	return q.request(want.permission, want.on), true
}

// may is authorize without the decision.
func (q *proposing) may(want permission.Permission, on parties) error {
	_, err := q.authorize(want, on)
	return err
}

// deny rejects the command with CodeDenied where no rule decides: commands on an invitation,
// and commands that only the host can run.
func (q *proposing) deny(reason usher.Reason, format string, args ...any) error {
	r := q.refusal(CodeDenied, format, args...)
	if reason != 0 {
		r.Decision = q.denial(reason)
	}
	return r
}

// denial returns a denial that no rule made.
func (q *proposing) denial(reason usher.Reason) usher.Decision {
	return decision.New(basis{q.next.version, q.policy.Digest()}, reason, 0, q.at)
}

// basis is the basis of a decision that no rule made.
type basis struct {
	version uint64
	digest  string
}

func (b basis) Detail(usher.Reason, uint64) usher.Detail {
	return usher.Detail{Version: b.version, Digest: b.digest}
}
