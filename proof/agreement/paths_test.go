package agreement_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// Each of these methods of host compares one kind of call with checks, and returns the first
// difference.

// actions compares the actions of a user on a row with a check of each permission.
func (s *host) actions(q question, user usher.UserID, on *resource) error {
	var got, want []string
	actions, err := s.Actions(ctx, q.by(user, on))
	if err != nil {
		return err
	}
	for _, a := range actions {
		got = append(got, fmt.Sprintf("%s %s %d", a.Permission, verdict(a.Decision), a.Decision.Detail().Version))
	}
	for _, q.permission = range s.permissionsOn(on.typ) {
		d, err := s.Check(ctx, q.by(user, on))
		if err != nil {
			return err
		}
		if d.Allowed() {
			want = append(want, fmt.Sprintf("%s %s %d", q.permission, verdict(d), d.Detail().Version))
		}
		s.seen.Actions++
	}
	if !slices.Equal(got, want) {
		return disagree("Actions", q, user, on, got, want)
	}
	return nil
}

// whoMay compares the users who may with a check of each user.
func (s *host) whoMay(q question, on *resource) error {
	list := func(after usher.UserID) (list []string, err error) {
		for who, err := range s.WhoMay(ctx, q.by("", on), after) {
			if err != nil {
				return nil, err
			}
			if who.Visitor != (who.ID == "") {
				return nil, fmt.Errorf("WhoMay yields %q, visitor: %t", who.ID, who.Visitor)
			}
			list = append(list, fmt.Sprintf("%q %s %d", cmp.Or(who.ID, visitor), verdict(who.Decision), who.Decision.Detail().Version))
		}
		return list, nil
	}
	var want []string
	var middle usher.UserID // the last user before a page, and the number of users up to that user
	before := 0
	d, err := s.Check(ctx, q.by(visitor, on))
	if err != nil {
		return err
	}
	if d.Allowed() {
		want = append(want, fmt.Sprintf("%q %s %d", visitor, verdict(d), d.Detail().Version))
		s.seen.Open++
	}
	users := slices.DeleteFunc(slices.Clone(s.users[q.account]), func(id usher.UserID) bool { return slices.Contains(absent, id) })
	for i, user := range users {
		d, err := s.Check(ctx, q.by(user, on))
		if err != nil {
			return err
		}
		if d.Allowed() {
			want = append(want, fmt.Sprintf("%q %s %d", user, verdict(d), d.Detail().Version))
		}
		if i == len(users)/2 {
			middle, before = user, len(want)
		}
		s.seen.WhoMay++
	}
	got, err := list("")
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return disagree("WhoMay", q, "", on, got, want)
	}
	if got, err = list(middle); err != nil {
		return err
	}
	if !slices.Equal(got, want[before:]) {
		return disagree(fmt.Sprintf("WhoMay after %q", middle), q, "", on, got, want[before:])
	}
	return nil
}

// explained compares an explanation with a check.
func (s *host) explained(q question, user usher.UserID, on *resource) error {
	d, err := s.Check(ctx, q.by(user, on))
	if err != nil {
		return err
	}
	x, err := s.Explain(ctx, q.by(user, on))
	if err != nil {
		return err
	}
	s.seen.Explained++
	if got, want := x.Decision.String(), d.String(); got != want || verdict(x.Decision) != verdict(d) {
		return disagree("Explain", q, user, on, got+" "+verdict(x.Decision), want+" "+verdict(d))
	}
	return nil
}

// guarded compares the routes to a row with a check: the status, the body, and what the handler
// finds in the context. If a route conceals, the response must be that for a resource that does not
// exist. A host that loads resources from the account of the subject ignores the account in the
// path.
func (s *host) guarded(q question, user usher.UserID, on *resource) error {
	q.gives = "" // a guard does not state it
	d, err := s.Check(ctx, q.by(user, on))
	if err != nil {
		return err
	}
	must, err := s.routes.mustReply(q.by(user, on), d)
	if err != nil {
		return err
	}
	s.seen.Guarded++
	s.seen.Admitted += is(d.Allowed())
	s.seen.Visitors += is(user == visitor && d.Allowed())
	s.seen.Strangers += is(d.Reason() == usher.ReasonUnknownUser)
	s.seen.Reasons += is(strings.Contains(must.body, `"reason"`))
	if err := s.replies("in", on.account, q, user, on, must); err != nil {
		return err
	}
	nothing, err := s.routes.get("concealed", q, user, on.account, on.typ, "none")
	if err != nil {
		return err
	}
	if nothing.status != http.StatusNotFound {
		return disagree("a route to what there is not", q, user, on, nothing, "404")
	}
	concealed := must
	if !d.Allowed() {
		concealed = nothing
	}
	if err := s.replies("concealed", on.account, q, user, on, concealed); err != nil {
		return err
	}
	visible := q
	visible.permission = s.visible(q.permission)
	if d, err = s.Check(ctx, visible.by(user, on)); err != nil {
		return err
	}
	if !d.Allowed() {
		must = nothing
	}
	return s.replies("visible", "another account", q, user, on, must)
}

// replies sends requests for a row to one kind of route, with an account in the path.
func (s *host) replies(kind string, in usher.AccountID, q question, user usher.UserID, on *resource, must reply) error {
	got, err := s.routes.get(kind, q, user, in, on.typ, on.local)
	if err != nil {
		return err
	}
	if must.status == http.StatusForbidden || must.status == http.StatusUnauthorized {
		if got, err = got.withoutDetail(); err != nil {
			return err
		}
	}
	if got != must {
		return disagree("a route "+kind, q, user, on, got, must)
	}
	return nil
}

// whole sends requests to the route for the account as a whole.
func (s *host) whole(q question, user usher.UserID) error {
	q.gives = "" // a guard does not state it
	d, err := s.Check(ctx, q.by(user, nil))
	if err != nil {
		return err
	}
	must, err := s.routes.mustReply(q.by(user, nil), d)
	if err != nil {
		return err
	}
	s.seen.Whole++
	got, err := s.routes.send(q, user, http.MethodGet, "/whole/"+q.permission.String(), "")
	if err != nil {
		return err
	}
	if got, err = got.withoutDetail(); err != nil {
		return err
	}
	if got != must {
		return disagree("the account's route", q, user, nil, got, must)
	}
	return nil
}

// buttons sends rows to the handler of actions, with some that do not exist in the account: their
// local ids are in strange. The response must contain the result of actions.
func (s *host) buttons(q question, user usher.UserID, rows []*resource, strange ...*resource) error {
	q.gives = "" // a guard does not state it
	type entry struct {
		Type    string   `json:"type"`
		ID      string   `json:"id"`
		Actions []string `json:"actions,omitempty"`
	}
	var asked, got struct {
		Resources []entry `json:"resources"`
	}
	var want []entry
	for _, row := range rows {
		actions, err := s.Actions(ctx, q.by(user, row))
		if err != nil {
			return err
		}
		asked.Resources = append(asked.Resources, entry{Type: row.typ, ID: row.local})
		e := entry{Type: row.typ, ID: row.local, Actions: []string{}}
		for _, a := range actions {
			e.Actions = append(e.Actions, a.Permission.String())
		}
		want = append(want, e)
		s.seen.Buttons++
	}
	for _, row := range strange {
		asked.Resources = append(asked.Resources, entry{Type: row.typ, ID: row.local})
		want = append(want, entry{row.typ, row.local, []string{}})
		s.seen.Foreign++
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	answer, err := s.routes.send(q, user, http.MethodPost, "/actions", string(body))
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(answer.body), &got); err != nil || answer.status != http.StatusOK {
		return fmt.Errorf("actions answers %v: %v", answer, err)
	}
	if got, want := fmt.Sprintf("%+v", got.Resources), fmt.Sprintf("%+v", want); got != want {
		return disagree("the handler of actions", q, user, nil, got, want)
	}
	return nil
}

// apart makes all calls about a row of another account: each returns an error, or the result for a
// row that does not exist. Lists are compared elsewhere.
func (s *host) apart(q question, user usher.UserID, foreign *resource) error {
	q.gives = "" // a guard does not state it
	r := q.by(user, foreign)
	other := func(path string, err error, nothing bool) error {
		switch {
		case err == nil:
			err = errNoError
		case !errors.Is(err, usher.ErrOtherAccount):
			err = fmt.Errorf("the error is %w", err)
		case !nothing:
			err = errors.New("there is more than the error")
		default:
			return nil
		}
		return fmt.Errorf("%s: %q asks for %v on %v: %w", path, user, q, foreign, err)
	}
	s.seen.Foreign++
	d, err := s.Check(ctx, r)
	if err := other("Check", err, d == usher.Decision{}); err != nil {
		return err
	}
	x, err := s.Explain(ctx, r)
	if err := other("Explain", err, x.Decision == usher.Decision{} && x.Sentence == "" && len(x.Remedies) == 0); err != nil {
		return err
	}
	actions, err := s.Actions(ctx, r)
	if err := other("Actions", err, len(actions) == 0); err != nil {
		return err
	}
	asker, err := s.AsRequest(ctx, q.by(user, nil))
	if err != nil {
		return err
	}
	d, err = asker.Check(q.permission, foreign)
	if err := other("Asker.Check", err, d == usher.Decision{}); err != nil {
		return err
	}
	actions, err = asker.Actions(foreign)
	if err := other("Asker.Actions", err, len(actions) == 0); err != nil {
		return err
	}
	x, err = asker.Explain(q.permission, foreign)
	if err := other("Asker.Explain", err, x.Decision == usher.Decision{} && x.Sentence == ""); err != nil {
		return err
	}
	all := s.CheckAll(ctx, q.account, nil, []usher.Request{r})
	if err := other("CheckAll", all[0].Err, all[0].Decision == usher.Decision{}); err != nil {
		return err
	}
	loops := 0
	for who, err := range s.WhoMay(ctx, r, "") {
		loops++
		if err := other("WhoMay", err, who.ID == "" && who.Decision == usher.Decision{}); err != nil {
			return err
		}
	}
	if loops != 1 {
		return fmt.Errorf("WhoMay: %v on %v: the loop has %d rounds", q, foreign, loops)
	}
	f, err := s.Filter(ctx, q.by(user, nil))
	if err != nil {
		return err
	}
	shows := func(field string) bool { return !slices.Contains(f.Masks(foreign), field) }
	if selected, err := f.Match(foreign); selected || err != nil || slices.ContainsFunc(s.policy.Fields(foreign.typ), shows) {
		return fmt.Errorf("filter: %q asks for %v on %v: Match = %t, %v, Masks = %q", user, q, foreign, selected, err, f.Masks(foreign))
	}
	for _, kind := range []string{"in", "concealed"} {
		nothing, err := s.routes.get(kind, q, user, foreign.account, foreign.typ, "none")
		if err != nil {
			return err
		}
		got, err := s.routes.get(kind, q, user, foreign.account, foreign.typ, foreign.local)
		if err != nil {
			return err
		}
		if got.status != http.StatusNotFound || got != nothing {
			return fmt.Errorf("a route: %q asks for %v on %v\nit answers      %v\nand for nothing %v", user, q, foreign, got, nothing)
		}
	}
	return nil
}

// everyPermission returns all permissions and bundles.
func (s *host) everyPermission() []permission.Permission {
	return append(s.policy.Permissions(), s.policy.Bundles()...)
}
