package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
)

const seatsHelp = `Seats prints how many seats of each pool an account bought and held in a period, as its
journal states: the numbers at the end of the period, the greatest numbers in it, and
the seat-days. Without --account it prints all accounts.

The period includes --from and excludes --to, so the seat-days of January and February
add up to those of both. A time without an offset is in UTC, and a day has 24 hours.
The table rounds seat-days to three decimals. --output json writes one line for each
account, with the exact seat-seconds.

A seat is held from the commit that gives it until the commit that takes it, under
every policy; a status that does not count in the pool takes it. The numbers are final
if the account has a commit at --to or later, or is deleted: then no later commit can
change them. Others assume that nothing changes until --to.

What is scheduled counts from its time on. Only a policy states what is possible then,
so what no commit records yet is counted only with --policy, the policy of the service.

With --timeline it prints the numbers over time: a line for each span in which the
numbers of a pool did not change.`

const seatsExample = `  usher seats usher.db --from 2026-03-01 --to 2026-04-01
  usher seats usher.db --account acme --pool booking --from 2026-03-01 --timeline
  usher seats postgres://localhost/shop --from 2026-03-01 --to 2026-04-01 --output json`

func (r *run) seatsCommand() *cobra.Command {
	c := command("seats STORE [--account ACCOUNT] [--from TIME] [--to TIME]", "Print the seats bought and held in a period", seatsHelp, seatsExample)
	var q seatsQuery
	flags := c.Flags()
	flags.StringVar(&q.account, "account", "", "the `ACCOUNT`; default: all")
	flags.StringVar(&q.pool, "pool", "", "only this `POOL`")
	flags.StringVar(&q.policy, "policy", "", "also count what is scheduled and no commit records yet, under this `POLICY`, a file or a preset")
	flags.StringVar(&q.fromFlag, "from", "", "the start of the period, a `TIME`: 2026-03-01, or 2026-03-01T15:04:05Z; default: the first commit")
	flags.StringVar(&q.toFlag, "to", "", "the end of the period, a `TIME`; default: now")
	flags.BoolVar(&q.timeline, "timeline", false, "print the numbers over time")
	r.acceptArchive(c, archiveUsage)
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	_ = c.RegisterFlagCompletionFunc("policy", completePolicies)
	complete(c, "account", r.storeAccounts)
	complete(c, "pool", func(args []string) (names []string) {
		for _, p := range r.stateOf(args, q.account).Seats() {
			names = append(names, string(p.Pool))
		}
		return names
	})
	c.RunE = func(c *cobra.Command, args []string) error { return r.seats(c.Context(), args[0], q) }
	r.acceptStoreFlag(c)
	return c
}

// seatsQuery contains the flags of seats.
type seatsQuery struct {
	account, pool    string
	policy           string
	fromFlag, toFlag string
	timeline         bool

	from, to time.Time // the parsed flags
}

// parse parses the flags of the period.
func (q *seatsQuery) parse() (err error) {
	if q.fromFlag != "" {
		if q.from, err = testfile.ParseTime(q.fromFlag); err != nil {
			return wrongUsage("--from: %v", err)
		}
	}
	q.to = time.Now().UTC()
	if q.toFlag != "" {
		if q.to, err = testfile.ParseTime(q.toFlag); err != nil {
			return wrongUsage("--to: %v", err)
		}
	}
	switch {
	case q.from.Before(q.to):
		return nil
	case q.toFlag == "":
		return wrongUsage("--from %s is not in the past, and the period ends now; --to TIME sets another end", printable.Text(q.fromFlag))
	}
	return wrongUsage("--from %s is not before --to %s; the period includes --from and excludes --to", printable.Text(q.fromFlag), printable.Text(q.toFlag))
}

func (r *run) seats(ctx context.Context, path string, q seatsQuery) error {
	if err := q.parse(); err != nil {
		return err
	}
	var rules *policy.Policy
	if q.policy != "" {
		var err error
		if rules, err = r.policy(q.policy); err != nil {
			return r.refuse(q.policy, err)
		}
	}
	s, err := r.openStore(ctx, path, reads)
	if err != nil {
		return r.refuseStore(path, err)
	}
	defer s.close()
	p := &seatsPrinter{run: r, path: path, store: s.Store, rules: rules, query: q}
	if id := usher.AccountID(q.account); id != "" {
		err = p.account(ctx, id)
	} else {
		err = p.all(ctx)
	}
	if err != nil {
		return err
	}
	return p.end()
}

// seatsPrinter prints the seats of accounts.
type seatsPrinter struct {
	*run
	path  string
	store store.Store
	rules *policy.Policy // of --policy; nil without it
	query seatsQuery

	rows  [][]cell // of the table
	empty bool     // the store has no accounts
	shown bool     // a line was printed
	pools []string // all pools of the accounts, for a suggestion
	due   []string // accounts with something that is due and is not counted, because there is no policy
	code  int
}

func (p *seatsPrinter) all(ctx context.Context) error {
	p.empty = true
	for id, err := range p.store.Accounts(ctx, "") {
		if err != nil {
			return err
		}
		p.empty = false
		if err := p.account(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// errSeatsDone ends the replay of a journal at the end of the period.
var errSeatsDone = errors.New("the ledger is done")

// account reads the journal of an account, and prints its seats. It reports a damaged journal. If all
// accounts are printed, it also reports a journal that the store cannot read. It returns other errors.
func (p *seatsPrinter) account(ctx context.Context, id usher.AccountID) error {
	l, err := account.NewSeatLedger(p.query.from, p.query.to)
	if err != nil {
		return wrongUsage("%v", err)
	}
	state, err := p.replay(ctx, id, l)
	switch {
	case errors.Is(err, errSeatsDone):
	case errors.Is(err, store.ErrErased) && p.query.account == "":
		return nil // erased since it was listed
	case errors.Is(err, store.ErrErased), err == nil && state.Version() == 0:
		return missingAccount(ctx, p.path, p.store, id)
	case err != nil && (p.query.account == "" || errors.As(err, new(*account.CorruptError)) || errors.As(err, new(lostCommits))):
		p.code, p.shown = exitInvalid, true
		if p.json() {
			p.writeLine(ledgerJSON{Account: string(id), From: p.query.from, To: p.query.to, Pools: []poolUseJSON{}, Problem: err.Error()})
			return nil
		}
		p.stderr.problem(problem{File: p.path, Severity: severityError, Message: printable.Sprintf("the journal of %s cannot be read: %v", id, err)})
		return nil
	case err != nil:
		return err
	}
	if at, ok := state.NextDue(); ok && at.Before(p.query.to) && !l.Done() {
		if p.rules == nil {
			p.due = append(p.due, string(id))
		} else if err := p.noteDue(id, l, state); err != nil {
			return err
		}
	}
	p.timeline(id, l.LastSpans())
	p.report(l)
	return nil
}

// noteDue adds to a ledger what is due up to the end of the period and no commit records yet.
func (p *seatsPrinter) noteDue(id usher.AccountID, l *account.SeatLedger, s *account.State) error {
	spans, err := l.NoteDue(s.At(p.rules, p.query.to.Add(-1)))
	p.timeline(id, spans)
	return err
}

// lostCommits is the error of a journal that is shorter than its snapshot.
type lostCommits struct{ error }

// replay reads the journal of an account into a ledger, and prints the spans that end. It returns the
// last state.
func (p *seatsPrinter) replay(ctx context.Context, id usher.AccountID, l *account.SeatLedger) (*account.State, error) {
	state := account.New(id)
	snapshot, err := p.store.Snapshot(ctx, id)
	if err != nil {
		return state, err
	}
	if snapshot.Version != 0 {
		switch last, err := headAt(ctx, p.store, id, snapshot.Version); {
		case err != nil:
			return state, err
		case last == account.Head{}:
			return state, lostCommits{errNewerSnapshot(snapshot.Version)}
		}
	}
	return replay(ctx, p.store, state, func(c *account.Commit, s *account.State) error {
		spans, err := l.NoteCommit(c, s)
		p.timeline(id, spans)
		if err == nil && l.Done() {
			err = errSeatsDone
		}
		return err
	})
}

// report prints the report of a ledger, unless the timeline is printed.
func (p *seatsPrinter) report(l *account.SeatLedger) {
	known := texts(l.Pools())
	p.pools = append(p.pools, slices.DeleteFunc(known, func(name string) bool { return slices.Contains(p.pools, name) })...)
	if p.query.timeline {
		return
	}
	report := l.Report()
	if p.query.pool != "" {
		name := seat.PoolName(p.query.pool)
		if !slices.Contains(l.Pools(), name) {
			return
		}
		at := slices.IndexFunc(report.Pools, func(u account.SeatUse) bool { return u.Pool == name })
		if at < 0 {
			report.Pools = []account.SeatUse{{Pool: name}} // none in the period
		} else {
			report.Pools = report.Pools[at : at+1]
		}
	}
	if p.json() {
		p.shown = true
		p.writeLine(ledgerOf(report))
		return
	}
	p.addRows(report)
}

// end prints the table, and what is missing.
func (p *seatsPrinter) end() error {
	if pool := p.query.pool; pool != "" && p.code == exitFine && !p.empty && !slices.Contains(p.pools, pool) {
		hint := suggest.DidYouMean(pool, p.pools)
		if hint == "" {
			hint = "; the pools are " + firstN(p.pools, "none")
		}
		who, ever := "no account in "+p.path, "ever"
		if p.query.account != "" {
			who, ever = p.query.account, "never"
		}
		return wrongUsage("%s %s had a seat in a pool %q before the end of the period%s", printable.Text(who), ever, pool, printable.Text(hint))
	}
	if len(p.rows) > 0 {
		t := table{head: seatsHead, rows: p.rows}
		t.write(p.stdout, "", wide)
	}
	switch {
	case p.empty:
		p.stderr.line("usher: %s has no accounts", printable.Text(p.path))
	case !p.shown && len(p.rows) == 0:
		p.stderr.line("usher: no seats were bought or held in this period")
	}
	if len(p.due) > 0 {
		p.stderr.line("usher: not counted is what is scheduled before --to and no commit records yet, in %s; --policy POLICY counts it", printable.Text(firstN(p.due, "")))
	}
	return exitWith(p.code)
}
