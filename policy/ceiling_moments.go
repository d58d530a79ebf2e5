package policy

import (
	"slices"
	"time"
)

// moment is a time at which two states of a user are compared.
type moment struct {
	at time.Time

	// ended are the grants of the actor that end at this time. If nothing else changes,
	// only their permissions are compared again. Nil: all permissions are compared.
	ended []string
}

// momentsOfBoth returns the moments of the user, and each later time at which a grant
// of the actor ends.
func (c Ceiling) momentsOfBoth(before, after *User) []moment {
	moments := c.moments(before, after)
	for i := range c.actor.Grants {
		switch g := &c.actor.Grants[i]; {
		case !g.Until.After(c.at):
		case c.p.ceilings.features.find(g.Name) >= 0:
			moments = append(moments, moment{at: g.Until})
		default:
			moments = append(moments, moment{g.Until, []string{g.Name}})
		}
	}
	return merge(moments)
}

// merge sorts moments and combines those at the same time.
func merge(moments []moment) []moment {
	if len(moments) == 1 {
		return moments
	}
	slices.SortFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	merged := moments[:1]
	for _, m := range moments[1:] {
		last := &merged[len(merged)-1]
		switch {
		case !m.at.Equal(last.at):
			merged = append(merged, m)
		case m.ended == nil || last.ended == nil:
			last.ended = nil
		default:
			last.ended = append(last.ended, m.ended...)
		}
	}
	return merged
}

// moments returns the time of the command and each later time at which a relevant fact of
// the user changes without a command: the ends of the user's features, and of the
// grants that the command changes.
func (c Ceiling) moments(before, after *User) []moment {
	moments := []moment{{at: c.at}}
	for _, pair := range [2][2]*User{{before, after}, {after, before}} {
		u, other := pair[0], pair[1]
		if u == nil {
			continue
		}
		for i := range u.Grants {
			g := &u.Grants[i]
			if g.Until.After(c.at) && (c.p.ceilings.features.find(g.Name) >= 0 || !u.holdsAsLong(other, g.Name)) {
				moments = append(moments, moment{at: g.Until})
			}
		}
	}
	return merge(moments)
}

// holdsAsLong reports whether two users hold a grant until the same time, or neither
// holds it.
func (u *User) holdsAsLong(other *User, name string) bool {
	if other == nil {
		return false
	}
	mine, held := u.holdsUntil(name)
	usersTeams, alsoHeld := other.holdsUntil(name)
	return held == alsoHeld && mine.Equal(usersTeams)
}

// holdsUntil returns the end of a grant; zero: it does not end. Of several grants with the
// same name, the last end counts.
func (u *User) holdsUntil(name string) (last time.Time, held bool) {
	for i := range u.Grants {
		switch g := &u.Grants[i]; {
		case g.Name != name:
		case g.Until.IsZero():
			return time.Time{}, true
		case !held || g.Until.After(last):
			last, held = g.Until, true
		}
	}
	return last, held
}
