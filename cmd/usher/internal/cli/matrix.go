package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/roletable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const matrixHelp = `Matrix prints what each role may do: a table for each type of resource, with a row
for each permission and a column for each role. The tables come from the compiled
policy, so they match its decisions.`

const matrixExample = `  usher matrix oncehub
  usher matrix policy.yaml --format markdown > roles.md`

func (r *run) matrixCommand() *cobra.Command {
	c := command("matrix POLICY", "Print the role tables of a policy", matrixHelp, matrixExample)
	format := choice{flag: "format", value: "text", values: []string{"text", "markdown", "json"}}
	c.Flags().Var(&format, "format", "write tables as text, markdown or json")
	format.complete(c)
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
		p, err := r.policy(args[0])
		if err != nil {
			return r.refuse(args[0], err)
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
	return c
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
