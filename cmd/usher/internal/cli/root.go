package cli

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

const rootHelp = `usher validates policy files, runs their tests, prints their role tables, and
explains single decisions. It also reads and changes the accounts in a store.

A FILE is YAML; - is standard input. A POLICY is a file or the name of a preset:
calcom, clinic, groupcal, oncehub, staffdirectory or workspace. A STORE is one of:
  FILE or bolt:FILE                a file of boltstore; one process at a time opens it
  sqlite:FILE                      tables in an SQLite file
  postgres://USER@HOST/DATABASE    tables in a PostgreSQL database
The tables of ?schema=NAME in PostgreSQL and ?prefix=NAME in SQLite are those of
another name. A password may also be in PGPASSWORD or in a file ~/.pgpass, where other
processes cannot see it. Services may use a database at the same time.

Results go to standard output, everything else to standard error. Exit codes:
  0  success
  1  a file is invalid, a test failed, a command was refused, a journal is damaged,
     or a copy or the tables of members differ
  2  wrong usage, or a file or store cannot be read or written`

const rootExample = `  usher validate policy.yaml
  usher test policy.test.yaml
  usher matrix oncehub
  usher log usher.db --account acme`

// usageTemplate is a shorter form of cobra's template.
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
	root := command("usher COMMAND", "Validate, test and explain authorization policies", rootHelp, rootExample)
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
	flags.Var(&r.color, "color", "color the text: auto (on a terminal), always or never")
	r.output.complete(root)
	r.color.complete(root)

	root.AddCommand(r.validateCommand(), r.testCommand(), r.matrixCommand(), r.explainCommand(), r.doCommand(), r.logCommand(), r.seatsCommand(), r.exportCommand(), r.migrateCommand(), r.copyCommand(), r.mirrorCommand(), r.indexCommand(), r.shortenCommand())
	root.SetHelpCommand(r.helpCommand())
	r.requireSubcommand(root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Short = "Print a completion script for a shell"
			r.requireSubcommand(c)
		}
	}
	return root
}

// requireSubcommand makes a command that has subcommands print its help and fail when it is run
// without one.
func (r *run) requireSubcommand(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		c.SetOut(r.stderr) // the help is an error message here, not a result
		if err := c.Help(); err != nil {
			return err
		}
		return exitError(exitUsage)
	}
}

func (r *run) helpCommand() *cobra.Command {
	help := command("help [COMMAND]", "Show the help of a command", "", "  usher help explain")
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
