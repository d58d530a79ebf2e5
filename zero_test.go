package usher_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// world is an account with one active owner, who has every permission.
type world struct{ user policy.User }

func (w *world) User(usher.UserID) (*policy.User, error) { return &w.user, nil }
func (w *world) Account() (*policy.Account, error)       { return &policy.Account{}, nil }

// Every zero value denies. Each row reports whether its zero value permits something.
func TestZeroValuesRefuse(t *testing.T) {
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	owner := &world{policy.User{Status: usher.Active, Role: "owner"}}
	ask := func(p *policy.Policy, f policy.Facts, change func(*usher.Request)) bool {
		r := usher.Request{Account: "acme", Subject: "olivia", Permission: permission.MustParse("account.configure"), Time: time.Unix(1, 0)}
		change(&r)
		d, err := p.Decide(f, &r)
		return err == nil && d.Allowed()
	}
	same := func(*usher.Request) {}
	guarded, err := policyfile.Load("guarded.yaml", []byte("usher: 1\nconditions: {mfa: {context: mfa}}\n"+
		"roles: {boss: {unique: true, all: true, requires: [mfa], hands-over-to: staff}, staff: {default: true}}\n"))
	require.NoError(t, err)
	assert.True(t, ask(p, owner, same), "but for the zero, all of them would be allowed")

	boss := &world{policy.User{Status: usher.Active, Role: "boss"}}
	assert.True(t, ask(guarded, boss, func(r *usher.Request) { r.Context = usher.Context{"mfa": true} }))

	rows := map[string]func() bool{
		"usher.Decision":                func() bool { return usher.Decision{}.Allowed() },
		"usher.Decision, what it hides": func() bool { return !usher.Decision{}.Hides("title") },
		"decision.Basis": func() bool {
			return decision.New(nil, usher.ReasonGranted, 0, time.Time{}).Allowed()
		},
		"usher.Reason":      func() bool { return usher.Reason(0) == usher.ReasonGranted },
		"usher.Explanation": func() bool { return usher.Explanation{}.Decision.Allowed() },
		"policy.Action":     func() bool { return policy.Action{}.Decision.Allowed() },
		"usher.DeniedError": func() bool { return (&usher.DeniedError{}).Decision.Allowed() },
		"usher.Authorizer": func() bool {
			_, err := usher.Require(context.Background(), nil, usher.Request{})
			return err == nil
		},
		"usher.Asker": func() bool {
			_, err := usher.RequireAsker(nil, permission.MustParse("account.configure"), nil)
			return err == nil
		},
		"policy.Asker": func() bool {
			d, err := new(policy.Asker).Check(permission.MustParse("account.configure"), nil)
			return err == nil && d.Allowed()
		},
		"policy.Record": func() bool { return ask(p, &world{*new(policy.Record).User()}, same) },
		"policy.Binding": func() bool {
			a, _ := new(policy.Binding).As("olivia", nil, time.Unix(1, 0))
			d, err := a.Check(permission.MustParse("account.configure"), nil)
			return err == nil && d.Allowed()
		},
		"usher.Request": func() bool { return ask(p, owner, func(r *usher.Request) { *r = usher.Request{} }) },
		"usher.Request, nil": func() bool {
			d, err := p.Decide(owner, nil)
			return err == nil && d.Allowed()
		},
		"usher.UserID":            func() bool { return ask(p, owner, func(r *usher.Request) { r.Subject = "" }) },
		"permission.Permission":   func() bool { return ask(p, owner, func(r *usher.Request) { r.Permission = permission.Permission{} }) },
		"usher.Request, its time": func() bool { return ask(p, owner, func(r *usher.Request) { r.Time = time.Time{} }) },
		"usher.Object":            func() bool { return ask(p, owner, func(r *usher.Request) { r.Resource = &usher.Object{} }) },
		"usher.Object, nil":       func() bool { return ask(p, owner, func(r *usher.Request) { r.Resource = (*usher.Object)(nil) }) },
		"policy.Policy":           func() bool { return ask(&policy.Policy{}, owner, same) },
		"policy.Policy, nil":      func() bool { return ask(nil, owner, same) },
		"syntax.Document": func() bool {
			_, err := policy.Compile(&syntax.Document{})
			return err == nil
		},
		"policy.User":             func() bool { return ask(p, &world{}, same) },
		"policy.User, its status": func() bool { return ask(p, &world{policy.User{Role: "owner"}}, same) },
		"role.Name":               func() bool { return ask(p, &world{policy.User{Status: usher.Active}}, same) },
		"usher.Status":            func() bool { return usher.Status(0) == usher.Active },
		"policy.Summary":          func() bool { return len(policy.Summary{}.Entitlements) > 0 },
		"policy.Grant": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Grants: []policy.Grant{{}}}}, same)
		},
		"policy.Membership": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{}}}}, same)
		},
		"usher.TeamID": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{}}}}, func(r *usher.Request) {
				r.Permission = permission.MustParse("calendar.view")
				r.Resource = &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {""}, "team": {""}}}
			})
		},
		"syntax.PartyKind": func() bool { return syntax.PartyKind(0).Teams() },
		"syntax.Scope":     func() bool { return syntax.Scope(0) == syntax.ScopeAny },
		"syntax.Term":      func() bool { _, err := syntax.ParseRule(syntax.Term{}.String()); return err == nil },
		"syntax.Rule":      func() bool { _, err := syntax.ParseRule(syntax.Rule{}.String()); return err == nil },
		"role.Role": func() bool {
			pool := seat.Kind{Holds: seat.HoldsIn(usher.Active)}
			return role.Role{}.All || role.Role{}.Unique || role.Role{}.MayHold(pool, usher.Active)
		},
		"team.Tree": func() bool { return new(team.Tree).Within("", "") },
		"seat.Pool": func() bool {
			_, err := seat.Pool{}.Take(1)
			return err == nil
		},
		"seat.Holds":       func() bool { return seat.Holds(0).Has(usher.Active) },
		"policytest.Suite": func() bool { return new(policytest.Suite).Run().Passed > 0 },
		"policy.Facts":     func() bool { return ask(p, nil, same) },
		"usher.Context": func() bool {
			return ask(guarded, boss, func(r *usher.Request) { r.Context = nil })
		},
		"usher.Resource": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member"}}, func(r *usher.Request) { r.Permission = permission.MustParse("calendar.edit") })
		},
		"usher.TeamParties": func() bool { _, known := usher.TeamParty(nil, "editor"); return known },
		"usher.Contained": func() bool {
			_, known := usher.Container(nil)
			return known
		},
		"usher.Attributer": func() bool {
			_, known := usher.Attribute(nil, "public")
			return known
		},
		"policy.Ceiling": func() bool {
			member := &policy.User{Role: "member"}
			_, uncovered, _ := policy.Ceiling{}.Gives(nil, member)
			takes, _ := policy.Ceiling{}.Takes(member, nil)
			_, outranks, _ := policy.Ceiling{}.Outranks(member)
			return !uncovered || !takes || !outranks
		},
		"policy.CustomRole": func() bool {
			custom := p.WithCustom([]policy.CustomRole{{}})
			return ask(custom, &world{policy.User{Status: usher.Active}}, same)
		},
		"syntax.CustomRoles": func() bool {
			_, err := policy.Compile(&syntax.Document{Roles: []syntax.Role{{Name: syntax.Name{Text: "member"}, Default: true}}, Custom: &syntax.CustomRoles{}})
			return err == nil
		},
		"policy.Redefinition": func() bool {
			_, err := policy.Redefinition{}.Ceiling(&policy.User{Role: "owner"}, &policy.Account{}, nil, time.Unix(1, 0))
			_, uncovered := policy.Redefinition{}.Gives(policy.Ceiling{}, "member")
			return err == nil || !uncovered
		},
		"policytest.World":  func() bool { return ask(p, &policytest.World{}, same) },
		"policytest.Report": func() bool { return policytest.Report{}.Passed > 0 },
	}
	maps.Copy(rows, zeroChanges(p))
	maps.Copy(rows, zeroHTTP(t))
	maps.Copy(rows, zeroFilters())
	maps.Copy(rows, zeroTransactions(p))
	for name, allowed := range rows {
		assert.False(t, allowed(), "the zero %s lets through what it must refuse", name)
	}
	for _, name := range publicTypes(t) {
		_, inTable := rows[name]
		if inTable == slices.Contains(strings.Fields(neverDecide), name) {
			t.Errorf("%s must be in the table above, or among the types on which no decision rests", name)
		}
	}
}

// neverDecide lists the public types that never affect a decision: interfaces for implementers,
// descriptions of decisions, documents before they are compiled or run, and names.
const neverDecide = `
	usher.Explainer usher.Resolver usher.UserKind policy.Clock policy.Forecaster
	usher.AccountID usher.RequestError usher.Ref usher.Detail usher.Rule usher.Source usher.Remedy usher.Step usher.StepKind
	role.Seat seat.PoolName seat.Kind seat.Time team.Edit
	policy.Account policy.Bound policy.Entitlement policy.Matrix policy.MatrixResource policy.MatrixRow policy.Uncovered
	policy.Choice policy.Offer policy.CustomFault account.Gives account.RolePreview account.RoleEffect
	syntax.Pos syntax.Problem syntax.Problems syntax.Name syntax.SeatPool syntax.Setting syntax.Condition syntax.ConditionKind syntax.Role
	syntax.RoleSeat syntax.Bundle syntax.Resource syntax.Party syntax.FieldGroup syntax.Permission syntax.Cell syntax.Never syntax.Test
	policytest.Failure policytest.Cover
	account.Code account.Refusal account.CorruptError account.PolicyMismatchError account.Member account.Team account.Holder account.RolesOn account.RoleTerm account.RoleTerms
	account.Seats account.Setting account.Field account.FieldType account.FieldValue account.Value account.Outcome
	account.SeatLedger account.SeatSpan account.SeatUse account.SeatPeak account.SeatReport
	account.Preview account.SeatsPreview account.UserPreview account.RolesOnPreview account.LaterPreview account.RoleHolders account.Seed account.ScheduleEntry account.Head account.CommandType account.Arg
	store.Store store.UserDataStore store.Watcher store.Hint store.Confirmer store.Checker store.Problem store.Error store.Commit store.Snapshot store.Entry store.Record store.LastActive
	store.LockMode store.Transactor store.VersionReader store.UserIndex store.Users store.MembersStore store.MembersDifference store.Shortener store.ShortenedError store.Archive
	memstore.Store engine.Error engine.PolicyMismatchError engine.ChangedError engine.Observer engine.Result engine.AccountsPage engine.AccountsOfUser engine.AccountOfUser console.Profile console.Item
	usherhttp.Problem ushertest.Answer usherfiles.Runner usherfiles.Accounts
	filter.Condition filter.Kind filter.Party filter.Attribute filter.Container filter.Empty filter.Unknown filter.Members criteria.Set criteria.Source criteria.Members criteria.Looks
	policy.Lister policy.Listed policy.AheadOfTables policy.TeamLister policy.ResourceRoles policy.ResourceRoleLister policy.RolesOn policy.HeldRole policy.Owned policy.Subject policy.Monitor account.HostCommand account.RequestID account.OpenRequest policy.GrantKind engine.SetPolicyOption
`

// publicDirs are the packages that a host links, and internal/criteria, from which filters
// are made.
var publicDirs = []string{".", "decision", "permission", "role", "seat", "team", "policy", "policy/syntax", "policy/policyfile", "policytest", "preset", "account", "store", "store/memstore", "engine", "filter", "internal/criteria", "mask", "usherhttp", "console", "ushertest", "usherfiles"}

// publicTypes lists the exported types of the packages that a host links.
func publicTypes(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, dir := range publicDirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
					names = append(names, parsed.Name.Name+"."+spec.Name.Name)
				}
				return true
			})
		}
	}
	return names
}
