package policy

import (
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

var accountConfigure = permission.MustParse(syntax.DefaultAsks)

// settingRules resolves what the change of each setting asks for.
func (c *compiler) settingRules() {
	for _, d := range c.doc.Settings {
		asks := accountConfigure
		switch {
		case d.SetByHost && d.Asks.Text != "":
			c.problems.Add(d.Asks.Pos, "setting %s has set-by: host, so no user can change it; remove asks or set-by", d.Name.Text)
		case d.SetByHost:
			asks = permission.Permission{}
		case d.Asks.Text != "":
			asks = c.settingPermission(d.Asks)
		}
		c.p.settingAsks[d.Name.Text] = asks
	}
}

// settingPermission resolves the permission that a setting asks for. It returns the zero
// Permission after a problem.
func (c *compiler) settingPermission(n syntax.Name) permission.Permission {
	if _, ok := c.permIndex.at[n.Text]; ok {
		return permission.MustParse(n.Text)
	}
	if _, isBundle := c.bundleIndex.at[n.Text]; isBundle {
		c.problems.Add(n.Pos, "%s is a bundle; asks takes one permission", n.Text)
	} else if _, err := permission.Parse(n.Text); err != nil {
		c.addUnlessPartial(n.Pos, "%v", err)
	} else {
		c.unknown(n, "permission", func() []string { return c.permIndex.names })
	}
	return permission.Permission{}
}

// lintSettings warns about a setting that names a permission that no user can have without a
// resource. Then only the host can change the setting.
func (c *compiler) lintSettings() {
	for _, d := range c.doc.Settings {
		if d.Asks.Text != "" && !c.p.OpensSetting(d.Name.Text) {
			c.warnings.Add(d.Asks.Pos, "no user can have %s without a resource, so only the host can change the setting %s; give a role the permission with `any`, or write `set-by: host`", d.Asks.Text, d.Name.Text)
		}
	}
}
