package policy

// shareAction is the action that the commands which give and take roles on resources ask for.
const shareAction = "share"

// lintShare warns about a type of resource on which roles are held, but which no user can share.
func (c *compiler) lintShare() {
	warned := map[*resource]bool{}
	for i := range c.p.onType {
		on := c.p.onType[i].res
		if on == nil || warned[on] {
			continue
		}
		warned[on] = true
		if _, ok := c.permIndex.at[on.name+"."+shareAction]; !ok {
			c.warnings.Add(c.p.roles[i].pos, "%s has no permission %s, so only the host application gives and takes roles on a single %[1]s; add `%[2]s: {…}` to its permissions", on.name, shareAction)
		}
	}
}
