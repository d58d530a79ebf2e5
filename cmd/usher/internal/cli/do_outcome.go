package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// The outcomes of do.
const (
	outcomeDone      = "done"
	outcomeUnchanged = "unchanged" // the commands change nothing
	outcomeRepeated  = "repeated"  // done before, with the same idempotency key
	outcomePreview   = "preview"
	outcomeRefused   = "refused"
)

// outcome is the result of do.
type outcome struct {
	kind     string
	version  uint64 // of the account after the commit; of a preview, the version it would have
	changes  []account.Change
	commit   *account.Commit
	seats    []account.SeatsPreview   // of the pools that changed
	users    []account.UserPreview    // of a preview
	roles    []account.RolePreview    // of a preview
	rolesOn  []account.RolesOnPreview // of a preview
	later    []account.LaterPreview   // of a preview
	from     time.Time                // of a preview: the first time that later does not consider
	policy   *policy.Policy           // of a preview
	refusal  *account.Refusal
	remedies []usher.Remedy // of a denial
}

// remedies returns what would help against a denial. It returns none for a later command
// of a batch, which was decided on a state that is not stored.
func (o *openedStore) remedies(ctx context.Context, refusal *account.Refusal) []usher.Remedy {
	if refusal.Index > 0 || refusal.Request.Permission.IsZero() {
		return nil
	}
	x, err := o.Explain(ctx, refusal.Request)
	if err != nil {
		return nil // the refusal itself is reported
	}
	return x.Remedies
}

func (r *run) writeDone(d *doFlags, result engine.Result, seats []account.SeatsPreview) error {
	o := outcome{kind: outcomeDone, version: result.Version, commit: result.Commit, seats: seats}
	switch {
	case result.Commit == nil:
		o.kind = outcomeUnchanged
	case result.Repeated:
		o.kind = outcomeRepeated
	}
	if result.Commit != nil {
		o.changes = result.Commit.Changes
	}
	return r.writeOutcome(d, o)
}

func (r *run) writePreview(d *doFlags, p *policy.Policy, before account.View, preview account.Preview) error {
	o := outcome{
		kind: outcomePreview, version: before.Version(), policy: before.State().Policy(p),
		changes: preview.Changes, seats: preview.Seats, users: preview.Users, roles: preview.Roles, rolesOn: preview.RolesOn,
		later: preview.Later, from: preview.LaterFrom,
	}
	if len(o.changes) > 0 {
		o.version++
	}
	return r.writeOutcome(d, o)
}

func (r *run) writeOutcome(d *doFlags, o outcome) error {
	if r.json() {
		if err := r.stdout.json(o.json(d)); err != nil {
			return err
		}
	} else {
		r.writeOutcomeText(d, o)
	}
	if o.kind == outcomeRefused {
		return exitError(exitInvalid)
	}
	return nil
}

func (r *run) writeOutcomeText(d *doFlags, o outcome) {
	id := printable.Text(d.account)
	s := r.stdout
	switch {
	case o.kind == outcomeRefused:
		r.stderr.line("usher: %s", printable.Text(o.refusal.Error()))
		if o.refusal.Of > 1 {
			r.stderr.line("usher: no command was done, because the commands are one commit")
		}
		writeRemedies(r.stderr, o.remedies)
		return
	case o.kind == outcomeUnchanged || o.kind == outcomePreview && len(o.changes) == 0:
		s.line("%s stays at version %d: the commands change nothing", s.paint(bold, id), o.version)
		return
	case o.kind == outcomeRepeated:
		s.line("%s: this was already done in version %d; nothing was done now", s.paint(bold, id), o.version)
	case o.kind == outcomePreview:
		s.line("%s would be at version %d", s.paint(bold, id), o.version)
	case slices.Contains(o.changes, account.Change(account.AccountDeleted{})):
		s.line("%s was deleted in version %d", s.paint(bold, id), o.version)
	default:
		s.line("%s is now at version %d", s.paint(bold, id), o.version)
	}
	for _, c := range o.changes {
		s.line("  %s", account.DescribeChange(c))
	}
	for _, p := range o.seats {
		s.line("seats held in %s: %s (before: %s)", p.Pool, held(p.After), held(p.Before))
	}
	if o.kind == outcomePreview {
		for _, c := range o.roles {
			writeEffects(s, printable.Sprintf("users with the role %s", s.paint(bold, string(c.Role))), c)
		}
		for _, u := range o.users {
			writeGains(s, o.policy, s.paint(bold, printable.Text(string(u.User))), u.Gains, u.Loses)
		}
		for _, h := range o.rolesOn {
			writeGains(s, o.policy, holderText(s, h), h.Gains, h.Loses)
		}
		for _, l := range o.later {
			writeLater(s, o.policy, l)
		}
		if !o.from.IsZero() {
			s.line("what differs from %s on is not shown", timeText(o.from))
		}
		s.line("dry run: nothing was done")
	}
}

// holderText returns a holder of roles on a resource: "max, on the calendar c1,".
func holderText(s *stream, h account.RolesOnPreview) string {
	who := s.paint(bold, printable.Text(string(h.User)))
	if h.Team != "" {
		who = "the users of the team " + s.paint(bold, printable.Text(string(h.Team)))
	}
	return printable.Sprintf("%s, on the %s %s,", who, h.On.Type, h.On.ID)
}

// writeLater writes what differs from a later time on.
func writeLater(s *stream, p *policy.Policy, l account.LaterPreview) {
	from := "from " + timeText(l.At) + " on, "
	for _, c := range l.Seats {
		s.line("%sseats held in %s: %s (without the commands: %s)", from, c.Pool, held(c.After), held(c.Before))
	}
	write := func(who string, gains, loses []policy.Entitlement) {
		if len(gains)+len(loses) == 0 {
			s.line("%s%s would have the same rules as without the commands", from, who)
		}
		writeGains(s, p, from+who, gains, loses)
	}
	for _, u := range l.Users {
		write(s.paint(bold, printable.Text(string(u.User))), u.Gains, u.Loses)
	}
	for _, h := range l.RolesOn {
		write(holderText(s, h), h.Gains, h.Loses)
	}
}

func held(p seat.Pool) string { return fmt.Sprintf("%d of %d", p.Held, p.Total) }

// writeGains writes the entitlements that a user gains and loses.
func writeGains(s *stream, p *policy.Policy, who string, gains, loses []policy.Entitlement) {
	for _, part := range []struct {
		verb string
		list []policy.Entitlement
	}{{"gain", gains}, {"lose", loses}} {
		if len(part.list) > 0 {
			s.line("%s would %s", who, part.verb)
			writeEntitlements(s, p, part.list)
		}
	}
}

// writeEffects writes what the users who hold a role gain and lose by its change.
func writeEffects(s *stream, who string, c account.RolePreview) {
	for _, part := range []struct {
		verb string
		list []account.RoleEffect
	}{{"gain", c.Gains}, {"lose", c.Loses}} {
		if len(part.list) == 0 {
			continue
		}
		s.line("%s would %s", who, part.verb)
		t := table{}
		for _, e := range part.list {
			t.rows = append(t.rows, []cell{{e.Permission.String()}, {entitlementText(e.Entitlement)}, {count(e.Users, "user")}})
		}
		t.write(s, "  ", wide)
	}
}

// changedPools returns the pools that changed, sorted by name.
func changedPools(before, after account.View) []account.SeatsPreview {
	pools := map[seat.PoolName]account.SeatsPreview{}
	for _, s := range before.Seats() {
		pools[s.Pool] = account.SeatsPreview{Pool: s.Pool, Before: seat.Pool{Total: s.Total, Held: s.Held}}
	}
	for _, s := range after.Seats() {
		p := pools[s.Pool]
		p.Pool, p.After = s.Pool, seat.Pool{Total: s.Total, Held: s.Held}
		pools[s.Pool] = p
	}
	list := slices.SortedFunc(maps.Values(pools), func(a, b account.SeatsPreview) int { return cmp.Compare(a.Pool, b.Pool) })
	return slices.DeleteFunc(list, func(p account.SeatsPreview) bool { return p.Before == p.After })
}
