package mirror

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

func at[A ~string](t table, a A) key { return key{t, [4]string{string(a)}} }

func at2[A, B ~string](t table, a A, b B) key { return key{t, [4]string{string(a), string(b)}} }

func at3[A, B, C ~string](t table, a A, b B, c C) key {
	return key{t, [4]string{string(a), string(b), string(c)}}
}

// atOn returns the key of a role that a user, or else a team, has on a resource.
func atOn(h account.Holder, on usher.Ref, name string) key {
	if h.Team != "" {
		return key{teamRolesOn, [4]string{string(h.Team), on.Type, on.ID, name}}
	}
	return key{rolesOn, [4]string{string(h.User), on.Type, on.ID, name}}
}

// set writes a row.
func (d *delta) set(k key, v values) { d.put(k, change{values: v}) }

// remove deletes a row.
func (d *delta) remove(k key) {
	if d.wiped || d.clears(k) {
		delete(d.rows, k) // it is already deleted before the others are written
		return
	}
	d.put(k, change{gone: true})
}

// update changes the values of a row that are not empty in c.
func (d *delta) update(k key, c change) {
	old, known := d.rows[k]
	if !known {
		c.partial = true
		d.put(k, c)
		return
	}
	c.partial = old.partial
	if !c.heir && c.values[0] == "" {
		c.heir = old.heir
	}
	c.kindOf = old.kindOf
	for i, v := range c.values {
		if v == "" {
			c.values[i] = old.values[i]
		}
	}
	d.put(k, c)
}

// removeUser deletes all rows of a user.
func (d *delta) removeUser(user string) {
	for _, k := range d.byUser[user] {
		delete(d.rows, k)
	}
	delete(d.byUser, user)
	if !d.wiped {
		d.cleared[user] = true
	}
}

// clears reports whether a row is deleted before others are written.
func (d *delta) clears(k key) bool {
	on, isOn := k.on()
	return d.cleared[k.userOf()] || isOn && d.forgotten[on] || k.table == teamRolesOn && d.disbanded[k.parts[0]]
}

// removeTeam deletes a team, and its roles on resources.
func (d *delta) removeTeam(team string) {
	d.remove(key{teams, [4]string{team}})
	d.removeWhere(func(k key) bool { return k.table == teamRolesOn && k.parts[0] == team })
	if !d.wiped {
		d.disbanded = with(d.disbanded, team)
	}
}

// removeResource deletes all roles on a resource.
func (d *delta) removeResource(resource [2]string) {
	d.removeWhere(func(k key) bool {
		on, isOn := k.on()
		return isOn && on == resource
	})
	if !d.wiped {
		d.forgotten = with(d.forgotten, resource)
	}
}

// removeWhere forgets rows that the commit wrote before.
func (d *delta) removeWhere(is func(key) bool) {
	maps.DeleteFunc(d.rows, func(k key, _ change) bool { return is(k) })
	for user, keys := range d.byUser {
		d.byUser[user] = slices.DeleteFunc(keys, is)
	}
}

func with[K comparable](set map[K]bool, k K) map[K]bool {
	if set == nil {
		set = map[K]bool{}
	}
	set[k] = true
	return set
}

// rename deletes all rows of a user whose id changes.
func (d *delta) rename(from, to string) {
	if d.ids == nil {
		d.ids = map[string]string{}
	}
	d.ids[to] = d.idBefore(from)
	d.removeUser(from)
}

// person is the kind of a user who is not a program, as the table states it.
const person = "person"

func kindOf(k usher.UserKind) string {
	if k == "" {
		return person
	}
	return string(k)
}

// kindBefore returns the kind of a user who is renamed, which the commit does not contain, or else the
// user in the table who has it.
func (d *delta) kindBefore(user string) (kind, of string) {
	switch c, known := d.rows[at(members, user)]; {
	case known && c.values[2] != "":
		return c.values[2], ""
	case known && c.kindOf != "":
		return "", c.kindOf
	}
	return "", d.idBefore(user)
}

// idBefore returns the id that a user had before the commit.
func (d *delta) idBefore(user string) string {
	if id, renamed := d.ids[user]; renamed {
		return id
	}
	return user
}

func (d *delta) put(k key, c change) {
	if d.err == nil {
		d.err = checkRow(d.account, k, c.values)
	}
	if user := k.userOf(); user != "" {
		if _, known := d.rows[k]; !known {
			d.byUser[user] = append(d.byUser[user], k)
		}
	}
	d.rows[k] = c
}
