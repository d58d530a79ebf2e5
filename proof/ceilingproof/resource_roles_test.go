package ceilingproof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// TestRolesOnResources compares decisions before and after commands of users that give roles on single
// resources, or change what such roles give, now or later. Whatever a user may do at a time afterwards by a role
// on a resource, and could not at that time without the command, the actor may do then as well: on that resource as it is, or in
// the user's place. An invited user may have accepted by then.
func TestRolesOnResources(t *testing.T) {
	done, refused, gained, denied := 0, 0, 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		for range 30 {
			c := []account.Command{w.command()}
			actor, by := w.actor, w.actor
			switch w.r.IntN(6) {
			case 0:
				c = append(c, w.command(), w.command())
			case 1:
				by = pickOne(w.r, shareUsers...)
			case 2:
				w.request(c[0])
				c[0] = account.Approve{Request: w.requests}
			}
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(actor).By(by), Time: w.now, Context: w.context, Commands: c, Resources: w.resources()})
			switch {
			case err != nil && strings.Contains(err.Error(), account.CodeEscalation.Error()):
				refused++
				continue
			case err != nil:
				denied++
				continue
			case len(o.Changes) == 0:
				continue
			}
			done++
			for _, w.actor = range []usher.UserID{actor, by} {
				for _, hole := range w.holes(o.Next) {
					gained++
					if hole != "" {
						t.Fatalf("%s: %s by %s for %s with %v\nto repeat: -run TestRolesOnResources -worlds 1 -seed %d\n%s", hole, account.Describe(account.Request{Commands: c}), by, actor, w.context, *seedFlag+uint64(n), w.source)
					}
				}
				if by == actor {
					break
				}
			}
			if w.r.IntN(2) == 0 {
				w.state = o.Next
			}
		}
	}
	t.Logf("%d commands done, %d above the ceiling, %d refused for another reason; %d decisions became allowed", done, refused, denied, gained)
	if *worldsFlag >= 100 {
		assert.Greater(t, done, *worldsFlag)
		assert.Greater(t, refused, *worldsFlag)
		assert.Greater(t, gained, *worldsFlag)
	}
}

// TestRolesOnPairs lets two users together send many commands, and compares the end with the beginning: no user may do more
// by roles on resources than one of the two could.
func TestRolesOnPairs(t *testing.T) {
	done, gained := 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		begin, pair := w.state, []usher.UserID{pickOne(w.r, shareUsers...), pickOne(w.r, shareUsers...)}
		var commands []account.Command
		for range 40 {
			c := w.command()
			actor, context := pickOne(w.r, pair...), w.context
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(actor), Time: w.now, Context: context, Commands: []account.Command{c}, Resources: w.resources()})
			if err == nil && len(o.Changes) > 0 {
				w.state, done = o.Next, done+1
				commands = append(commands, c)
			}
		}
		end := w.state
		w.state, w.actor, w.accomplice, w.context = begin, pair[0], pair[1], usher.Context{"mfa": true} // at least once
		for _, hole := range w.holes(end) {
			gained++
			if hole != "" {
				for _, c := range commands {
					t.Log(account.Describe(c))
				}
				t.Fatalf("%s: %s and %s\nto repeat: -run TestRolesOnPairs -worlds 1 -seed %d\n%s", hole, pair[0], pair[1], *seedFlag+uint64(n), w.source)
			}
		}
	}
	t.Logf("%d commands done; %d decisions became allowed", done, gained)
}

// TestRolesOnAttached lets a user who is in the account accept an invitation with roles on resources. The
// user may do no more then by roles on resources than before, or than the person with the invitation alone.
func TestRolesOnAttached(t *testing.T) {
	done, refused, gained := 0, 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		for range 6 {
			if c := w.command(); w.r.IntN(2) == 0 {
				w.host(c)
			}
		}
		alone, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser("kay"), Time: w.now, Commands: []account.Command{account.AcceptInvitation{}}})
		if err != nil {
			continue
		}
		for _, id := range append(shareUsers, "eve") {
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("test"), Time: w.now, Commands: []account.Command{account.AcceptInvitation{Key: "kay", User: id}}})
			if err != nil {
				refused++
				continue
			}
			done++
			with := *w
			with.state, with.actor, with.context = alone.Next, "kay", nil
			for _, hole := range with.holes(o.Next) {
				gained++
				if hole != "" {
					t.Fatalf("%s: %s accepts\nto repeat: -run TestRolesOnAttached -worlds 1 -seed %d\n%s", hole, id, *seedFlag+uint64(n), w.source)
				}
			}
		}
	}
	t.Logf("%d accepted, %d refused; %d decisions became allowed", done, refused, gained)
	if *worldsFlag >= 100 {
		assert.Greater(t, done, *worldsFlag)
		assert.Greater(t, refused, *worldsFlag/10)
		assert.Greater(t, gained, *worldsFlag)
	}
}
