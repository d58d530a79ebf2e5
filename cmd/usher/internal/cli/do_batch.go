package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
)

// complete returns an error for missing or conflicting flags.
func (d *doFlags) complete() error {
	switch {
	case d.account == "":
		return wrongUsage("do needs an account: --account ACCOUNT; usher log %s lists the accounts", printable.Text(d.path))
	case d.policy == "":
		return wrongUsage("do needs the policy of the service: --policy POLICY, a file or a preset; a store does not contain it")
	case d.as == "" && d.host == "":
		return wrongUsage("do needs an actor: --as USER, or --host NAME for the host")
	case d.as != "" && d.host != "":
		return wrongUsage("--as and --host are mutually exclusive")
	case d.by != "" && d.as == "":
		return wrongUsage("--by needs --as USER, on whose behalf %s acts", printable.Word(d.by))
	case d.file != "" && len(d.words) > 0:
		return wrongUsage("give the commands with --file %s or after the store, not both", d.file)
	case d.file == "" && len(d.words) == 0:
		return wrongUsage("do needs a command, such as add-user user=mia; usher do --help lists the commands")
	}
	return nil
}

// batch returns the batch that the flags describe.
func (d *doFlags) batch(p *policy.Policy, commands []account.Command) (engine.Batch, error) {
	b := engine.Batch{
		Actor: account.AsHost(d.host), Account: usher.AccountID(d.account), Commands: commands,
		IdempotencyKey: d.key, Note: d.note,
	}
	if d.as != "" {
		b.Actor = account.AsUser(usher.UserID(d.as)).By(usher.UserID(d.by))
	}
	for _, fact := range d.with {
		name, value, err := parseSwitch(fact)
		_, twice := b.Context[name]
		switch {
		case err != nil:
			return b, err
		case twice:
			return b, wrongUsage("--with %s: %s is given twice", fact, name)
		case name == usher.Acting:
			return b, wrongUsage("--with %s: the fact %s is not written: it follows from --by, the user who acts on behalf of another", fact, name)
		case !slices.Contains(p.Contexts(), name):
			hint := suggest.DidYouMean(name, p.Contexts())
			if len(p.Contexts()) == 0 {
				hint = "; the policy declares none"
			}
			return b, wrongUsage("--with %s: unknown fact of a request %q%s", fact, name, hint)
		case b.Context == nil:
			b.Context = usher.Context{}
		}
		b.Context[name] = value
	}
	if d.at == "" {
		return b, nil
	}
	at, err := testfile.ParseTime(d.at)
	switch {
	case err != nil:
		return b, wrongUsage("--at: %v", err)
	case at.After(time.Now()) && !d.dryRun:
		return b, wrongUsage("--at %s is in the future, and no later commit could have an earlier time; use --dry-run to see the result at that time", d.at)
	}
	b.Time = at
	return b, nil
}

// parseSwitch reads NAME=true or NAME=false.
func parseSwitch(fact string) (name string, value bool, err error) {
	name, text, _ := strings.Cut(fact, "=")
	if text != "true" && text != "false" {
		return name, false, wrongUsage("--with %s: write %s=true or %s=false", fact, name, name)
	}
	return name, text == "true", nil
}
