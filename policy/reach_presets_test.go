package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// TestEscalationOfPresets does the commands of the conformance scenarios that hand rules out or
// touch somebody's role, as far as escalation goes: those that succeed, and those that are
// refused for it.
func TestEscalationOfPresets(t *testing.T) {
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
		by := reach(t, p, row.by)
		missing, ok := by.Missing(reach(t, p, row.after), reach(t, p, row.before))
		if !ok {
			of, err := p.RoleReach(parseUser(row.before), midnight)
			require.NoError(t, err)
			missing, ok = by.Missing(of, policy.Reach{})
		}
		if got := missingText(missing, ok); got != row.want {
			t.Errorf("%s: %q makes %q of %q: missing is %q, want %q", row.preset, row.by, row.after, row.before, got, row.want)
		}
	}
}
