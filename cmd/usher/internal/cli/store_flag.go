package cli

import "github.com/spf13/cobra"

// acceptStoreFlag adds --store to a command whose first argument is a store. The flag then stands
// for that argument.
func (r *run) acceptStoreFlag(c *cobra.Command) {
	c.Flags().StringVar(&r.storeFlag, "store", "", "the `STORE`, in place of the first argument")
	_ = c.RegisterFlagCompletionFunc("store", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	})
	check, start, words := c.Args, c.RunE, c.ValidArgsFunction
	c.Args = func(c *cobra.Command, args []string) error { return check(c, r.withStoreFlag(args)) }
	c.RunE = func(c *cobra.Command, args []string) error { return start(c, r.withStoreFlag(args)) }
	c.ValidArgsFunction = func(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(c, r.withStoreFlag(args), word)
	}
}

// withStoreFlag returns the arguments with the store of the flag as the first.
func (r *run) withStoreFlag(args []string) []string {
	if r.storeFlag == "" {
		return args
	}
	return append([]string{r.storeFlag}, args...)
}
