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
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

const doHelp = `Do runs commands on an account of a store. All commands become one commit of the
journal, or none is done. The actor is a user, who needs the permissions that the
policy requires, or the host, which needs none. Neither can break the rules of an
account: it has exactly one owner, and users cannot hold more seats than were bought.

Separate two commands by the word "and". A --file lists commands as test files do:
- {do: add-user, user: mia}

A command that names a resource has the resource's facts beside it: on.host=mia.
Approve and cancel name none, so --resource states the facts of a resource that the
request or the scheduled change is about.

Services may use a store in a database at the same time. Only one process at a time
can open a bolt file, so a file that a running service uses cannot be changed here.
If a command is refused, nothing changes, and the exit code is 1.

The commands with their arguments; those in [brackets] are optional:
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
	flags.StringVar(&d.policy, "policy", "", "the `POLICY` of the service, a file or a preset")
	flags.StringVar(&d.as, "as", "", "the `USER` who is the actor")
	flags.StringVar(&d.by, "by", "", "the `USER` who acts on behalf of --as; both need the permissions")
	flags.StringVar(&d.host, "host", "", "the `NAME` of the part of the host that is the actor: billing, scim")
	flags.StringArrayVar(&d.with, "with", nil, "a `FACT` of the request: mfa=true; may be repeated")
	flags.StringArrayVar(&d.resource, "resource", nil, "a `RESOURCE` with its facts, for approve and cancel: '{type: calendar, id: c1, host: mia}'; may be repeated")
	flags.StringVar(&d.file, "file", "", "a `FILE` that lists the commands")
	flags.StringVar(&d.note, "note", "", "a `TEXT` for the journal with the reason; it must not contain personal data")
	flags.StringVar(&d.key, "key", "", "an idempotency key, any `TEXT`: a request repeated with the same key is not done twice")
	flags.StringVar(&d.at, "at", "", "the `TIME` of the request, not in the future (default: now)")
	flags.BoolVar(&d.dryRun, "dry-run", false, "show the result, and change nothing")
	flags.BoolVar(&d.create, "create", false, "create a bolt file if there is none; usher migrate creates the tables in a database")
	r.acceptArchive(c, archiveUsage)
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
	r.acceptStoreFlag(c)
	return c
}

// doFlags contains the flags and the arguments of do.
type doFlags struct {
	path, account, policy string
	as, by, host          string
	words, with, resource []string
	file, note, key, at   string
	dryRun, create        bool

	resources []testfile.Resource // of --resource, and those that the commands name
	places    map[usher.Ref]place // of the resources
}

func (r *run) do(ctx context.Context, d *doFlags) error {
	if err := d.complete(); err != nil {
		return err
	}
	commands, resources, err := r.commandsAndResources(d)
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
	d.resources = resources
	n, err := parseStore(r.original(d.path))
	if err != nil {
		return err
	}
	if _, err := os.Stat(n.place); n.kind == boltKind && errors.Is(err, fs.ErrNotExist) {
		return r.doOnNew(ctx, d, p, b)
	}
	a := writes
	if d.dryRun {
		a = reads
	}
	return r.doIn(ctx, d, a, p, b)
}

// doOnNew runs do for a store file that does not exist. It creates the store only if a preview of
// the first commit succeeds.
func (r *run) doOnNew(ctx context.Context, d *doFlags, p *policy.Policy, b engine.Batch) error {
	if !d.create {
		return r.refuse(d.path, &unreadable{d.path, "there is no such file; --create creates a new store", fs.ErrNotExist})
	}
	if d.dryRun {
		return r.doOn(ctx, d, &memstore.Store{}, p, b)
	}
	preview, err := newOpenedStore(d.path, &memstore.Store{}, p, nil, b.Time)
	if err != nil {
		return err
	}
	defer preview.close(r)
	if _, err := preview.Preview(ctx, b); err != nil {
		return r.notDone(ctx, preview, d, err)
	}
	return r.doIn(ctx, d, creates, p, b)
}

// doIn opens the store and runs do.
func (r *run) doIn(ctx context.Context, d *doFlags, a access, p *policy.Policy, b engine.Batch) error {
	s, err := r.openStore(ctx, d.path, a)
	if err != nil {
		return r.refuseStore(d.path, err)
	}
	return errors.Join(r.doOn(ctx, d, s.Store, p, b), s.close())
}

func (r *run) doOn(ctx context.Context, d *doFlags, s store.Store, p *policy.Policy, b engine.Batch) error {
	archive, err := r.archive()
	if err != nil {
		return err
	}
	o, err := newOpenedStore(d.path, s, p, archive, b.Time)
	if err != nil {
		return err
	}
	defer o.close(r)
	before, err := o.View(ctx, b.Account)
	switch {
	case errors.Is(err, usher.ErrUnknownAccount): // the commands may create it
	case err != nil:
		return r.notDone(ctx, o, d, err)
	default:
		if err := o.noteOtherPolicy(ctx, r, before); err != nil {
			return err
		}
	}
	ids := testfile.IDsOf(before.State())
	ids.OnCommandLine = true
	if b.Resources, err = testfile.Resources(p, d.resources, ids); err != nil {
		return r.wrongResources(d, p, ids)
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
	if after, err := o.View(ctx, b.Account); err == nil { // an error if the account was deleted
		seats = changedPools(before, after)
	}
	return r.writeDone(d, result, seats)
}

// notDone writes why nothing was done, and returns the error with which the command ends.
func (r *run) notDone(ctx context.Context, o *openedStore, d *doFlags, err error) error {
	var (
		refusal  *account.Refusal
		mismatch *account.PolicyMismatchError
	)
	switch {
	case errors.As(err, &refusal):
		return r.writeOutcome(d, outcome{kind: outcomeRefused, refusal: refusal, remedies: o.remedies(ctx, refusal)})
	case errors.As(err, &mismatch):
		return r.refuse(d.policy, o.mismatch(mismatch))
	case errors.Is(err, usher.ErrUnknownAccount):
		return missingAccount(ctx, o.path, o.store, usher.AccountID(d.account))
	case errors.Is(err, store.ErrRefused):
		return r.refuse(d.path, printable.Errorf("the store rejected this commit permanently; nothing was done, and a retry does not help: %w", err))
	case errors.Is(err, engine.ErrKeyReused):
		return r.refuse(d.path, printable.Errorf("the idempotency key %q was used for another request; nothing was done", d.key))
	}
	return err
}
