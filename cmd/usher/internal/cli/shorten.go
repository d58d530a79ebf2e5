package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
)

const shortenHelp = `Shorten moves the first commits of journals from a store to files in a folder: those
before the last snapshot that the service has stored. It verifies the commits and the
snapshot, writes them and a second copy of the snapshot to the folder, reads them
again, and only then deletes the commits in the store. A run that was stopped is
repeated by the same command.

Afterwards log, seats, export, copy, explain, do and index need --archive FOLDER where they
read these commits, and a service needs the folder as Options.Archive of its engine.
Keep the folder as safe as the store: it has the only copy of the commits. Without
--account, all accounts are shortened; one without a snapshot stays as it is. Services
may use a store in a database meanwhile, if their version of usher can shorten too.`

const shortenExample = `  usher shorten postgres://localhost/shop --archive /var/lib/usher-archive
  usher log postgres://localhost/shop --archive /var/lib/usher-archive --verify`

func (r *run) shortenCommand() *cobra.Command {
	c := command("shorten STORE --archive FOLDER [--account ACCOUNT]", "Move the first commits of journals to an archive", shortenHelp, shortenExample)
	id := ""
	c.Flags().StringVar(&id, "account", "", "the `ACCOUNT`; default: all")
	r.acceptArchive(c, "the `FOLDER` for the commits, which is created if it does not exist")
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	complete(c, "account", r.storeAccounts)
	c.RunE = func(c *cobra.Command, args []string) error {
		return r.shorten(c.Context(), args[0], usher.AccountID(id))
	}
	r.acceptStoreFlag(c)
	return c
}

type shortenedJSON struct {
	File     string          `json:"file"`
	Accounts []shortenedItem `json:"accounts"`
}

// shortenedItem is the result for one account.
type shortenedItem struct {
	Account string `json:"account"`
	UpTo    uint64 `json:"upTo"`              // the version of the last commit that is only in the archive; 0 for none
	Problem string `json:"problem,omitempty"` // why nothing was moved
}

func (r *run) shorten(ctx context.Context, path string, id usher.AccountID) error {
	if r.archiveFlag == "" {
		return wrongUsage("shorten needs a folder for the commits: --archive FOLDER")
	}
	s, err := r.openStore(ctx, path, writes)
	if err != nil {
		return r.refuseStore(path, err)
	}
	out := shortenedJSON{File: path, Accounts: []shortenedItem{}}
	err = r.shortenAccounts(ctx, path, s.Store, id, &out)
	if err := errors.Join(err, s.close()); err != nil {
		return err
	}
	problems := 0
	for _, a := range out.Accounts {
		if a.Problem != "" {
			problems++
		}
		if !r.json() {
			r.writeShortened(path, a)
		}
	}
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	}
	if problems > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

func (r *run) shortenAccounts(ctx context.Context, path string, s store.Store, id usher.AccountID, out *shortenedJSON) error {
	a, err := filearchive.Open(r.archiveFlag)
	if err != nil {
		return wrongUsage("--archive: %v", err)
	}
	anyPolicy, err := preset.Load("oncehub") // Shorten decides nothing
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Policy: anyPolicy, Store: s, Archive: a})
	if err != nil {
		return err
	}
	defer e.Close()
	add := func(id usher.AccountID, upTo uint64, err error) {
		item := shortenedItem{Account: string(id), UpTo: upTo}
		if err != nil {
			item.Problem = err.Error()
		}
		out.Accounts = append(out.Accounts, item)
	}
	if id != "" {
		upTo, err := e.Shorten(ctx, id)
		if errors.Is(err, usher.ErrUnknownAccount) {
			return missingAccount(ctx, path, s, id)
		}
		add(id, upTo, err)
		return nil
	}
	for id, err := range s.Accounts(ctx, "") {
		if err != nil {
			return err
		}
		upTo, err := e.Shorten(ctx, id)
		if errors.Is(err, usher.ErrUnknownAccount) {
			continue // erased since it was listed
		}
		add(id, upTo, err)
	}
	return ctx.Err()
}

func (r *run) writeShortened(path string, a shortenedItem) {
	id := r.stdout.paint(bold, printable.Text(a.Account)+":")
	switch {
	case a.Problem != "":
		r.stderr.problem(problem{File: path, Severity: severityError, Message: a.Problem})
	case a.UpTo == 0:
		r.stdout.line("%s all commits stay; the store has no snapshot of a later version yet", id)
	default:
		r.stdout.line("%s commits 1 to %d are in the archive", id, a.UpTo)
	}
}
