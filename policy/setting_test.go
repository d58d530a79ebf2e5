package policy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

// checkSettings compares what the changes of settings ask for with the document.
func checkSettings(doc *syntax.Document, p *policy.Policy) error {
	for _, s := range doc.Settings {
		want := s.Asks.Text
		if want == "" && !s.SetByHost {
			want = "account.configure"
		}
		asks, byUsers := p.SettingAsks(s.Name.Text)
		if asks.String() != want || byUsers == s.SetByHost || !byUsers && p.OpensSetting(s.Name.Text) {
			return fmt.Errorf("%s\nthe setting %s asks for %q (by users: %t), want %q", doc.Print(), s.Name.Text, asks, byUsers, want)
		}
	}
	return nil
}

func TestSettingAsks(t *testing.T) {
	load := func(setting string) *policy.Policy {
		p, err := policyfile.Load("x.yaml", []byte(roles+"settings: {open: "+setting+"}\n"))
		require.NoError(t, err)
		return p
	}
	plain := load("true")
	asks, byUsers := plain.SettingAsks("open")
	assert.Equal(t, permission.MustParse("account.configure"), asks)
	assert.True(t, byUsers)
	for setting, same := range map[string]bool{
		"{default: true}":                           true,
		"{default: true, asks: account.configure}":  true,
		"{default: true, title: Open}":              true,
		"{default: true, asks: user.edit}":          false,
		"{default: true, set-by: host}":             false,
		"{default: false, asks: account.configure}": false,
	} {
		assert.Equal(t, same, load(setting).Digest() == plain.Digest(), "what a change asks for is part of the digest: %s", setting)
	}
	for _, p := range []*policy.Policy{nil, {}, plain} {
		asks, byUsers := p.SettingAsks("unknown")
		assert.Zero(t, asks)
		assert.False(t, byUsers)
		assert.False(t, p.OpensSetting("unknown"))
	}
}
