package account

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// RolePreview is a role that the account defines, before and after the changes; nil if the
// account does not define it. Gains and Loses are the effects on the users who hold it before and
// after the changes, without those of other changes to these users. The caller must not change Before
// and After.
type RolePreview struct {
	Role          role.Name
	Before, After *policy.CustomRole
	Holders       int // the users who hold it before the changes
	Gains, Loses  []RoleEffect
}

// RoleEffect is a rule that holders of a role gain or lose, with their number. Teams and Until of
// the rule are empty.
type RoleEffect struct {
	policy.Entitlement
	Users int
}

// previewRoles returns the roles of the account that differ between two states, with the effect on
// their holders. Users with equal records are compared once.
func (s *State) previewRoles(p *policy.Policy, next *State, at time.Time, interrupt func() error) ([]RolePreview, error) {
	if s.currentConfig().custom == next.currentConfig().custom {
		return nil, nil
	}
	var list []RolePreview
	for _, r := range s.roles() {
		list = append(list, RolePreview{Role: r.Name, Before: &r})
	}
	for _, r := range next.roles() {
		i := slices.IndexFunc(list, func(o RolePreview) bool { return o.Role == r.Name })
		if i < 0 {
			i, list = len(list), append(list, RolePreview{Role: r.Name})
		}
		list[i].After = &r
	}
	x := p.Redefine(s.roles(), next.roles())
	for i := range list {
		if err := s.previewHolders(&list[i], x, p, at, interrupt); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(list, func(r RolePreview) bool {
		return r.Before != nil && r.After != nil && r.Before.Title == r.After.Title && slices.Equal(r.Before.Gives, r.After.Gives)
	}), nil
}

func (s *State) previewHolders(r *RolePreview, x policy.Redefinition, p *policy.Policy, at time.Time, interrupt func() error) error {
	count := map[*policy.User]int{}
	one := map[*policy.User]usher.UserID{}
	var records []*policy.User
	for id, u := range s.all() {
		if !holdsRole(u, r.Role) {
			continue
		}
		r.Holders++
		if count[u]++; count[u] == 1 {
			records = append(records, u)
			one[u] = usher.UserID(id)
		}
	}
	if r.After == nil || r.Before == nil {
		return nil // a deleted role has no holders after the changes; each of them is in Users
	}
	var gains, loses effects
	for _, u := range records {
		if interrupt != nil {
			if err := interrupt(); err != nil {
				return err
			}
		}
		facts := s.factsOn(p, one[u])
		gained, lost, err := x.Difference(facts, facts, one[u], at)
		if err != nil {
			return err
		}
		gains.add(gained, count[u])
		loses.add(lost, count[u])
	}
	r.Gains, r.Loses = gains.list, loses.list
	return nil
}

// effects collects rules with the number of users.
type effects struct {
	list []RoleEffect
	at   map[string]int
}

func (e *effects) add(list []policy.Entitlement, users int) {
	seen := map[string]bool{}
	for _, h := range list {
		h.Teams, h.Until = nil, time.Time{}
		key := fmt.Sprint(h)
		if seen[key] {
			continue
		}
		seen[key] = true
		i, ok := e.at[key]
		if !ok {
			if e.at == nil {
				e.at = map[string]int{}
			}
			i = len(e.list)
			e.at[key] = i
			e.list = append(e.list, RoleEffect{Entitlement: h})
		}
		e.list[i].Users += users
	}
}
