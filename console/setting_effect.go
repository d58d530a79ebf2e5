package console

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// roleEffect is what users with some roles gain and lose by a setting.
type roleEffect struct {
	Roles []string `json:"roles"` // titles
	Gains []string `json:"gains,omitempty"`
	Loses []string `json:"loses,omitempty"`
}

// settingEffects returns what the users with each role gain and lose if a setting gets a value:
// the difference that the policy has for a user with the role, with each seat that the role can
// have, and with each feature. Roles with the same effect are together.
func (v *viewer) settingEffects(name string, value bool) ([]roleEffect, error) {
	conditions := v.policy.SettingConditions(name)
	if len(conditions) == 0 {
		return nil, nil
	}
	accountNow, err := v.view.State().Account()
	if err != nil {
		return nil, err
	}
	var effects []roleEffect
	for _, r := range v.policy.Roles() {
		if v.ctx.Err() != nil {
			return nil, v.ctx.Err()
		}
		before := exampleFacts{user: v.exampleUser(r), account: policy.Account{Teams: accountNow.Teams, Settings: accountNow.Settings}}
		after := exampleFacts{user: before.user, account: policy.Account{Teams: accountNow.Teams, Settings: withSetting(accountNow.Settings, name, value)}}
		gains, loses, err := v.policy.Difference(before, after, exampleID, v.now)
		if err != nil {
			return nil, err
		}
		effects = addEffect(effects, roleEffect{
			Roles: []string{v.RoleTitle(r.Name)},
			Gains: v.rules(ofRole(r, gains, conditions)), Loses: v.rules(ofRole(r, loses, conditions)),
		})
	}
	lifts, forbids := v.neverEffects(conditions, value)
	return addEffect(effects, roleEffect{Roles: []string{v.text.plain("roles.everyone")}, Gains: lifts, Loses: forbids}), nil
}

// addEffect adds an effect to a list, to one that is the same if there is one. An effect that
// changes nothing is left out.
func addEffect(list []roleEffect, e roleEffect) []roleEffect {
	if len(e.Gains)+len(e.Loses) == 0 {
		return list
	}
	for i := range list {
		if slices.Equal(list[i].Gains, e.Gains) && slices.Equal(list[i].Loses, e.Loses) {
			list[i].Roles = append(list[i].Roles, e.Roles...)
			return list
		}
	}
	return append(list, e)
}

// ofRole returns the rules without the conditions on the setting, which the heading states. For
// a team role, it returns only those of team roles: the others are those of an account role.
func ofRole(r role.Role, rules []policy.Entitlement, conditions []string) (list []policy.Entitlement) {
	for _, e := range rules {
		if r.OnTeam && e.Rule.Source != usher.SourceTeamRole {
			continue
		}
		e.Teams = nil
		e.If = slices.DeleteFunc(slices.Clone(e.If), func(test string) bool {
			return slices.Contains(conditions, strings.TrimPrefix(test, "not "))
		})
		list = append(list, e)
	}
	return list
}

// neverEffects returns what a value of a setting stops to forbid to all users, and what it
// begins to forbid.
func (v *viewer) neverEffects(conditions []string, value bool) (lifts, forbids []string) {
	for _, res := range v.policy.Matrix().Resources {
		for _, row := range res.Rows {
			for _, e := range row.NeverRules {
				text := v.rules(ofRole(role.Role{}, []policy.Entitlement{e}, conditions))
				switch on, off := dependsOn(e, conditions); {
				case on && !off && value, off && !on && !value:
					forbids = append(forbids, text...)
				case on && !off, off && !on:
					lifts = append(lifts, text...)
				}
			}
		}
	}
	return lifts, forbids
}

// dependsOn reports whether a rule requires one of some conditions to hold, and whether it
// requires one not to hold.
func dependsOn(e policy.Entitlement, conditions []string) (on, off bool) {
	for _, name := range conditions {
		on = on || slices.Contains(e.If, name)
		off = off || slices.Contains(e.If, "not "+name)
	}
	return on, off
}

// exampleID is the id of the user for that effects are computed.
const exampleID usher.UserID = "example"

// exampleFacts are the facts of an account with one user.
type exampleFacts struct {
	user    policy.User
	account policy.Account
}

// User returns the user.
func (f exampleFacts) User(id usher.UserID) (*policy.User, error) {
	if id != exampleID {
		return nil, nil
	}
	return &f.user, nil
}

// Account returns the account.
func (f exampleFacts) Account() (*policy.Account, error) { return &f.account, nil }

// exampleUser returns an active user with a role, its seats, and all features. A user with a team
// role or a role beside has the default role, or another one that may hold it.
func (v *viewer) exampleUser(r role.Role) policy.User {
	u := policy.User{Status: usher.Active, Role: r.Name}
	switch {
	case r.Beside:
		u.Role, u.Beside = v.policy.DefaultRole().Name, []role.Name{r.Name}
	case r.OnResource != "":
		u.Role = v.policy.DefaultRole().Name
	case r.OnTeam:
		u.Role = v.roleOnTeams().Name
		u.Teams = []policy.Membership{{Team: "example", Roles: []role.Name{r.Name}}}
	}
	of, _ := v.policy.Role(u.Role)
	for _, kind := range v.policy.Pools() {
		if of.MayHold(kind, usher.Active) {
			u.Seats = append(u.Seats, kind.Name)
		}
	}
	slices.SortFunc(u.Seats, func(a, b seat.PoolName) int { return strings.Compare(string(a), string(b)) })
	if of.NoGrants {
		return u
	}
	for _, name := range v.policy.Features() {
		u.Grants = append(u.Grants, policy.Grant{Name: name})
	}
	return u
}

// roleOnTeams returns the default role, or the first other one if users with the default role hold
// no team roles.
func (v *viewer) roleOnTeams() role.Role {
	byDefault := v.policy.DefaultRole()
	if byDefault.NoTeamRoles {
		for _, r := range v.policy.Roles() {
			if r.OfAccount() && !r.NoTeamRoles {
				return r
			}
		}
	}
	return byDefault
}

func withSetting(settings map[string]bool, name string, value bool) map[string]bool {
	changed := map[string]bool{name: value}
	for other, is := range settings {
		if other != name {
			changed[other] = is
		}
	}
	return changed
}
