package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/usherhttp"
)

// viewer is the user who sends a request, with the account at one version. All pages read the
// account through it, so a page is consistent, and the engine alone decides what it shows. It
// is for one request and one goroutine.
type viewer struct {
	*Console
	r   *http.Request
	ctx context.Context
	at  location

	subject usherhttp.Subject
	visits  bool // the viewer is not an active user: pages stay closed, whatever rules of visitors allow
	reader  *engine.Reader
	view    account.View
	policy  *policy.Policy
	now     time.Time // of the engine; not before the last commit
	zone    *time.Location
	text    *language

	query   map[string][]string           // of the page: the request's, or of the page that an action returns to
	form    *submitted                    // the form that was rejected, if this is the answer to one
	seen    map[usher.UserID]sight        // users that the viewer may see, once the engine was asked
	known   map[usher.UserID]Profile      // profiles, once the host was asked
	items   map[usher.Ref]Item            // resources, once the host was asked
	planned map[int]usher.Ref             // resources of scheduled changes, once they were read
	choices map[permission.Permission]int // 1 may for some resource, -1 may for none
	reach   *reach                        // users that the viewer may see, once it was computed
	teams   []usher.TeamID                // of teamList, once it was computed
	err     error                         // the first failure; the page is not shown
}

// sight is what a viewer may see of a user.
type sight struct {
	decision usher.Decision
	member   account.Member
	exists   bool
}

// identify returns the viewer of a request. The viewer is never nil, so that an error can be
// shown in the right language.
func (c *Console) identify(r *http.Request, at location) (*viewer, error) {
	v := &viewer{
		Console: c, r: r, ctx: r.Context(), at: at, text: c.languageOf(r), now: c.options.Engine.Now(), zone: c.options.TimeZone(r),
		query: r.URL.Query(), seen: map[usher.UserID]sight{}, known: map[usher.UserID]Profile{}, choices: map[permission.Permission]int{},
	}
	if v.zone == nil {
		v.zone = time.UTC
	}
	if err := c.origins.Check(r); err != nil {
		return v, &usherhttp.Problem{Status: http.StatusForbidden, Detail: v.text.plain("problem.origin")}
	}
	s, err := c.options.Subject(r)
	switch {
	case err != nil:
		return v, err
	case s.User == "":
		return v, usherhttp.ErrNoSubject // also for a visitor: the pages are for users
	case s.Visitor:
		return v, usherhttp.ErrConfig
	case s.Account == "":
		return v, usherhttp.ErrConfig
	}
	v.subject = s
	return v, nil
}

// open reads the account at one version. After a change by this viewer, that is at least the
// version of the change, also if another process made it.
func (v *viewer) open() error {
	atLeast, _ := strconv.ParseUint(v.r.URL.Query().Get("at"), 10, 64)
	var err error
	v.reader, err = v.options.Engine.Latest(v.ctx, v.subject.Account, atLeast)
	if errors.Is(err, engine.ErrFutureVersion) {
		v.reader, err = v.options.Engine.Latest(v.ctx, v.subject.Account, 0)
	}
	if err != nil {
		return err
	}
	if v.view, err = v.reader.View(v.ctx, v.subject.Account); err != nil {
		return err
	}
	v.policy = v.view.Policy()
	if v.now.Before(v.view.Time()) { // the clock was set back
		v.now = v.view.Time()
	}
	m, exists := v.view.User(v.subject.User)
	v.visits = !exists || !m.Active()
	if by := v.subject.By; by != "" {
		m, exists := v.view.User(by)
		v.visits = v.visits || !exists || !m.Active()
	}
	return nil
}

// fail notes a failure, so that the page is not shown. Pages go on with what denies.
func (v *viewer) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

// Permissions that pages check themselves. Those of commands are checked by the commands.
var (
	userView  = permission.MustParse("user.view")
	auditView = permission.MustParse("audit.view")

	// Permissions that concern the teams of the account.
	teamPermissions = []permission.Permission{
		permission.MustParse("team.create"), permission.MustParse("team.edit"), permission.MustParse("team.delete"),
		permission.MustParse("team.set-members"), permission.MustParse("team.set-role"), permission.MustParse("user.create"),
	}
)

// check returns the decision whether the viewer has a permission on a resource, nil for the
// account as a whole.
func (v *viewer) check(p permission.Permission, on usher.Resource) usher.Decision {
	return v.checkRequest(v.subject.Request(p, on))
}

// checkRequest returns the decision on a request of the viewer.
func (v *viewer) checkRequest(q usher.Request) usher.Decision {
	d, err := v.reader.Check(v.ctx, q)
	if err != nil {
		v.fail(err)
		return usher.Decision{}
	}
	if v.visits && d.Allowed() {
		return usher.Decision{} // by a rule of visitors, which opens no pages
	}
	return d
}

// may reports whether the viewer has a permission on a resource, nil for the account as a
// whole.
func (v *viewer) may(p permission.Permission, on usher.Resource) bool {
	return v.check(p, on).Allowed()
}

// mayAny reports whether the viewer may have a permission on some resource, with a command that
// gives no role or with one that gives some role.
func (v *viewer) mayAny(p permission.Permission) bool {
	if known := v.choices[p]; known != 0 {
		return known > 0
	}
	v.choices[p] = -1
	if v.visits {
		return false
	}
	gives := []string{usher.GivesNone}
	for _, r := range v.policy.Roles() {
		gives = append(gives, string(r.Name))
	}
	for _, name := range gives {
		q := v.subject.Request(p, nil)
		q.Gives = name
		f, err := v.reader.Filter(v.ctx, q)
		if err != nil {
			v.fail(err)
			return false
		}
		if !f.None() {
			v.choices[p] = 1
			return true
		}
	}
	return false
}

// mayBegin reports whether the viewer has the permission that a command asks for.
func (v *viewer) mayBegin(asked usher.Request) bool {
	q := v.subject.Request(asked.Permission, asked.Resource)
	q.Gives = asked.Gives
	return v.checkRequest(q).Allowed()
}

// userResource returns the resource of a user, as commands on the user check it.
func (v *viewer) userResource(id usher.UserID) usher.Resource {
	return &usher.Object{Type: userView.Resource(), ID: string(id), Account: v.subject.Account, Parties: map[string][]string{"user": {string(id)}}}
}

// sees returns what the viewer may see of a user. The zero sight hides everything: it is that
// of a user who does not exist, and of one that the viewer may not see.
func (v *viewer) sees(id usher.UserID) sight {
	if s, ok := v.seen[id]; ok {
		return s
	}
	m, exists := v.view.User(id)
	if !exists {
		return sight{}
	}
	return v.seesMember(m)
}

// seesMember is sees for a user who was already looked up.
func (v *viewer) seesMember(m account.Member) sight {
	if s, ok := v.seen[m.ID]; ok {
		return s
	}
	d := v.check(userView, v.userResource(m.ID))
	if !d.Allowed() {
		return sight{}
	}
	s := sight{decision: d, member: m, exists: true}
	v.seen[m.ID] = s
	return s
}

// batch returns the viewer's batch of commands.
func (v *viewer) batch(commands ...account.Command) engine.Batch {
	return engine.Batch{Actor: account.AsUser(v.subject.User).By(v.subject.By), Account: v.subject.Account, Context: v.subject.Context, Commands: commands}
}

// errReadOnly rejects changes if the Console is read-only.
var errReadOnly = &usherhttp.Problem{Status: http.StatusForbidden}

// try returns why the viewer may not run commands now, as one batch, or nil.
func (v *viewer) try(commands ...account.Command) error {
	if v.options.ReadOnly {
		return errReadOnly
	}
	_, err := v.reader.Propose(v.ctx, v.batchOn(commands...))
	return v.noteFailure(err)
}

// noteFailure notes an error that is neither a refusal nor about a user who does not fit the
// policy, and returns it.
func (v *viewer) noteFailure(err error) error {
	var mismatch *account.PolicyMismatchError
	if err != nil && asRefusal(err) == nil && !errors.As(err, &mismatch) {
		v.fail(err)
	}
	return err
}

// asRefusal returns the refusal of a command, or nil.
func asRefusal(err error) *account.Refusal {
	var refusal *account.Refusal
	errors.As(err, &refusal)
	return refusal
}

// mayRun reports whether the engine accepts commands now, as one batch.
func (v *viewer) mayRun(commands ...account.Command) bool {
	return !v.lacksFor(commands...) && v.try(commands...) == nil
}

// lacksFor reports whether the viewer lacks the permission of the only command of a batch, on
// every resource or on that of the command. The engine then denies it, and to evaluate the
// permission alone is cheaper than to propose the command.
func (v *viewer) lacksFor(commands ...account.Command) bool {
	if len(commands) != 1 {
		return false
	}
	q, ok := v.view.State().RequestFor(v.policy, v.subject.User, commands[0], v.resourcesOf(commands)...)
	return ok && (!v.mayAny(q.Permission) || !v.mayBegin(q))
}
