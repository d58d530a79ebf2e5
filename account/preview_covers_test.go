package account

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// Each row says whether whoever has the one rule has the other one in it, and
// whether that is so the other way round.
func TestCovers(t *testing.T) {
	edit := permission.MustParse("calendar.edit")
	rule := func(s syntax.Scope) policy.Holding { return policy.Holding{Permission: edit, Scope: s} }
	but := func(h policy.Holding, change func(*policy.Holding)) policy.Holding {
		change(&h)
		return h
	}
	whole, own, sole, team, shared := rule(syntax.ScopeAny), rule(syntax.ScopeOwn), rule(syntax.ScopeSole), rule(syntax.ScopeTeam), rule(syntax.ScopeShared)
	iff := func(h policy.Holding, names ...string) policy.Holding {
		return but(h, func(h *policy.Holding) { h.If = names })
	}
	hiding := func(h policy.Holding, names ...string) policy.Holding {
		return but(h, func(h *policy.Holding) { h.Hiding = names })
	}
	as := func(h policy.Holding, names ...string) policy.Holding {
		return but(h, func(h *policy.Holding) { h.As = names })
	}
	on := func(h policy.Holding, teams ...usher.TeamID) policy.Holding {
		return but(h, func(h *policy.Holding) { h.Teams = teams })
	}
	until := func(h policy.Holding, year int) policy.Holding {
		return but(h, func(h *policy.Holding) { h.Until = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) })
	}
	const yes, no = true, false
	rows := []struct {
		a, b         policy.Holding
		aHasB, bHasA bool
	}{
		{whole, whole, yes, yes},
		{whole, own, yes, no},
		{whole, sole, yes, no},
		{whole, team, yes, no},
		{whole, shared, yes, no},
		{own, own, yes, yes},
		{own, sole, yes, no},
		{own, team, no, no},
		{own, shared, no, no},
		{sole, team, no, yes},
		{sole, shared, no, yes},
		{team, shared, no, yes},
		{whole, but(whole, func(h *policy.Holding) { h.Permission = permission.MustParse("calendar.view") }), no, no},
		{own, but(own, func(h *policy.Holding) { h.Rule.Held = "admin" }), yes, yes}, // how one comes to have it plays no part

		{own, iff(own, "seated"), yes, no},
		{whole, iff(whole, "seated"), yes, no},
		{iff(own, "mfa"), iff(own, "seated"), no, no},
		{iff(own, "mfa"), iff(own, "mfa", "seated"), yes, no},
		{hiding(own, "details"), own, no, yes},
		{hiding(own, "details"), hiding(own, "notes", "details"), yes, no},
		{as(own, "host"), own, no, no},
		{as(own, "host"), as(own, "owner"), no, no},
		{as(own, "host", "owner"), as(own, "owner", "host"), yes, yes},
		{whole, as(own, "host"), yes, no},
		{until(whole, 2026), whole, no, yes},
		{until(whole, 2026), until(whole, 2027), no, yes},
		{until(whole, 2026), until(whole, 2026), yes, yes},

		{on(team, "a"), on(team, "a"), yes, yes},
		{on(team, "a", "b"), on(team, "a"), yes, no},
		{on(team, "a"), on(team, "b"), no, no},
		{on(shared, "a"), on(team, "a"), yes, no},
		{team, on(team, "a"), no, no},
		{on(whole, "a"), team, yes, no},
		{on(team, "a"), on(sole, "b"), yes, no},
	}
	for _, row := range rows {
		about := fmt.Sprintf("%+v\n%+v", row.a, row.b)
		assert.Equal(t, row.aHasB, covers(&row.a, &row.b), about)
		assert.Equal(t, row.bHasA, covers(&row.b, &row.a), about)
	}
}
