package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storearchive"
)

const indexHelp = `Index completes the index of users in a store: which users are in which accounts, as
Engine.AccountsOf lists them. Commits keep the index up to date. It lacks the accounts
that a version without the index wrote to, and those of a copy.

With --user it then prints the accounts of a user, each with the user's role and status.

An account is read from its snapshot. If that is damaged, or of another version of usher,
the journal is read from its beginning; --archive has the part that usher shorten moved.

Services may use the store meanwhile.`

const indexExample = `  usher index postgres://localhost/shop
  usher index usher.db --user mia`

func (r *run) indexCommand() *cobra.Command {
	c := command("index STORE [--user USER] [--archive FOLDER]", "Complete the index of users, or list the accounts of a user", indexHelp, indexExample)
	user := ""
	c.Flags().StringVar(&user, "user", "", "print the accounts of this `USER`")
	r.acceptArchive(c, archiveUsage)
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	c.RunE = func(c *cobra.Command, args []string) error {
		return r.index(c.Context(), args[0], usher.UserID(user), c.Flags().Changed("user"))
	}
	return c
}

type indexJSON struct {
	File     string            `json:"file"`
	Added    int               `json:"added"`             // accounts that the index lacked
	Damaged  []string          `json:"damaged,omitempty"` // accounts that cannot be read
	Accounts []indexedUserJSON `json:"accounts,omitempty"`
}

type indexedUserJSON struct {
	Account string `json:"account"`
	Role    string `json:"role"`
	Status  string `json:"status"`
}

func (r *run) index(ctx context.Context, arg string, user usher.UserID, lists bool) error {
	if lists {
		if err := store.CheckUser(user); err != nil {
			return wrongUsage("--user: %v", err)
		}
	}
	archive, err := r.archive()
	if err != nil {
		return err
	}
	s, err := r.openStore(ctx, arg, writes)
	if err != nil {
		return r.refuseStore(arg, err)
	}
	out, err := indexed(ctx, s.Store, archive, user, lists)
	if err := errors.Join(err, s.close()); err != nil {
		return r.refuse(arg, &unreadable{arg, err.Error(), err})
	}
	out.File = arg
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	} else {
		r.writeIndexed(out, lists)
	}
	if len(out.Damaged) > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// indexed completes the index, and then looks up a user if that is wanted. The archive may be nil.
func indexed(ctx context.Context, s store.Store, archive store.Archive, user usher.UserID, lists bool) (out indexJSON, err error) {
	index, ok := s.(store.UserIndex)
	if !ok {
		return out, errors.New("the store has no index of users")
	}
	if archive != nil {
		s = storearchive.Reader(s, archive)
	}
	for id, err := range index.Unindexed(ctx, "") {
		if err != nil {
			return out, err
		}
		state, err := lastState(ctx, s, id)
		switch {
		case errors.Is(err, store.ErrErased):
			err = index.IndexUsers(ctx, id, 1, nil) // it removes what the index has of the account
		case err != nil && ctx.Err() == nil:
			out.Damaged = append(out.Damaged, string(id))
			continue
		case err == nil:
			var users []usher.UserID
			for m := range state.View(nil).AllUsers() {
				users = append(users, m.ID)
			}
			err = index.IndexUsers(ctx, id, state.Version(), users)
			out.Added++
		}
		if err != nil && !errors.Is(err, store.ErrErased) {
			return out, err
		}
	}
	if !lists {
		return out, nil
	}
	for id, err := range index.AccountsOf(ctx, user, "") {
		var state *account.State
		if err == nil {
			state, err = lastState(ctx, s, id)
		}
		switch {
		case errors.Is(err, store.ErrErased):
			continue
		case err != nil:
			return out, err
		}
		if m, is := state.View(nil).User(user); is {
			out.Accounts = append(out.Accounts, indexedUserJSON{string(id), string(m.Role), m.Status.String()})
		}
	}
	return out, nil
}

func (r *run) writeIndexed(out indexJSON, lists bool) {
	for _, id := range out.Damaged {
		r.stdout.line("%s %s cannot be read; see usher log --verify", r.stdout.paint(red, "damaged:"), printable.Word(id))
	}
	if !lists {
		text := "the index of users was complete"
		if out.Added > 0 {
			text = fmt.Sprintf("the index of users lacked %s, and has them now", count(out.Added, "account"))
		}
		r.stdout.line("%s", text)
		return
	}
	for _, a := range out.Accounts {
		r.stdout.line("%s  %s  %s", printable.Word(a.Account), printable.Word(a.Role), a.Status)
	}
	if len(out.Accounts) == 0 {
		r.stdout.line("the user is in no account")
	}
}
