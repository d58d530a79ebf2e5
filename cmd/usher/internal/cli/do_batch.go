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

// complete says what is missing in the flags.
func (d *doFlags) complete() error {
	switch {
	case d.account == "":
		return wrongUsage("do needs an account: --account ACCOUNT; usher log %s lists those that there are", printable.Text(d.path))
	case d.policy == "":
		return wrongUsage("do needs the policy by which the service decides: --policy POLICY, a file or a preset; a store holds none")
	case d.as == "" && d.host == "":
		return wrongUsage("do needs an actor: --as USER, or --host NAME for the host")
	case d.as != "" && d.host != "":
		return wrongUsage("--as %s and --host %s exclude each other; leave one out", d.as, d.host)
	case d.file != "" && len(d.words) > 0:
		return wrongUsage("the commands stand in --file %s or after the store, not in both", d.file)
	case d.file == "" && len(d.words) == 0:
		return wrongUsage("do needs a command, such as: add-user user=mia; usher do --help lists them")
	}
	return nil
}

// batch makes a batch of the flags.
func (d *doFlags) batch(p *policy.Policy, commands []account.Command) (engine.Batch, error) {
	b := engine.Batch{
		Actor: account.AsHost(d.host), Account: usher.AccountID(d.account), Commands: commands,
		IdempotencyKey: d.key, Note: d.note,
	}
	if d.as != "" {
		b.Actor = account.AsUser(usher.UserID(d.as))
	}
	for _, fact := range d.with {
		name, value, err := switchOf(fact)
		_, twice := b.Context[name]
		switch {
		case err != nil:
			return b, err
		case twice:
			return b, wrongUsage("--with %s: %s is given twice", fact, name)
		case !slices.Contains(p.Contexts(), name):
			hint := suggest.DidYouMean(name, p.Contexts())
			if len(p.Contexts()) == 0 {
				hint = "; the policy asks for none"
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
		return b, wrongUsage("--at %s lies in the future, and every later commit would have to lie there, too; --dry-run says what would come of it then", d.at)
	}
	b.Time = at
	return b, nil
}

// switchOf reads NAME=true or NAME=false.
func switchOf(fact string) (name string, value bool, err error) {
	name, text, _ := strings.Cut(fact, "=")
	if text != "true" && text != "false" {
		return name, false, wrongUsage("--with %s: write %s=true or %s=false", fact, name, name)
	}
	return name, text == "true", nil
}
