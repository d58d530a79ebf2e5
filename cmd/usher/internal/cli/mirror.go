package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/mirror"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

const mirrorHelp = `Mirror compares the tables of members in a database with the journals, and prints each
difference; the exit code is then 1. The tables are those that a store with the option
Members keeps for joins in SQL.

With --rebuild it first writes the rows of all accounts that the tables lack, and of all
that differ. Use it to add the tables to a store that has accounts already: all services
must then open the store with Members, because it cannot be opened without it any more.

Services may use the store meanwhile.`

const mirrorExample = `  usher mirror postgres://localhost/shop
  usher mirror postgres://localhost/shop --rebuild`

func (r *run) mirrorCommand() *cobra.Command {
	c := command("mirror STORE", "Check or rebuild the tables of members of a store", mirrorHelp, mirrorExample)
	check, rebuild := false, false
	c.Flags().BoolVar(&check, "check", false, "compare the tables with the journals (the default)")
	c.Flags().BoolVar(&rebuild, "rebuild", false, "write what is missing or different, and then compare")
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	c.RunE = func(c *cobra.Command, args []string) error {
		if check && rebuild {
			return wrongUsage("--check and --rebuild are mutually exclusive; --rebuild also compares")
		}
		return r.mirror(c.Context(), args[0], rebuild)
	}
	return c
}

type mirrorJSON struct {
	File        string           `json:"file"`
	Rebuilt     int              `json:"rebuilt"` // accounts that differed
	Differences []differenceJSON `json:"differences"`
}

type differenceJSON struct {
	Account string `json:"account"`
	Text    string `json:"text"`
}

func (r *run) mirror(ctx context.Context, arg string, rebuild bool) error {
	n, err := parseStore(r.original(arg))
	if err != nil {
		return err
	}
	if n.kind == boltKind {
		return wrongUsage("%s: a bolt file has no tables of members (want sqlite:FILE or postgres://USER@HOST/DATABASE)", printable.Text(arg))
	}
	a := writes
	if rebuild {
		a = mirrors
	}
	s, err := r.openStore(ctx, arg, a)
	if err != nil {
		return r.refuseStore(arg, err)
	}
	out, err := mirrored(ctx, s.Store.(store.MembersStore), rebuild)
	switch err := errors.Join(err, s.close()); {
	case errors.Is(err, mirror.ErrNoMembers):
		return r.refuse(arg, &unreadable{arg, "the store does not keep tables of members; usher mirror " + shellWord(arg) + " --rebuild adds them; from then on, services must open the store with Members, or cannot write", err})
	case err != nil:
		return r.refuse(arg, &unreadable{arg, err.Error(), err})
	}
	out.File = arg
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	} else {
		r.writeMirrored(out)
	}
	if len(out.Differences) > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// mirrored compares the tables, after it has rebuilt the rows that are missing or different if that
// is wanted.
func mirrored(ctx context.Context, s store.MembersStore, rebuild bool) (out mirrorJSON, err error) {
	if rebuild {
		// An account that cannot be in the tables stays a difference.
		if err := s.RebuildMembers(ctx); err != nil && !errors.Is(err, store.ErrRefused) {
			return out, err
		}
	}
	if out.Differences, err = differences(ctx, s); err != nil || !rebuild {
		return out, err
	}
	done := map[string]bool{}
	for _, d := range out.Differences {
		if done[d.Account] {
			continue
		}
		done[d.Account] = true
		err := s.RebuildMembers(ctx, usher.AccountID(d.Account))
		switch {
		case err == nil:
			out.Rebuilt++
		case errors.Is(err, store.ErrErased), errors.Is(err, usher.ErrUnknownAccount), errors.Is(err, store.ErrRefused):
		default:
			return out, err
		}
	}
	if out.Rebuilt > 0 {
		out.Differences, err = differences(ctx, s)
	}
	return out, err
}

func differences(ctx context.Context, s store.MembersStore) ([]differenceJSON, error) {
	list := []differenceJSON{}
	for d, err := range s.CheckMembers(ctx) {
		if err != nil {
			return list, err
		}
		list = append(list, differenceJSON{string(d.Account), d.Text})
	}
	return list, nil
}

func (r *run) writeMirrored(out mirrorJSON) {
	for _, d := range out.Differences {
		r.stdout.line("%s %s", r.stdout.paint(red, "differs:"), printable.Text(d.Text))
	}
	text := "the tables of members equal the journals"
	ink := green
	if n := len(out.Differences); n > 0 {
		text, ink = fmt.Sprintf("the tables of members differ from the journals: %s", count(n, "difference")), red
	}
	if out.Rebuilt > 0 {
		text += fmt.Sprintf("; %s had other rows and got new ones", count(out.Rebuilt, "account"))
	}
	r.stdout.line("%s", r.stdout.paint(ink, text))
}
