package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/memstore"
)

const doHelp = `Do runs commands on an account of a store file: all of them, as one commit of its
journal, or none. The actor is a user, who needs the permissions that the policy
says, or the host, which needs none. Neither can break the rules of an account: it
has exactly one owner, and no more seats are held than bought.

The word "and" stands between two commands. A --file lists them as test files do:
- {do: add-user, user: mia}

A store file is for one process at a time: one that a service has open cannot be
changed here. A command that is refused changes nothing, and exits with 1.

The commands, with what they need and [may have]:
`

const doExample = `  usher do usher.db --create --account acme --policy oncehub --host signup create-account owner=olivia seats.booking=5
  usher do usher.db --account acme --policy oncehub --as olivia add-user user=mia and assign-seat user=mia pool=booking
  usher do usher.db --account acme --policy oncehub --as olivia --dry-run set-role user=mia role=admin`

func (r *run) doCommand() *cobra.Command {
	c := command("do STORE --account ACCOUNT --policy POLICY --as USER|--host NAME COMMAND [KEY=VALUE...] [and COMMAND...]",
		"Change an account of a store", doHelp+commandForms(), doExample)
	var d doFlags
	flags := c.Flags()
	flags.StringVar(&d.account, "account", "", "the `ACCOUNT`")
	flags.StringVar(&d.policy, "policy", "", "the `POLICY` that decides, a file or a preset")
	flags.StringVar(&d.as, "as", "", "the `USER` who asks")
	flags.StringVar(&d.host, "host", "", "the `NAME` of the host's part that asks: billing, scim")
	flags.StringArrayVar(&d.with, "with", nil, "a `FACT` of the request: mfa=true; may be repeated")
	flags.StringVar(&d.file, "file", "", "a `FILE` that lists the commands")
	flags.StringVar(&d.note, "note", "", "a `TEXT` that says why, for the journal; no place for personal data")
	flags.StringVar(&d.key, "key", "", "a `TEXT` by which the same request is known again, and not done twice")
	flags.StringVar(&d.at, "at", "", "the `TIME` as of which it is asked, not in the future (default: now)")
	flags.BoolVar(&d.dryRun, "dry-run", false, "say what would come of it, and do nothing")
	flags.BoolVar(&d.create, "create", false, "make the store if there is none")
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 || args[0] == "" {
			return wrongUsage("do needs a store: %s", c.UseLine())
		}
		return nil
	}
	r.completeDo(c, &d)
	c.RunE = func(c *cobra.Command, args []string) error {
		d.path, d.words = args[0], args[1:]
		return r.do(c.Context(), &d)
	}
	return c
}

// deed is what the command line asks to have done.
type doFlags struct {
	path, account, policy string
	as, host              string
	words, with           []string
	file, note, key, at   string
	dryRun, create        bool
}

func (r *run) do(ctx context.Context, d *doFlags) error {
	if err := d.complete(); err != nil {
		return err
	}
	commands, err := r.commandsOf(d)
	if err != nil {
		return err
	}
	p, err := r.policy(d.policy)
	if err != nil {
		return r.refuse(d.policy, err)
	}
	b, err := d.batch(p, commands)
	if err != nil {
		return err
	}
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) {
		return r.doOnNew(ctx, d, p, b)
	}
	s, err := openStore(d.path, boltstore.Options{ReadOnly: d.dryRun})
	if err != nil {
		return r.refuse(d.path, err)
	}
	defer s.Close()
	return r.doOn(ctx, d, s, p, b)
}

// doOnNew is do where there is no store yet. It makes none for a first commit that
// is refused.
func (r *run) doOnNew(ctx context.Context, d *doFlags, p *policy.Policy, b engine.Batch) error {
	if !d.create {
		return r.refuse(d.path, &unreadable{d.path, "there is no such file; to make a new store, say --create", fs.ErrNotExist})
	}
	if d.dryRun {
		return r.doOn(ctx, d, &memstore.Store{}, p, b)
	}
	trial, err := openOffice(d.path, &memstore.Store{}, p)
	if err != nil {
		return err
	}
	defer trial.close(r)
	if _, err := trial.Preview(ctx, b); err != nil {
		return r.notDone(ctx, trial, d, err)
	}
	s, err := boltstore.Open(d.path, boltstore.Options{})
	if err != nil {
		reason := err.Error()
		if inPath := new(fs.PathError); errors.As(err, &inPath) {
			reason = inPath.Err.Error()
		}
		return r.refuse(d.path, &unreadable{d.path, "it cannot be made: " + reason, err})
	}
	defer s.Close()
	return r.doOn(ctx, d, s, p, b)
}

func (r *run) doOn(ctx context.Context, d *doFlags, s store.Store, p *policy.Policy, b engine.Batch) error {
	o, err := openOffice(d.path, s, p)
	if err != nil {
		return err
	}
	defer o.close(r)
	before, err := o.View(ctx, b.Account)
	switch {
	case errors.Is(err, usher.ErrUnknownAccount): // which the commands may make
	case err != nil:
		return r.notDone(ctx, o, d, err)
	default:
		if err := o.noteOtherPolicy(ctx, r, before); err != nil {
			return err
		}
	}
	if d.dryRun {
		preview, err := o.Preview(ctx, b)
		if err != nil {
			return r.notDone(ctx, o, d, err)
		}
		return r.writePreview(d, p, before, preview)
	}
	result, err := o.Submit(ctx, b)
	if err != nil {
		return r.notDone(ctx, o, d, err)
	}
	var seats []account.SeatsPreview
	if after, err := o.View(ctx, b.Account); err == nil { // unless it was deleted
		seats = seatsBetween(before, after)
	}
	return r.writeDone(d, result, seats)
}

// notDone tells why nothing was done.
func (r *run) notDone(ctx context.Context, o *openedStore, d *doFlags, err error) error {
	var (
		refusal *account.Refusal
		unfit   *account.PolicyMismatchError
	)
	switch {
	case errors.As(err, &refusal):
		return r.writeOutcome(d, outcome{kind: outcomeRefused, refusal: refusal, ways: o.ways(ctx, refusal)})
	case errors.As(err, &unfit):
		return r.refuse(d.policy, o.unfit(unfit))
	case errors.Is(err, usher.ErrUnknownAccount):
		return missing(ctx, o.path, o.store, usher.AccountID(d.account))
	case errors.Is(err, store.ErrRefused):
		return r.refuse(d.path, printable.Errorf("the store rejected this commit by a rule of its own; nothing was done, and a retry does not help: %w", err))
	case errors.Is(err, engine.ErrKeyReused):
		return r.refuse(d.path, printable.Errorf("another request was made under the key %q; nothing was done", d.key))
	}
	return err
}
