package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store/storecopy"
)

const copyHelp = `Copy copies all accounts from one store to another, of the same or of another kind:
commits, snapshots, records, last-active times, and the marks of erased accounts. Then
it compares both stores byte by byte, and checks the hash chain of each journal in the
copy. It prints every account that differs or is damaged; the exit code is then 1.

A copy that was stopped is continued by the same command. It adds what is missing, and
never changes a commit. An account that was erased in FROM is erased in TO, unless TO
has accounts of another origin.

FROM may be in use, except for a bolt file. Each account in TO is then as it was after
one of its commits, and copy names the accounts that changed meanwhile. To move a
service: copy while it runs, stop it, copy again, and start it on TO. No service may
use TO before that.

A bolt file that does not exist is created; usher migrate creates the tables in a
database.`

const copyExample = `  usher copy usher.db postgres://localhost/shop
  usher copy postgres://localhost/shop sqlite:usher.db`

func (r *run) copyCommand() *cobra.Command {
	c := command("copy FROM TO", "Copy all accounts from one store to another", copyHelp, copyExample)
	r.acceptArchive(c, archiveUsage+" in FROM")
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) != 2 {
			return wrongUsage("copy needs two stores: %s", c.UseLine())
		}
		return files(c, args)
	}
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
	c.RunE = func(c *cobra.Command, args []string) error { return r.copyStore(c.Context(), args[0], args[1]) }
	return c
}

type copiedJSON struct {
	From     string       `json:"from"`
	To       string       `json:"to"`
	Accounts int          `json:"accounts"` // the equal ones, without the erased ones
	Erased   int          `json:"erased"`
	Commits  uint64       `json:"commits"` // that were added
	Changed  []copiedItem `json:"changed"` // in FROM, while they were copied
	Differ   []copiedItem `json:"differ"`
}

type copiedItem struct {
	Account string `json:"account"`
	Version uint64 `json:"version"` // of the copy
	Problem string `json:"problem,omitempty"`
}

func (r *run) copyStore(ctx context.Context, from, to string) error {
	source, target, err := r.openBoth(ctx, from, to)
	if err != nil {
		return err
	}
	defer source.close()
	out := copiedJSON{From: from, To: to, Changed: []copiedItem{}, Differ: []copiedItem{}}
	err = r.copyAccounts(ctx, source, target, &out)
	if err := errors.Join(err, target.close()); err != nil {
		r.stderr.line("usher: the copy is not complete; the same command continues it")
		return err
	}
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	} else {
		r.writeCopied(out)
	}
	if len(out.Differ) > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// openBoth opens the two stores. It has printed the error, or returns one that is to be printed.
func (r *run) openBoth(ctx context.Context, from, to string) (source, target *handle, err error) {
	a, err := parseStore(r.original(from))
	if err != nil {
		return nil, nil, err
	}
	b, err := parseStore(r.original(to))
	switch {
	case err != nil:
		return nil, nil, err
	case a == b:
		return nil, nil, wrongUsage("copy needs two different stores, not %s twice", printable.Text(from))
	}
	if source, err = r.openStore(ctx, from, reads); err != nil {
		return nil, nil, r.refuseStore(from, err)
	}
	if target, err = r.openStore(ctx, to, creates); err != nil {
		return nil, nil, errors.Join(r.refuseStore(to, err), source.close())
	}
	return source, target, nil
}

// progressEvery is the time between two lines about the progress.
const progressEvery = 5 * time.Second

func (r *run) copyAccounts(ctx context.Context, source, target *handle, out *copiedJSON) error {
	next := time.Now().Add(progressEvery)
	for a, err := range storecopy.Copy(ctx, source.Store, target.Store) {
		if err != nil {
			return err
		}
		out.Commits += a.Commits
		item := copiedItem{Account: string(a.ID), Version: a.Version}
		if a.Problem == nil && !a.Erased {
			if v := verifyAccount(ctx, target.Store, a.ID, account.Head{}); v.Problem != "" {
				a.Problem = printable.Errorf("the copy is equal, and damaged: %s", v.Problem)
			}
		}
		switch {
		case a.Problem != nil:
			item.Problem = a.Problem.Error()
			out.Differ = append(out.Differ, item)
		case a.Erased:
			out.Erased++
		default:
			out.Accounts++
			if a.Changed {
				out.Changed = append(out.Changed, item)
			}
		}
		if now := time.Now(); now.After(next) {
			next = now.Add(progressEvery)
			r.stderr.line("usher: %s so far, %s added", count(out.Accounts+out.Erased+len(out.Differ), "account"), count(int(out.Commits), "commit"))
		}
	}
	return nil
}

func (r *run) writeCopied(out copiedJSON) {
	for _, d := range out.Differ {
		r.stdout.line("%s %s %s", r.stdout.paint(bold, printable.Text(d.Account)+":"), r.stdout.paint(red, "differs:"), printable.Text(d.Problem))
	}
	for _, c := range out.Changed {
		r.stdout.line("%s changed while it was copied; the copy ends with version %d", r.stdout.paint(bold, printable.Text(c.Account)+":"), c.Version)
	}
	text := fmt.Sprintf("%s equal", count(out.Accounts, "account"))
	if out.Erased > 0 {
		text += fmt.Sprintf(", %d erased", out.Erased)
	}
	text += fmt.Sprintf(", %d different; %s added", len(out.Differ), count(int(out.Commits), "commit"))
	ink := green
	if len(out.Differ) > 0 {
		ink = red
	}
	r.stdout.line("%s", r.stdout.paint(ink, text))
	if len(out.Changed) > 0 {
		r.stderr.line("usher: run the same command again to add the changes")
	}
}
