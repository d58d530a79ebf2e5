package account

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
)

// requirement is what a command requires of its actor. The zero requirement is met by
// no actor.
type requirement struct {
	permission permission.Permission // which users need; the host needs none
	on         parties
	creates    bool // the command creates the account: only the host may
	own        bool // the command concerns the actor alone, and its propose refuses the host
}

// needs returns the requirement of a permission on what a command is about.
func needs(p permission.Permission, on parties) requirement {
	return requirement{permission: p, on: on}
}

// checkRequirement refuses the command if its actor does not meet the requirement.
func (q *proposing) checkRequirement(want requirement) (err error) {
	q.allowed = usher.Decision{}
	switch {
	case want.creates && q.actor.Host() == "":
		return q.deny(usher.ReasonNoPermission, "only the host makes accounts")
	case want.creates, want.own && want.permission.IsZero():
		return nil
	case want.permission.IsZero():
		return q.deny(usher.ReasonNoPermission, "no actor can run the command")
	}
	q.allowed, err = q.authorize(want.permission, want.on)
	return err
}

// parties names the user and the teams that a command is about. An empty id is as
// good as any other that is not there: to leave it out would ask about less.
type parties struct {
	user  *usher.UserID
	teams []usher.TeamID
}

func of(user usher.UserID) parties { return parties{user: &user} }

func ofMember(user usher.UserID, team usher.TeamID) parties {
	return parties{user: &user, teams: []usher.TeamID{team}}
}

// present returns the teams that a command does name, of those that it may.
func present(teams ...usher.TeamID) []usher.TeamID {
	return slices.DeleteFunc(teams, func(t usher.TeamID) bool { return t == "" })
}

// authorize asks whether the actor may. The host is not asked about.
func (q *proposing) authorize(want permission.Permission, on parties) (usher.Decision, error) {
	if q.actor.Host() != "" {
		return usher.Decision{}, nil
	}
	request := q.request(want, on)
	d, err := q.decide(&request)
	if err != nil {
		return usher.Decision{}, err
	}
	if !d.Allowed() {
		r := q.refusal(CodeDenied, "%s may not %s: %s", q.actor, want, d)
		r.Decision, r.Request = d, request
		return d, r
	}
	return d, nil
}

// request returns the question whether the actor, a user, has a permission on what a
// command is about.
func (q *proposing) request(want permission.Permission, on parties) usher.Request {
	resource := &usher.Object{Type: want.Resource(), Account: q.next.account, Parties: map[string][]string{}}
	if on.user != nil {
		resource.ID = string(*on.user)
		resource.Parties["user"] = []string{resource.ID}
	}
	for _, t := range on.teams {
		resource.Parties["team"] = append(resource.Parties["team"], string(t))
	}
	return usher.Request{
		Account: q.next.account, Subject: q.actor.User(), Permission: want,
		Resource: resource, Context: q.context, Time: q.at,
	}
}

// RequestFor returns the request that decides whether a user may run a command on the
// state, without context and time. It returns false for a command that needs no
// permission, or that is not one. What else [State.Propose] checks, such as the ceiling, is
// not in it.
func (s *State) RequestFor(user usher.UserID, c Command) (usher.Request, bool) {
	if !isCommand(reflect.TypeOf(c)) {
		return usher.Request{}, false
	}
	q := proposing{draft: s.draft(), began: s, actor: AsUser(user)}
	want := c.asks(&q)
	if want.permission.IsZero() {
		return usher.Request{}, false
	}
	return q.request(want.permission, want.on), true
}

// may is authorize for those who need to know no more.
func (q *proposing) may(want permission.Permission, on parties) error {
	_, err := q.authorize(want, on)
	return err
}

// deny refuses what no rule decides: whose entry an invitation is, and what only
// the host may do.
func (q *proposing) deny(reason usher.Reason, format string, args ...any) error {
	r := q.refusal(CodeDenied, format, args...)
	if reason != 0 {
		r.Decision = decision.New(basis{q.next.version, q.policy.Digest()}, reason, 0, q.at)
	}
	return r
}

// basis is that of decisions which no rule made.
type basis struct {
	version uint64
	digest  string
}

func (b basis) Detail(usher.Reason, uint64) usher.Detail {
	return usher.Detail{Version: b.version, Digest: b.digest}
}
