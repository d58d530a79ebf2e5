package cli

import (
	"github.com/spf13/cobra"

	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
)

// completeFiles completes YAML files.
func completeFiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// completePolicies completes presets; where none fits, a shell goes on to files.
func completePolicies(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return preset.Names(), cobra.ShellCompDirectiveDefault
}

// completeQuestion completes the flags of explain with the names of the test file.
func (r *run) completeQuestion(c *cobra.Command) {
	for flag, names := range map[string]func(*policytest.Suite) []string{
		"as":   func(s *policytest.Suite) []string { return texts(s.World().Users()) },
		"can":  permissionNames,
		"type": func(s *policytest.Suite) []string { return s.Policy().Resources() },
	} {
		_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) != 1 || args[0] == "-" {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			suite, err := r.suite(args[0])
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(suite), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func permissionNames(s *policytest.Suite) []string {
	var names []string
	for _, p := range s.Policy().Permissions() {
		names = append(names, p.String())
	}
	for _, p := range s.Policy().Bundles() {
		names = append(names, p.String())
	}
	return names
}
