package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/roletable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const matrixHelp = `Matrix prints what each role may do: a table for each type of resource, with a row
for each permission and a column for each role. The tables come from the compiled
policy, so they match its decisions.

For an account in a store, the tables have the roles that the account defined, too. A
store contains many accounts and no policy, so it needs --account and --policy.`

const matrixExample = `  usher matrix oncehub
  usher matrix policy.yaml --format markdown > roles.md
  usher matrix usher.db --account acme --policy policy.yaml`

func (r *run) matrixCommand() *cobra.Command {
	c := command("matrix POLICY|STORE", "Print the role tables of a policy", matrixHelp, matrixExample)
	format := choice{flag: "format", value: "text", values: []string{"text", "markdown", "json"}}
	c.Flags().Var(&format, "format", "write tables as text, markdown or json")
	format.complete(c)
	var q question
	c.Flags().StringVar(&q.account, "account", "", "for a store: the `ACCOUNT`")
	c.Flags().StringVar(&q.policy, "policy", "", "for a store: the `POLICY` of the service, a file or a preset")
	complete(c, "account", r.storeAccounts)
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	c.Args = oneFile
	c.ValidArgsFunction = completePolicies
	c.RunE = func(c *cobra.Command, args []string) error {
		if r.json() {
			if c.Flags().Changed("format") && format.value != "json" {
				return wrongUsage("--output json and --format %s conflict; leave one out", format.value)
			}
			format.value = "json"
		}
		if format.value == "json" {
			r.output.value = "json" // for problems, too
		}
		p, err := r.matrixPolicy(c.Context(), args[0], &q)
		if err != nil {
			return err
		}
		switch format.value {
		case "json":
			return r.stdout.json(matrixJSON(p))
		case "markdown":
			fmt.Fprint(r.stdout, roletable.Markdown(p))
		default:
			writeTextMatrix(r.stdout, p)
		}
		return nil
	}
	r.acceptStoreFlag(c)
	return c
}

// matrixPolicy returns the policy of a file, or that of an account in a store, with the roles of the
// account.
func (r *run) matrixPolicy(ctx context.Context, arg string, q *question) (*policy.Policy, error) {
	if arg != "-" && isStore(r.original(arg)) {
		s, err := r.openTarget(ctx, "matrix", arg, q)
		if err != nil {
			return nil, err
		}
		return s.policy, nil
	}
	if q.account != "" || q.policy != "" {
		return nil, wrongUsage("--account and --policy apply only to a store; %s is not a store", printable.Text(arg))
	}
	p, err := r.policy(arg)
	if err != nil {
		return nil, r.refuse(arg, err)
	}
	return p, nil
}

// policy loads the policy that an argument or flag names. The error is a
// *syntax.Problems, a syntax.Problem or an *unreadable.
func (r *run) policy(arg string) (*policy.Policy, error) {
	in, err := r.openPolicy(arg)
	if err != nil {
		return nil, err
	}
	if in.isTest() {
		return nil, notAPolicy(in)
	}
	return policyfile.Load(in.name, in.src)
}
