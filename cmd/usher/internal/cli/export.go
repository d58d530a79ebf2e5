package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store/storefeed"
)

const exportHelp = `Export writes the journals of all accounts as JSON, one commit per line, for a SIEM or
a data warehouse. The lines are those of usher log --output json: account, version,
time, actor, changes and note, as account/FORMAT.md describes. The lines of an account
are in the order of their versions.

With --after it goes on after an earlier export: FILE has the lines of that export, or
the cursor that --next wrote. It may be given several times; - is standard input. A
last line without a line break, of an export that was stopped, is ignored, and comes
again. New accounts are in the next export. So every commit is exported at least once;
a line that comes twice has the same account and version.

With --next it writes a cursor to FILE when the export is complete: a line for each
account, {"account":"acme","version":17,"hash":"..."}. Use it only once the lines are
stored elsewhere. Begin with an empty cursor:
  usher export STORE --after cursor --next next >lines && load lines && mv next cursor

An account that was erased after it was exported has a line {"account":"acme",
"erased":true}: delete its data elsewhere too. A journal that is damaged, or is not the
one that was exported before, is reported; the others are exported, and the exit code
is 1. Values of custom fields are not in the journal, and so not in the export; ids and
notes are.`

const exportExample = `  usher export usher.db >export.jsonl
  usher export postgres://localhost/shop --after export.jsonl >more.jsonl
  usher export postgres://localhost/shop --after cursor --next next >lines`

func (r *run) exportCommand() *cobra.Command {
	c := command("export STORE [--after FILE]... [--next FILE]", "Write the journals of all accounts as lines of JSON", exportHelp, exportExample)
	var after []string
	var next string
	c.Flags().StringArrayVar(&after, "after", nil, "a `FILE` with the lines of an earlier export, or with a cursor; - is standard input")
	c.Flags().StringVar(&next, "next", "", "write a cursor to this `FILE` at the end")
	r.acceptArchive(c, archiveUsage)
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	c.RunE = func(c *cobra.Command, args []string) error { return r.export(c.Context(), args[0], after, next) }
	r.acceptStoreFlag(c)
	return c
}

func (r *run) export(ctx context.Context, path string, after []string, next string) error {
	if next != "" && slices.Contains(after, next) {
		return wrongUsage("--after and --next name the same file %s; replace the cursor once the lines are stored", printable.Text(next))
	}
	cursor, err := r.readCursors(after)
	if err != nil {
		return err
	}
	s, err := r.openStore(ctx, path, reads)
	if err != nil {
		return r.refuseStore(path, err)
	}
	defer s.close()
	commits, erased, problems := 0, 0, 0
	for e, err := range storefeed.Read(ctx, s.Store, cursor) {
		switch {
		case err != nil:
			return err
		case e.Problem != nil:
			problems++
			r.stderr.problem(problem{File: path, Severity: severityError, Message: printable.Sprintf("%s cannot be exported: %v", e.Account, e.Problem)})
			continue
		case e.Erased:
			erased++
		default:
			commits++
		}
		r.stdout.line("%s", e.Line())
		if r.stdout.err != nil {
			return nil // Run reports it
		}
		cursor.Note(e)
	}
	if next != "" {
		if err := writeCursor(next, cursor); err != nil {
			return err
		}
	}
	text := count(commits, "commit") + " exported"
	if erased > 0 {
		text += ", and the erasure of " + count(erased, "account")
	}
	if problems > 0 {
		text += "; " + count(problems, "account") + " cannot be exported"
	}
	r.stderr.line("usher: %s", text)
	if problems > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// readCursors reads the files of --after into one cursor.
func (r *run) readCursors(files []string) (storefeed.Cursor, error) {
	all := storefeed.Cursor{}
	for _, name := range files {
		c, err := r.readCursor(name)
		if errors.Is(err, storefeed.ErrTorn) {
			r.stderr.line("usher: %s: %v", printable.Text(name), err)
			err = nil
		}
		if err == nil {
			err = all.Add(c)
		}
		if err != nil {
			return nil, wrongUsage("--after %s: %v", printable.Text(name), printable.Text(err.Error()))
		}
	}
	return all, nil
}

func (r *run) readCursor(name string) (storefeed.Cursor, error) {
	if name == "-" {
		if r.stdinTaken {
			return nil, errors.New("standard input can be read only once")
		}
		r.stdinTaken = true
		return storefeed.ReadCursor(r.stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	return storefeed.ReadCursor(f)
}

// writeCursor writes a cursor to a file. It replaces the file as a whole, or not at all.
func writeCursor(name string, c storefeed.Cursor) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err == nil {
		err = c.Write(f)
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Rename(f.Name(), name)
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}
	if err != nil {
		return wrongUsage("--next %s cannot be written: %v; the export itself is complete", printable.Text(name), printable.Text(withoutPath(err).Error()))
	}
	return nil
}

// withoutPath returns the reason in an error about a file.
func withoutPath(err error) error {
	path, link := new(os.PathError), new(os.LinkError)
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
