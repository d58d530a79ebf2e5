package usher_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
)

// basis describes every decision with the same Detail.
type basis usher.Detail

func (b *basis) Detail(usher.Reason, uint64) usher.Detail { return usher.Detail(*b) }

func granted(d usher.Detail) usher.Decision {
	b := basis(d)
	return decision.New(&b, usher.ReasonGranted, 0, time.Time{})
}

func TestDecision(t *testing.T) {
	d := granted(usher.Detail{Hidden: []string{"location", "title"}})
	assert.True(t, d.Allowed())
	assert.Equal(t, usher.ReasonGranted, d.Reason())
	assert.True(t, d.Hides("title"))
	assert.False(t, d.Hides("start"))
}

func TestDecisionStaysInRegisters(t *testing.T) {
	assert.LessOrEqual(t, reflect.TypeFor[usher.Decision]().Size(), uintptr(32))
}

func TestDecisionTime(t *testing.T) {
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Unix(0, 1).UTC(),
		time.Unix(0, -1).UTC(),
		time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 21, 20, 51, 34, 5, time.UTC),
		time.Date(2261, 12, 31, 23, 59, 59, 999, time.UTC),
	} {
		d := decision.New(&basis{}, 0, 0, at)
		assert.Equal(t, at, d.Time())
	}
}

// A decision states its reason in one sentence.
func TestDecisionString(t *testing.T) {
	rule := usher.Rule{
		Source: usher.SourceRole, Permission: "calendar.edit", Name: "member", Held: "member",
		Text: "sole", File: "oncehub.yaml", Line: 88,
	}
	included := rule
	included.Held = "lead"
	for _, row := range []struct {
		reason usher.Reason
		detail usher.Detail
		want   string
	}{
		{usher.ReasonGranted, usher.Detail{Rule: rule}, "allowed by `member: sole` of calendar.edit (oncehub.yaml:88)"},
		{usher.ReasonGranted, usher.Detail{Rule: included, Hidden: []string{"a", "b", "c"}}, "allowed by `member: sole` of calendar.edit (which lead includes, oncehub.yaml:88), with a, b and c hidden"},
		{usher.ReasonGranted, usher.Detail{Rule: usher.Rule{Source: usher.SourceEveryone, Name: "everyone", Permission: "page.share", Text: "any"}}, "allowed by `everyone: any` of page.share"},
		{usher.ReasonGranted, usher.Detail{Rule: usher.Rule{Source: usher.SourceGrant, Permission: "user.view", Name: "staff.manage"}}, "allowed by the grant staff.manage, which has user.view"},
		{usher.ReasonGranted, usher.Detail{Rule: usher.Rule{Source: usher.SourceGrant, Permission: "user.view", Name: "user.view"}}, "allowed by the grant user.view"},
		{usher.ReasonForbidden, usher.Detail{Rule: usher.Rule{Source: usher.SourceNever, Permission: "user.delete", Text: "own", File: "p.yaml", Line: 9}}, "denied (forbidden) by `never: user.delete: own` (p.yaml:9)"},
		{usher.ReasonForbidden, usher.Detail{Rule: usher.Rule{Source: usher.SourceBuiltIn, Text: "the owner stays"}}, "denied (forbidden) by the built-in protection that the owner stays"},
		{usher.ReasonConditionUnmet, usher.Detail{Rule: rule, Unmet: []string{"mfa", "not frozen"}}, "denied (condition-unmet): `member: sole` of calendar.edit (oncehub.yaml:88) would allow it, but mfa and not frozen do not hold"},
		{usher.ReasonOutOfScope, usher.Detail{Rule: rule}, "denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:88) does not reach this resource"},
		{usher.ReasonNoPermission, usher.Detail{Rule: usher.Rule{Permission: "calendar.edit"}}, "denied (no-permission): the user has no rule for calendar.edit"},
		{usher.ReasonUnknownUser, usher.Detail{}, "denied (unknown-user): not a user of this account"},
		{usher.ReasonInactive, usher.Detail{}, "denied (inactive): only active users are allowed anything"},
		{0, usher.Detail{}, "denied: no decision was made"},
	} {
		b := basis(row.detail)
		assert.Equal(t, row.want, decision.New(&b, row.reason, 0, time.Time{}).String())
	}
}

func TestReasonNames(t *testing.T) {
	for i, name := range usher.Reasons() {
		r, err := usher.ParseReason(name)
		assert.NoError(t, err)
		assert.Equal(t, usher.Reason(i+1), r)
		assert.Equal(t, name, r.String())
	}
	_, err := usher.ParseReason("undecided")
	assert.Error(t, err, "nobody can ask for what was not decided")
}

func TestStatusNames(t *testing.T) {
	for _, want := range []usher.Status{usher.Invited, usher.Active, usher.Inactive, usher.Requested} {
		got, err := usher.ParseStatus(want.String())
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := usher.ParseStatus("")
	assert.EqualError(t, err, `unknown status "" (want active, invited, inactive or requested)`)
}
