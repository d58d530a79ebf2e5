package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// A summary has what a directory page shows: what a user has, and why.
func TestSummary(t *testing.T) {
	p, err := policyfile.Load("desk.yaml", []byte(`
usher: 1
features: [beta, old]
conditions:
  mfa:  {context: mfa}
  beta: {feature: beta}
  old:  {feature: old}
roles:
  owner: {unique: true, hands-over-to: staff}
  staff: {default: true, requires: [mfa]}
  guide: {held-on: team}
resources:
  tour:
    parties: {guide: users}
    fields:  {money: [price, cost]}
    permissions:
      view:   {everyone: any hiding money, guide: team, owner: any if beta and not old}
      book:   {staff: own as guide if beta}
      cancel: {}
bundles:
  tour.all: [tour.view, tour.cancel]
never:
  tour.cancel: own
`))
	require.NoError(t, err)
	w := &world{users: map[usher.UserID]*policy.User{"mia": {
		Status: usher.Active, Role: "staff", Teams: in("north", "guide"),
		Grants: []policy.Grant{{Name: "tour.all", Until: noon.Add(time.Hour)}, {Name: "beta"}, {Name: "old", Until: noon}, {Name: "gone"}},
	}}}
	s, err := p.Summary(w, "mia", noon)
	require.NoError(t, err)
	assert.Equal(t, usher.Active, s.Status)
	assert.Equal(t, []policy.Grant{{Name: "beta"}}, s.Features, "what has ended is not held")
	assert.Equal(t, []string{
		"tour.view: team if mfa [team role guide] on north",
		"tour.view: any if mfa [grant tour.all] until 13:00",
		"tour.view: any if mfa hiding cost price [everyone everyone]",
		"tour.book: own as guide if beta mfa [role staff]",
		"tour.cancel: any if mfa [grant tour.all] until 13:00",
	}, holdings(s.Entitlements))
	assert.Equal(t, []string{"tour.cancel: own [never ]"}, holdings(s.Never))

	s, err = p.Summary(w, "nobody", noon)
	require.NoError(t, err)
	assert.Empty(t, s)
	_, err = p.Summary(w, "mia", time.Time{})
	assert.ErrorIs(t, err, usher.ErrNoTime)
}

func TestSummaryOfRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	s := calendarShares()
	for i := range 120 {
		s.users[usher.Ref{Type: "calendar", ID: fmt.Sprintf("d%03d", i)}] = map[usher.UserID][]role.Name{"mia": {"editor", "nonsense"}}
	}
	of := func(id usher.UserID) policy.Summary {
		sum, err := p.Summary(s, id, noon)
		require.NoError(t, err)
		return sum
	}
	sum := of("mia")
	require.Len(t, sum.OnResources, 2)
	assert.Equal(t, policy.HeldRole{Role: "reader", Type: "folder", Count: 1, IDs: []string{"f1"}}, sum.OnResources[1])
	editor := sum.OnResources[0]
	assert.Equal(t, 121, editor.Count)
	assert.Equal(t, []string{"c1", "d000"}, editor.IDs[:2])
	assert.Len(t, editor.IDs, 100)
	assert.Contains(t, holdings(sum.Entitlements), "calendar.edit: here [role on a resource editor]")
	assert.Contains(t, holdings(sum.Entitlements), "calendar.view: here hiding title [role on a resource viewer]")
	assert.NotContains(t, fmt.Sprint(holdings(sum.Entitlements)), "guide")

	assert.Equal(t, []policy.HeldRole{{Role: "viewer", Type: "calendar", Count: 1, IDs: []string{"c1"}}}, of("max").OnResources, "through a team")
	assert.Empty(t, of("olga").OnResources)
	assert.Empty(t, of("gone"))
	for _, text := range holdings(of("olga").Entitlements) {
		assert.NotContains(t, text, "role on a resource")
	}
	without, err := p.Summary(struct{ policy.Facts }{s.world}, "mia", noon)
	require.NoError(t, err)
	assert.Empty(t, without.OnResources)
	s.err = errors.New("no connection")
	_, err = p.Summary(s, "mia", noon)
	assert.ErrorIs(t, err, s.err)
}

func holdings(list []policy.Entitlement) []string {
	var texts []string
	for _, h := range list {
		text := fmt.Sprintf("%s: %s", h.Permission, h.Scope)
		for _, part := range []struct {
			word  string
			names []string
		}{{"as", h.As}, {"if", h.If}, {"hiding", h.Hiding}} {
			if len(part.names) > 0 {
				text += " " + part.word + " " + strings.Join(part.names, " ")
			}
		}
		text += fmt.Sprintf(" [%s %s]", h.Rule.Source, h.Rule.Name)
		for _, id := range h.Teams {
			text += " on " + string(id)
		}
		if !h.Until.IsZero() {
			text += " until " + h.Until.Format("15:04")
		}
		texts = append(texts, text)
	}
	return texts
}

func TestMatrix(t *testing.T) {
	p := loadPreset(t, "calcom")
	m := p.Matrix()
	at := func(name string) policy.MatrixRow {
		for _, r := range m.Resources {
			for _, row := range r.Rows {
				if row.Permission.String() == name {
					return row
				}
			}
		}
		t.Fatalf("the matrix has no row %s", name)
		return policy.MatrixRow{}
	}
	column := map[string]int{}
	for i, r := range m.Roles {
		column[string(r.Name)] = i
	}
	row := at("booking.view")
	assert.Equal(t, []string{"any if mfa"}, row.Cells[column["admin-only"]], "what a role requires stands in its cells")
	assert.Equal(t, []string{"any"}, row.Cells[column["owner"]])
	assert.Equal(t, []string{"any if not seated"}, at("booking.receive").Never)

	own := row.CellRules[column["member"]]
	require.Len(t, own, 1)
	assert.Equal(t, syntax.ScopeOwn, own[0].Scope)
	assert.Equal(t, []string{"host"}, own[0].As)
	assert.Equal(t, []string{"mfa"}, row.CellRules[column["admin-only"]][0].If, "what a role requires is a condition")
	assert.Equal(t, []string{"not seated"}, at("booking.receive").NeverRules[0].If)
	for _, r := range m.Resources {
		for _, row := range r.Rows {
			assert.Len(t, row.EveryoneRules, len(row.Everyone))
			assert.Len(t, row.NeverRules, len(row.Never))
			for i := range row.Cells {
				assert.Len(t, row.CellRules[i], len(row.Cells[i]), row.Permission)
			}
		}
	}
}

// The tables have what custom roles can have, and the roles of an account.
func TestMatrixOfCustomRoles(t *testing.T) {
	p, err := policyfile.Load("x.yaml", []byte(`
usher: 1
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
custom-roles: {like: member}
resources:
  page: {parties: {author: users}, permissions: {read: {custom: [own, any]}, edit: {owner: any}}}
`))
	require.NoError(t, err)
	of := func(p *policy.Policy) []policy.MatrixRow {
		resources := p.Matrix().Resources
		return resources[len(resources)-1].Rows
	}
	rows := of(p)
	require.Len(t, rows, 2)
	assert.Equal(t, []string{"own", "any"}, rows[0].Offers)
	require.Len(t, rows[0].OfferRules, 2)
	assert.Equal(t, syntax.ScopeOwn, rows[0].OfferRules[0].Scope)
	assert.Empty(t, rows[1].Offers)

	reads := policy.Choice{Permission: permission.MustParse("page.read"), Rule: "any"}
	with := p.WithCustom([]policy.CustomRole{{Name: "reader", Like: "member", Gives: []policy.Choice{reads}}})
	require.Len(t, with.Matrix().Roles, 3)
	rows = of(with)
	assert.Equal(t, []string{"any"}, rows[0].Cells[2])
	assert.Equal(t, []string{"own", "any"}, rows[0].Offers, "what the account can still choose")
}

func TestTitlesAndSettingsOfConditions(t *testing.T) {
	p := loadPreset(t, "calcom")
	assert.Equal(t, "a strong login", p.ConditionTitle("mfa"))
	assert.Empty(t, p.ConditionTitle("none"))
	p = loadPreset(t, "groupcal")
	assert.Equal(t, []string{"add-members"}, p.SettingConditions("add-members"))
	assert.Empty(t, p.SettingConditions("link-exists"), "it is an attribute")
	assert.Empty(t, p.ConditionTitle("add-members"))
}

func TestRulesAndMatching(t *testing.T) {
	p := smallPolicy(t)
	var texts []string
	for _, r := range p.Rules() {
		texts = append(texts, fmt.Sprintf("%d %s %s %s", r.Line, r.Source, r.Permission, r.Text))
	}
	assert.Equal(t, []string{
		"17 role page.view any if not locked",
		"18 role page.edit own if mfa",
		"18 role page.edit team",
		"19 role page.try any if beta",
		"20 role page.list any if not frozen",
		"21 role page.wipe any",
		"25 never page.wipe own if not mfa",
	}, texts)

	matching, err := p.Matching(member(), &usher.Request{
		Subject: "mia", Permission: p.Bundles()[0], Time: noon,
		Resource: &usher.Object{Type: "page", Parties: map[string][]string{"author": {"mia"}}, Attributes: map[string]bool{"locked": false}},
	})
	require.NoError(t, err)
	texts = nil
	for _, r := range matching {
		texts = append(texts, r.Permission+" "+r.Text)
	}
	assert.Equal(t, []string{"page.view any if not locked", "page.wipe own if not mfa", "page.wipe any"}, texts)
}
