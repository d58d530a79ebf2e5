package agreement_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

// decider makes the decisions of a host: an *engine.Engine, readers or ownTables.
type decider interface {
	usher.Authorizer
	usher.Explainer
	Actions(context.Context, usher.Request) ([]policy.Action, error)
	Filter(context.Context, usher.Request) (filter.Filter, error)
	WhoMay(context.Context, usher.Request, usher.UserID) iter.Seq2[policy.Subject, error]
	AsRequest(context.Context, usher.Request) (policy.Asker, error)
	CheckAll(context.Context, usher.AccountID, []policy.Checked, []usher.Request) []policy.Checked
}

// readers uses, for each call, a Reader of the account of the request.
type readers func(usher.AccountID) *engine.Reader

func (r readers) Check(ctx context.Context, q usher.Request) (usher.Decision, error) {
	return r(q.Account).Check(ctx, q)
}

func (r readers) Explain(ctx context.Context, q usher.Request) (usher.Explanation, error) {
	return r(q.Account).Explain(ctx, q)
}

func (r readers) Actions(ctx context.Context, q usher.Request) ([]policy.Action, error) {
	return r(q.Account).Actions(ctx, q)
}

func (r readers) Filter(ctx context.Context, q usher.Request) (filter.Filter, error) {
	return r(q.Account).Filter(ctx, q)
}

func (r readers) WhoMay(ctx context.Context, q usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	return r(q.Account).WhoMay(ctx, q, after)
}

// versions returns Readers of version 1: at least that version, and exactly that version.
func versions(e *engine.Engine) (atLeast, at readers) {
	return func(id usher.AccountID) *engine.Reader { return e.AtLeast(id, 1) },
		func(id usher.AccountID) *engine.Reader { return e.At(id, 1) }
}

// ownTables is a host with users, roles and teams in its own tables.
type ownTables struct {
	policy   *policy.Policy
	accounts map[usher.AccountID]policy.Facts
	now      *clock
}

func (o ownTables) facts(r *usher.Request) (policy.Facts, error) {
	if r.Time.IsZero() {
		r.Time = o.now.Now()
	}
	if f := o.accounts[r.Account]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%w: %q", usher.ErrUnknownAccount, r.Account)
}

func (o ownTables) Check(_ context.Context, r usher.Request) (usher.Decision, error) {
	f, err := o.facts(&r)
	if err != nil {
		return usher.Decision{}, err
	}
	return o.policy.Decide(f, &r)
}

func (o ownTables) Explain(_ context.Context, r usher.Request) (usher.Explanation, error) {
	f, err := o.facts(&r)
	if err != nil {
		return usher.Explanation{}, err
	}
	return o.policy.Explain(f, &r)
}

func (o ownTables) Actions(_ context.Context, r usher.Request) ([]policy.Action, error) {
	f, err := o.facts(&r)
	if err != nil {
		return nil, err
	}
	return o.policy.Actions(f, &r)
}

func (o ownTables) Filter(_ context.Context, r usher.Request) (filter.Filter, error) {
	f, err := o.facts(&r)
	if err != nil {
		return filter.Filter{}, err
	}
	return o.policy.Filter(f, &r)
}

func (o ownTables) WhoMay(_ context.Context, r usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	f, err := o.facts(&r)
	if err != nil {
		return func(yield func(policy.Subject, error) bool) { yield(policy.Subject{}, err) }
	}
	return o.policy.WhoMay(f, &r, after)
}

// clock returns the time that a test sets. It is safe for concurrent use.
type clock struct{ nanos atomic.Int64 }

func (c *clock) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

func (c *clock) set(t time.Time) { c.nanos.Store(t.UnixNano()) }

// question is a request for several users and several resources.
type question struct {
	account    usher.AccountID
	permission permission.Permission
	context    usher.Context
	time       time.Time
	gives      string // the role that the command gives
}

// visitor stands for a caller who is not logged in, where a user is expected.
const visitor usher.UserID = "(visitor)"

// absent are the subjects in lists of users that are not in the account.
var absent = []usher.UserID{visitor, "", "nobody", "a stranger"}

// by returns the request of a user about a row, nil for the account as a whole.
func (q question) by(user usher.UserID, on *resource) usher.Request {
	if user == visitor {
		return usher.Request{Account: q.account, Visitor: true, Permission: q.permission, Resource: on.on(), Context: q.context, Time: q.time, Gives: q.gives}
	}
	return usher.Request{Account: q.account, Subject: user, Permission: q.permission, Resource: on.on(), Context: q.context, Time: q.time, Gives: q.gives}
}

func (q question) String() string {
	return fmt.Sprintf("%s in %s with %v and %q given at %s", q.permission, q.account, q.context, q.gives, q.time.Format(time.RFC3339))
}

// host is a host application with some accounts, its decider, its routes and its tables. Each
// account has users and rows. The ids of users and the local ids of rows may also occur in other
// accounts.
type host struct {
	decider
	policy  *policy.Policy
	now     *clock
	users   map[usher.AccountID][]usher.UserID // sorted, with some of absent
	rows    map[usher.AccountID][]*resource
	layouts map[string]layout // by the type of resource
	bases   []*base
	routes  *routes
	seen    *counts
	engine  *engine.Engine // nil if the host has its own tables
}

// live returns an engine with imported accounts.
func live(t testing.TB, p *policy.Policy, now *clock, accounts map[usher.AccountID]account.Seed) *engine.Engine {
	t.Helper()
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store), Clock: now.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range sortedKeys(accounts) {
		if _, err := e.Do(t.Context(), account.AsHost("proof"), id, account.Import{Seed: accounts[id]}); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (s *host) close(t testing.TB) {
	t.Helper()
	if s.engine == nil {
		return
	}
	if err := s.engine.Close(); err != nil {
		t.Error(err)
	}
}

// rowsOf returns the rows of a type in an account.
func (s *host) rowsOf(id usher.AccountID, typ string) (rows []*resource) {
	for _, row := range s.rows[id] {
		if row.typ == typ {
			rows = append(rows, row)
		}
	}
	return rows
}

// types returns the types of resources of a permission or a bundle.
func (s *host) types(name permission.Permission) []string {
	perms, ok := s.policy.Bundle(name)
	if !ok {
		return []string{name.Resource()}
	}
	var types []string
	for _, p := range perms {
		if !slices.Contains(types, p.Resource()) {
			types = append(types, p.Resource())
		}
	}
	return types
}

// permissionsOn returns the permissions on a type of resource, in the order of the policy.
func (s *host) permissionsOn(typ string) (list []permission.Permission) {
	for _, p := range s.policy.Permissions() {
		if p.Resource() == typ {
			list = append(list, p)
		}
	}
	return list
}

// verdict returns a decision as text, without version and digest.
func verdict(d usher.Decision) string {
	if d.Allowed() {
		return "granted hiding " + strings.Join(d.Hidden(), " ")
	}
	return d.Reason().String()
}

// disagree returns an error for a result that differs from a check.
func disagree(path string, q question, user usher.UserID, on *resource, got, want any) error {
	return fmt.Errorf("%s: %q asks for %v on %v\n%s says %v\na check says %v", path, user, q, on, path, got, want)
}

var errNoError = errors.New("there is no error")
