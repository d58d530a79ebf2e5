package cli

import (
	"github.com/spf13/cobra"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
)

// completeFiles completes YAML files.
func completeFiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// completePolicies completes presets and files.
func completePolicies(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return preset.Names(), cobra.ShellCompDirectiveDefault
}

// completeQuestion registers completion for the flags of explain: names from the test
// file, or from the store and the policy.
func (r *run) completeQuestion(c *cobra.Command, q *question) {
	complete(c, "account", r.storeAccounts)
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	complete(c, "as", func(args []string) []string {
		if suite := r.suiteOf(args); suite != nil {
			return texts(suite.World().Users())
		}
		return r.storeUsers(args, q.account)
	})
	complete(c, "can", func(args []string) []string { return permissionNames(r.policyOf(args, q)) })
	complete(c, "type", func(args []string) []string { return r.policyOf(args, q).Resources() })
}

// suiteOf returns the test file in the arguments of explain, nil if there is none.
func (r *run) suiteOf(args []string) *policytest.Suite {
	if args = r.withStoreFlag(args); len(args) != 1 || args[0] == "-" || isStore(r.original(args[0])) {
		return nil
	}
	suite, err := r.suite(args[0])
	if err != nil {
		return nil
	}
	return suite
}

// policyOf returns the policy that explain uses, an empty one if there is none.
func (r *run) policyOf(args []string, q *question) *policy.Policy {
	if suite := r.suiteOf(args); suite != nil {
		return suite.Policy()
	}
	return r.policyNamed(q.policy)
}

// policyNamed returns the policy that a flag names, an empty one if it cannot be loaded.
func (r *run) policyNamed(name string) *policy.Policy {
	in, err := r.openPolicy(name)
	if err != nil || name == "-" {
		return &policy.Policy{}
	}
	p, err := policyfile.Load(in.name, in.src)
	if err != nil {
		return &policy.Policy{}
	}
	return p
}

func permissionNames(from *policy.Policy) []string {
	var names []string
	for _, p := range from.Permissions() {
		names = append(names, p.String())
	}
	for _, p := range from.Bundles() {
		names = append(names, p.String())
	}
	return names
}
