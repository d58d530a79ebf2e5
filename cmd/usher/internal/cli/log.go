package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/store"
)

const logHelp = `Log prints the journal of an account in a store, which is its audit log: each commit
with its version, its time, its actor, its changes and its note. Without --account it
lists the accounts, each with its head: the version and the hash of its last commit.

With --output json it prints one commit per line, as stored in the journal.

With --verify it checks the journal of one account or of all accounts, and prints
which are damaged. Each commit must contain the hash of the previous commit. The exit
code is 1 if a journal is damaged.

A store that was replaced by an older copy is not damaged. To detect that, note the
head of an account elsewhere and give it with --head: the journal must contain that
commit, and may contain later ones.`

const logExample = `  usher log usher.db
  usher log usher.db --account acme --by host:billing --since 2026-03-01
  usher log usher.db --account acme --after 17 --output json
  usher log postgres://localhost/shop --verify
  usher log usher.db --verify --account acme --head 17:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`

func (r *run) logCommand() *cobra.Command {
	c := command("log STORE [--account ACCOUNT]", "Print the journal of an account of a store", logHelp, logExample)
	var q logQuery
	flags := c.Flags()
	flags.StringVar(&q.account, "account", "", "the `ACCOUNT`")
	flags.Uint64Var(&q.after, "after", 0, "only commits after this `VERSION`")
	flags.StringVar(&q.by, "by", "", "only commits made by this `USER`, also on behalf of another user, or by host:NAME")
	flags.StringVar(&q.user, "user", "", "only commits that changed this `USER`")
	flags.StringVar(&q.since, "since", "", "only commits at or after this `TIME`: 2026-03-01, or 2026-03-01T15:04:05Z")
	flags.BoolVar(&q.verify, "verify", false, "check the journals, and print which are damaged")
	flags.StringVar(&q.head, "head", "", "with --verify: the `VERSION:HASH` of a commit that the journal must contain")
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	r.acceptArchive(c, archiveUsage)
	r.completeLog(c, &q)
	c.RunE = func(c *cobra.Command, args []string) error { return r.log(c.Context(), args[0], q) }
	r.acceptStoreFlag(c)
	return c
}

// logQuery contains the flags of log.
type logQuery struct {
	account, by, user, since string
	after                    uint64
	verify                   bool
	head                     string

	from  time.Time    // the parsed since
	noted account.Head // the parsed head; zero for none
}

// filterFlag returns a given flag that selects commits, "" if there is none.
func (q *logQuery) filterFlag() string {
	switch {
	case q.after != 0:
		return "--after"
	case q.by != "":
		return "--by"
	case q.user != "":
		return "--user"
	case q.since != "":
		return "--since"
	}
	return ""
}

func (r *run) log(ctx context.Context, path string, q logQuery) error {
	switch flag := q.filterFlag(); {
	case flag != "" && q.verify:
		return wrongUsage("%s and --verify are mutually exclusive: a journal is checked as a whole", flag)
	case flag != "" && q.account == "":
		return wrongUsage("%s needs an account: --account ACCOUNT; usher log %s lists the accounts", flag, printable.Text(path))
	}
	switch {
	case q.head == "":
	case !q.verify:
		return wrongUsage("--head needs --verify")
	case q.account == "":
		return wrongUsage("--head needs an account: --account ACCOUNT")
	default:
		var err error
		if q.noted, err = account.ParseHead(q.head); err != nil {
			return wrongUsage("--%v", err)
		}
	}
	if q.since != "" {
		var err error
		if q.from, err = testfile.ParseTime(q.since); err != nil {
			return wrongUsage("--since: %v", err)
		}
	}
	s, err := r.openStore(ctx, path, reads)
	if err != nil {
		return r.refuseStore(path, err)
	}
	defer s.close()
	switch id := usher.AccountID(q.account); {
	case q.verify:
		return r.verify(ctx, path, s.Store, id, q.noted)
	case id == "":
		return r.logAccounts(ctx, path, s.Store)
	default:
		return r.logJournal(ctx, path, s.Store, id, q)
	}
}

func (r *run) logJournal(ctx context.Context, path string, s store.Store, id usher.AccountID, q logQuery) error {
	shown := 0
	for stored, err := range s.Commits(ctx, id, q.after) {
		if errors.Is(err, store.ErrErased) {
			return missingAccount(ctx, path, s, id)
		}
		if err != nil {
			return err
		}
		c, err := account.DecodeCommit(stored.Data)
		if err != nil {
			return err
		}
		matches, err := q.matches(ctx, s, c)
		if err != nil {
			return err
		}
		if !matches {
			continue
		}
		shown++
		if r.json() {
			r.stdout.line("%s", printable.JSON(stored.Data))
		} else {
			r.writeCommit(c)
		}
	}
	if shown > 0 {
		return nil
	}
	for _, err := range s.Commits(ctx, id, 0) {
		if err == nil || errors.Is(err, store.ErrShortened) {
			r.stderr.line("usher: %s has no such commits", printable.Text(string(id)))
			return nil
		}
		return err
	}
	return missingAccount(ctx, path, s, id)
}

// matches reports whether the flags select a commit.
func (q *logQuery) matches(ctx context.Context, s store.Store, c *account.Commit) (bool, error) {
	if q.by != "" && q.by != actorText(c.Actor) && q.by != string(c.Actor.OnBehalf()) || c.Time.Before(q.from) {
		return false, nil
	}
	user := usher.UserID(q.user)
	if user == "" || slices.Contains(account.UsersOf(c.Changes...), user) {
		return true, nil
	}
	if !slices.ContainsFunc(c.Changes, func(change account.Change) bool { _, ok := change.(account.RoleReplaced); return ok }) {
		return false, nil
	}
	before, err := stateBefore(ctx, s, c)
	if err != nil {
		return false, err
	}
	return slices.Contains(before.UsersOf(c.Changes...), user), nil
}

// stateBefore returns the account before a commit. It reads the journal from its beginning.
func stateBefore(ctx context.Context, s store.Store, c *account.Commit) (*account.State, error) {
	reached := errors.New("reached")
	state, err := replay(ctx, s, account.New(c.Account), func(_ *account.Commit, state *account.State) error {
		if state.Version() < c.Version-1 {
			return nil
		}
		return reached
	})
	if errors.Is(err, reached) {
		err = nil
	}
	return state, err
}

// actorText returns the id of a user, or host:NAME.
func actorText(a account.Actor) string {
	if a.Host() != "" {
		return "host:" + a.Host()
	}
	return string(a.User())
}

// authorText returns actorText, with the user who acted on behalf of the actor.
func authorText(a account.Actor) string {
	if by := a.OnBehalf(); by != "" {
		return printable.Text(actorText(a)) + ", by " + printable.Text(string(by))
	}
	return printable.Text(actorText(a))
}

func (r *run) writeCommit(c *account.Commit) {
	s := r.stdout
	s.line("%s  %s  %s", s.paint(bold, "version "+strconv.FormatUint(c.Version, 10)), timeText(c.Time), authorText(c.Actor))
	for _, change := range c.Changes {
		s.line("  %s", account.DescribeChange(change))
	}
	if c.Note != "" {
		s.line("  note: %s", printable.Text(c.Note))
	}
}

// timeText returns a time in UTC, without fractions of a second.
func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }
