package account_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var accountConfigure = permission.MustParse("account.configure")

// The example of FORMAT.md: who may change which setting.
func TestChangeSettingAsks(t *testing.T) {
	p := formatExample(t, "Settings")
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin"), "mia": user("member")}})
	may := map[string]string{ // setting: the users who may change it
		"guests": "olga", "free-busy-only": "adam", "sso-allowed": "", "unknown": "",
	}
	for _, as := range []string{"olga", "adam", "mia", "the host"} {
		for setting, by := range may {
			value, known := p.Setting(setting)
			command := account.ChangeSetting{Setting: setting, Value: !value}
			_, err := propose(p, s, actor(as), command)
			want := account.CodeDenied
			switch {
			case !known && (as == "olga" || as == "the host"):
				want = account.CodeUnknownSetting
			case as == by, known && as == "the host":
				want = 0
			}
			assert.Equal(t, want, codeOf(t, err), "%s: %s: %v", as, setting, err)
			r, checked := s.RequestFor(p, usher.UserID(as), command)
			assert.Equal(t, setting != "sso-allowed", checked)
			assert.Nil(t, r.Resource)
		}
	}
	_, err := propose(p, s, actor("olga"), account.ChangeSetting{Setting: "sso-allowed", Value: true})
	require.ErrorContains(t, err, "change-setting sso-allowed on: denied: only the host can change the setting sso-allowed")
	assert.Contains(t, account.HostOnly(p), account.HostCommand{Name: "change-setting", Setting: "sso-allowed"})
}

// The permission is checked without a resource: no scope but any matches, and there are no
// parties, and attributes are unknown.
func TestChangeSettingWithoutResource(t *testing.T) {
	for rule, opens := range map[string]bool{
		"any": true, "own": false, "team": false, "any if open": false, "any if not open": true,
		"any if locked": false, "any if not locked": false, "any if hosted": false, "any if not hosted": true,
	} {
		p := compile(t, `
usher: 1
settings: {open: {default: false, asks: page.rule}}
conditions: {open: {setting: open}, locked: {attribute: locked}, hosted: {party: host}}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources: {page: {parties: {host: users}, permissions: {view: {owner: any if open}, rule: {owner: `+rule+`}}}}
`)
		s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner")}})
		_, err := propose(p, s, actor("olga"), account.ChangeSetting{Setting: "open", Value: true})
		assert.Equal(t, opens, err == nil, "%s: %v", rule, err)
		if rule != "any if open" { // HostOnly ignores conditions that can hold
			assert.Equal(t, opens, p.OpensSetting("open"), rule)
			assert.Equal(t, !opens, len(account.HostOnly(p)) > 2 && isHostOnly(p, "change-setting"), rule)
		}
	}
}

// formatExample returns the policy in a section of policy/FORMAT.md.
func formatExample(t *testing.T, heading string) *policy.Policy {
	t.Helper()
	page, err := os.ReadFile("../policy/FORMAT.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(page), "\n## "+heading+"\n")
	require.True(t, ok, heading)
	_, example, ok := strings.Cut(section, "```yaml\n")
	require.True(t, ok, heading)
	example, _, _ = strings.Cut(example, "```")
	return compile(t, example)
}

func isHostOnly(p *policy.Policy, command string) bool {
	for _, c := range account.HostOnly(p) {
		if c.Name == command {
			return true
		}
	}
	return false
}

// The list has one entry for all settings, or one for each that users cannot change.
func TestHostOnlySettings(t *testing.T) {
	for settings, want := range map[string][]account.HostCommand{
		"":                                 {{Name: "change-setting", Permission: accountConfigure}},
		"a: true, b: true":                 {{Name: "change-setting", Permission: accountConfigure}},
		"a: {default: true, set-by: host}": {{Name: "change-setting"}},
		"a: {default: true, set-by: host}, b: true": {
			{Name: "change-setting", Setting: "a"}, {Name: "change-setting", Permission: accountConfigure, Setting: "b"},
		},
		"a: true, b: {default: true, asks: page.rule}":                             {{Name: "change-setting", Permission: accountConfigure, Setting: "a"}},
		"b: {default: true, asks: page.rule}, c: {default: true, asks: page.rule}": nil,
	} {
		p := compile(t, `
usher: 1
settings: {`+settings+`}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources: {page: {permissions: {rule: {owner: any}}}}
`)
		var got []account.HostCommand
		for _, c := range account.HostOnly(p) {
			if c.Name == "change-setting" {
				got = append(got, c)
			}
		}
		assert.Equal(t, want, got, settings)
	}
}
