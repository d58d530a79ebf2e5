package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storearchive"
)

const indexHelp = `Index completes the index of users in a store: which users are in which accounts, as
Engine.AccountsOf lists them. Commits keep the index up to date. It lacks the accounts
that a version without the index wrote to, and those of a copy.

With --user it then prints the accounts of a user, each with the user's role and status
at the last commit. What became due since, such as the end of a role, takes effect under a
policy only: --policy names the policy of the service.

An account is read from its snapshot. If that is damaged, or of another version of usher,
the journal is read from its beginning; --archive has the part that usher shorten moved.

Services may use the store meanwhile.`

const indexExample = `  usher index postgres://localhost/shop
  usher index usher.db --user mia --policy policy.yaml`

func (r *run) indexCommand() *cobra.Command {
	c := command("index STORE [--user USER [--policy POLICY]] [--archive FOLDER]", "Complete the index of users, or list the accounts of a user", indexHelp, indexExample)
	user, rules := "", ""
	c.Flags().StringVar(&user, "user", "", "print the accounts of this `USER`")
	c.Flags().StringVar(&rules, "policy", "", "with --user: after what has become due under this `POLICY`, a file or a preset")
	r.acceptArchive(c, archiveUsage)
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	c.RunE = func(c *cobra.Command, args []string) error {
		q := indexQuery{user: usher.UserID(user), lists: c.Flags().Changed("user")}
		switch {
		case rules == "":
		case !q.lists:
			return wrongUsage("--policy is for the accounts of a user; add --user USER")
		default:
			var err error
			if q.rules, err = r.policy(rules); err != nil {
				return r.refuse(rules, err)
			}
		}
		return r.index(c.Context(), args[0], q)
	}
	return c
}

// indexQuery is whose accounts index lists, if it does.
type indexQuery struct {
	user  usher.UserID
	lists bool
	rules *policy.Policy // nil: as of the last commit
}

type indexJSON struct {
	File     string            `json:"file"`
	Added    int               `json:"added"`             // accounts that the index lacked
	Damaged  []string          `json:"damaged,omitempty"` // accounts that cannot be read
	Accounts []indexedUserJSON `json:"accounts,omitempty"`

	due []string // accounts in which something has become due; empty with a policy, which takes it into account
}

type indexedUserJSON struct {
	Account string `json:"account"`
	Role    string `json:"role"`
	Status  string `json:"status"`
}

func (r *run) index(ctx context.Context, arg string, q indexQuery) error {
	if q.lists {
		if err := store.CheckUser(q.user); err != nil {
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
	out, err := indexed(ctx, s.Store, archive, q)
	if err := errors.Join(err, s.close()); err != nil {
		return r.refuse(arg, &unreadable{arg, err.Error(), err})
	}
	out.File = arg
	if r.json() {
		if err := r.stdout.json(out); err != nil {
			return err
		}
	} else {
		r.writeIndexed(out, q.lists)
	}
	if len(out.due) > 0 {
		r.stderr.line("usher: something has become due since the last commit of %s; --policy POLICY takes it into account", printable.Text(firstN(out.due, "")))
	}
	if len(out.Damaged) > 0 {
		return exitError(exitInvalid)
	}
	return nil
}

// indexed completes the index, and then looks up a user if that is wanted. The archive may be nil.
func indexed(ctx context.Context, s store.Store, archive store.Archive, q indexQuery) (out indexJSON, err error) {
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
	if q.lists {
		err = out.list(ctx, s, index, q)
	}
	return out, err
}

// list adds the accounts of a user.
func (out *indexJSON) list(ctx context.Context, s store.Store, index store.UserIndex, q indexQuery) error {
	now := time.Now()
	for id, err := range index.AccountsOf(ctx, q.user, "") {
		var state *account.State
		if err == nil {
			state, err = lastState(ctx, s, id)
		}
		switch {
		case errors.Is(err, store.ErrErased):
			continue
		case err != nil:
			return err
		}
		if at, scheduled := state.NextDue(); scheduled && !at.After(now) {
			if q.rules == nil {
				out.due = append(out.due, string(id))
			} else {
				state = state.At(q.rules, now)
			}
		}
		if m, is := state.View(nil).User(q.user); is {
			out.Accounts = append(out.Accounts, indexedUserJSON{string(id), string(m.Role), m.Status.String()})
		}
	}
	return nil
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
