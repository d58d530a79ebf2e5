package cli

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

const rootHelp = `usher tells who may do what. It checks policy files, runs their tests, prints
their role tables, and explains single answers. It looks at the accounts in a store
file, and changes them.

A FILE is YAML; - is the standard input. Where a policy is asked for, the name of
a preset will do: calcom, groupcal, oncehub or staffdirectory. A STORE is a file that
boltstore keeps; one process at a time can have it open.

Results go to standard output, all else to standard error. Exit codes:
  0  all is fine
  1  a file is invalid, a test failed, a command was refused, or a journal is damaged
  2  wrong usage, or a file that cannot be read or written`

const rootExample = `  usher validate policy.yaml
  usher test policy.test.yaml
  usher matrix oncehub
  usher log usher.db --account acme`

// usageTemplate is cobra's, shorter.
const usageTemplate = `Usage:
  {{.UseLine}}{{if .HasExample}}

For example:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

func (r *run) root() *cobra.Command {
	root := command("usher COMMAND", "Tell who may do what", rootHelp, rootExample)
	root.Version = version()
	root.SetVersionTemplate("usher {{.Version}}\n")
	root.SetOut(r.stdout)
	root.SetErr(r.stderr)
	root.SetUsageTemplate(usageTemplate)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRun = func(*cobra.Command, []string) {
		r.stdout.chooseColor(r.color.value, os.Getenv)
		r.stderr.chooseColor(r.color.value, os.Getenv)
	}
	flags := root.PersistentFlags()
	flags.Var(&r.output, "output", "write results as text or json")
	flags.Var(&r.color, "color", "colour the text: auto (on a terminal), always or never")
	r.output.complete(root)
	r.color.complete(root)

	root.AddCommand(r.validateCommand(), r.testCommand(), r.matrixCommand(), r.explainCommand(), r.doCommand(), r.logCommand())
	root.SetHelpCommand(r.helpCommand())
	r.branch(root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Short = "Print what lets a shell complete commands, flags and names"
			r.branch(c)
		}
	}
	return root
}

// branch makes a command with commands below it refuse to be run itself.
func (r *run) branch(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		c.SetOut(r.stderr) // nothing was asked for, so this is no result
		if err := c.Help(); err != nil {
			return err
		}
		return stop(exitUsage)
	}
}

func (r *run) helpCommand() *cobra.Command {
	help := command("help [COMMAND]", "Tell about a command", "", "  usher help explain")
	help.RunE = func(c *cobra.Command, args []string) error {
		about, rest, err := c.Root().Find(args)
		if err != nil {
			return err
		}
		if len(rest) > 0 && about.HasSubCommands() {
			return unknownCommand(about, rest[0])
		}
		about.InitDefaultHelpFlag()
		about.InitDefaultVersionFlag()
		return about.Help()
	}
	help.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return commandNames(c.Root()), cobra.ShellCompDirectiveNoFileComp
	}
	return help
}

func version() string {
	v := "of unknown version"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return v + " (" + runtime.Version() + ")"
}
