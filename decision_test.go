package usher_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
)

// basis spells every outcome out in the same way.
type basis usher.Detail

func (b *basis) Detail(usher.Outcome) usher.Detail { return usher.Detail(*b) }

func granted(d usher.Detail) usher.Decision {
	b := basis(d)
	return usher.NewDecision(&b, usher.Outcome(usher.ReasonGranted), time.Time{})
}

// echo hides what an outcome says above its reason: a field for each bit.
type echo uint64

func (e echo) Detail(o usher.Outcome) usher.Detail {
	d := usher.Detail{Version: uint64(e)}
	for i, field := range []string{"phone", "price", "title"} {
		if o>>(4+i)&1 == 1 {
			d.Hidden = append(d.Hidden, field)
		}
	}
	return d
}

// A decision on several permissions hides what any of them hides, on whatever Basis.
func TestJoint(t *testing.T) {
	yes := usher.Outcome(usher.ReasonGranted)
	d := usher.NewDecision(usher.Joint(echo(1), yes|1<<4, yes, yes|3<<4), yes|1<<4, time.Time{})
	assert.Equal(t, usher.Detail{Hidden: []string{"phone", "price"}, Version: 1}, d.Detail())
	for version := range 3 {
		d = d.On(echo(version))
		assert.Equal(t, usher.Detail{Hidden: []string{"phone", "price"}, Version: uint64(version)}, d.Detail())
		assert.True(t, d.Hides("price"))
	}
	assert.False(t, d.On(nil).Allowed())
	assert.Nil(t, usher.Joint(nil, yes))
	assert.Equal(t, []string{"phone"}, usher.NewDecision(usher.Joint(echo(1)), yes|1<<4, time.Time{}).Hidden(), "never less than the outcome's own")
}

func TestDecision(t *testing.T) {
	d := granted(usher.Detail{Hidden: []string{"location", "title"}})
	assert.True(t, d.Allowed())
	assert.Equal(t, usher.ReasonGranted, d.Reason())
	assert.True(t, d.Hides("title"))
	assert.False(t, d.Hides("start"))
}

func TestDecisionOn(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	d := usher.NewDecision(&basis{Digest: "d"}, usher.Outcome(usher.ReasonGranted), at)
	moved := d.On(&basis{Digest: "d", Version: 7})
	assert.True(t, moved.Allowed())
	assert.Equal(t, at, moved.Time())
	assert.Equal(t, uint64(7), moved.Detail().Version)
	assert.Zero(t, d.Detail().Version, "the first one stays as it is")

	assert.Equal(t, usher.Decision{}, d.On(nil))
	assert.Equal(t, usher.Decision{}, usher.Decision{}.On(&basis{}), "what nobody decided is not decided by this")
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
		d := usher.NewDecision(&basis{}, 0, at)
		assert.Equal(t, at, d.Time())
	}
}

// A decision says in one sentence why.
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
		{usher.ReasonNoPermission, usher.Detail{Rule: usher.Rule{Permission: "calendar.edit"}}, "denied (no-permission): nothing that the user holds gives calendar.edit"},
		{usher.ReasonUnknownUser, usher.Detail{}, "denied (unknown-user): not a user of this account"},
		{usher.ReasonInactive, usher.Detail{}, "denied (inactive): only active users are allowed anything"},
		{0, usher.Detail{}, "denied: nothing was decided"},
	} {
		b := basis(row.detail)
		assert.Equal(t, row.want, usher.NewDecision(&b, usher.Outcome(row.reason), time.Time{}).String())
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
	for _, want := range []usher.Status{usher.Invited, usher.Active, usher.Inactive} {
		got, err := usher.ParseStatus(want.String())
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := usher.ParseStatus("")
	assert.EqualError(t, err, `"" is no status; it is invited, active or inactive`)
}
