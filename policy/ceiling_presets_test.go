package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCeilingOfPresets checks the ceiling for the commands of the conformance scenarios that give
// or take rules: those that succeed, and those that are rejected because of it.
func TestCeilingOfPresets(t *testing.T) {
	for _, row := range []struct{ preset, by, before, after, want string }{
		{"oncehub", "admin", "member sales +chatbots +routing-forms", "admin sales +chatbots +routing-forms", ""},
		{"oncehub", "admin", "member support", "member support:manager", ""},
		{"oncehub", "admin", "member support:manager", "member support", ""},
		{"oncehub", "admin", "member sales +chatbots +routing-forms", "", ""},
		{"oncehub", "admin", "member", "member +chatbots", ""},
		{"oncehub", "admin", "admin", "member", ""},
		{"oncehub", "admin", "member", "owner", "account.transfer: any [role owner]"},
		{"oncehub", "member sales:manager", "member sales", "admin sales", "account.configure: any [role admin]"},
		{"oncehub", "member sales:manager", "member sales", "member sales +chatbots", "chatbot.create: own if has-chatbots [role member]"},
		{"oncehub", "member sales:manager +chatbots", "member sales", "member sales +chatbots", ""},
		{"oncehub", "member", "owner", "member", "account.configure: any [role admin]"},

		{"groupcal", "member", "", "member", ""},
		{"groupcal", "admin", "", "member", ""},
		{"groupcal", "member", "", "admin", "account.configure: any [role admin]"},
		{"groupcal", "admin", "admin", "", ""},
		{"groupcal", "owner", "member", "admin", ""},

		{"calcom", "admin", "", "admin-only", ""},
		{"calcom", "admin", "", "member", ""},
		{"calcom", "admin", "member", "admin-only", ""},
		{"calcom", "admin", "admin-only", "member", ""},
		{"calcom", "admin", "admin-only", "admin-only +billing.manage", ""},
		{"calcom", "admin-only", "admin-only", "admin", "account.configure: any [role admin]"},

		{"staffdirectory", "owner", "", "staff", ""},
		{"staffdirectory", "owner", "staff", "", ""},
		{"staffdirectory", "staff +staff.manage", "", "staff", ""},
		{"staffdirectory", "staff +staff.manage +task.read", "staff", "staff +task.read", ""},
		{"staffdirectory", "staff +staff.manage +task.read", "staff +task.read", "staff +task.read +invoice.read", "invoice.read: any [grant invoice.read]"},
		{"staffdirectory", "staff +staff.manage", "staff", "staff +staff.manage", ""},
		{"staffdirectory", "staff +staff.manage", "owner", "owner +invoice.read", "invoice.read: any [grant invoice.read]"},
		{"staffdirectory", "owner", "staff", "staff +invoice.read", ""},
		{"staffdirectory", "owner", "staff +invoice.read", "staff", ""},
	} {
		p := loadPreset(t, row.preset)
		got := gives(t, p, row.by, row.before, row.after)
		if c := ceilingOf(t, p, row.by); got == "" {
			takes, err := c.Takes(parseUser(row.before), parseUser(row.after))
			require.NoError(t, err)
			if takes {
				rule, ok, err := c.Outranks(parseUser(row.before))
				require.NoError(t, err)
				got = uncoveredText(rule, ok)
			}
		}
		if got != row.want {
			t.Errorf("%s: %q makes %q of %q: not covered is %q, want %q", row.preset, row.by, row.after, row.before, got, row.want)
		}
	}
}
