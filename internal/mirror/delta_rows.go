package mirror

func at[A ~string](t table, a A) key { return key{t, [3]string{string(a)}} }

func at2[A, B ~string](t table, a A, b B) key { return key{t, [3]string{string(a), string(b)}} }

func at3[A, B, C ~string](t table, a A, b B, c C) key {
	return key{t, [3]string{string(a), string(b), string(c)}}
}

// set writes a row.
func (d *delta) set(k key, v values) { d.put(k, change{values: v}) }

// remove deletes a row.
func (d *delta) remove(k key) {
	if d.wiped || d.cleared[k.userOf()] {
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

// rename deletes all rows of a user whose id changes.
func (d *delta) rename(from, to string) {
	if d.ids == nil {
		d.ids = map[string]string{}
	}
	d.ids[to] = d.idBefore(from)
	d.removeUser(from)
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
