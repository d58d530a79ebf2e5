package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/peers/byhand"
	"github.com/usher-go/usher/benchmarks/world"
)

// TestMain lets the test binary run as a child process, as main does.
func TestMain(m *testing.M) {
	if spec, ok := os.LookupEnv(childVariable); ok {
		os.Exit(child(spec))
	}
	os.Exit(m.Run())
}

func loaded(t *testing.T, p peer.Peer, w *world.World) peer.Peer {
	t.Helper()
	if p, ok := p.(peer.Preparer); ok {
		require.NoError(t, p.Prepare(w))
	}
	require.NoError(t, p.Load(w))
	return p
}

func TestEverybodyAgreesWithTheReference(t *testing.T) {
	w, err := world.New(100, 2)
	require.NoError(t, err)
	for _, e := range entries[1:] {
		t.Run(e.Name, func(t *testing.T) {
			questions := 20_000
			if e.Name == "openfga" {
				questions = 2_000
			}
			list := w.Questions(questions)
			reference, p := loaded(t, new(byhand.Peer), w), loaded(t, e.make(), w)
			same := func(list []world.Question) {
				t.Helper()
				for i := range list {
					q := &list[i]
					want, _ := reference.Ask(q)
					got, err := p.Ask(q)
					require.NoError(t, err)
					require.Equal(t, want, got, "Ask(%+v) on %+v %+v", q, q.Calendar, q.Entry)
				}
			}
			same(list)
			for i := range list[:1000] {
				q := &list[i]
				if q.Calendar == nil {
					continue
				}
				want, _ := reference.Actions(q.User, q.Calendar)
				got, err := p.Actions(q.User, q.Calendar)
				require.NoError(t, err)
				require.Equal(t, want, got, "Actions(%s, %+v)", q.User, q.Calendar)
			}
			for _, page := range w.Pages(40) {
				want, _ := reference.Editable(page.User, page.Calendars)
				got, err := p.Editable(page.User, page.Calendars)
				require.NoError(t, err)
				require.ElementsMatch(t, want, got, "Editable(%s)", page.User)
			}

			// One after the other, members become administrators, and members again.
			for _, role := range []string{world.Admin, world.Member} {
				for _, user := range []string{"user-0000002", "user-0000022", "user-0000042"} {
					require.NoError(t, reference.SetRole(user, role))
					require.NoError(t, p.SetRole(user, role))
					same(list[:500])
				}
			}

			require.Error(t, p.SetRole("stranger", world.Admin))
			theirs := &world.Calendar{ID: "calendar-x", Account: w.Account, Hosts: []string{"stranger"}}
			for _, k := range []world.Kind{world.CalendarView, world.CalendarEdit} {
				got, err := p.Ask(&world.Question{Account: w.Account, User: "stranger", Permission: k.String(), Kind: k, Calendar: theirs})
				require.NoError(t, err)
				require.False(t, got, "an unknown user must be denied")
			}
		})
	}
}

func TestUsherAllocatesNothing(t *testing.T) {
	w, err := world.New(1000, 1)
	require.NoError(t, err)
	e, ok := find("usher")
	require.True(t, ok)
	p, list := loaded(t, e.make(), w), w.Questions(10_000)
	i := 0
	require.Zero(t, testing.AllocsPerRun(len(list), func() {
		if _, err := p.Ask(&list[i%len(list)]); err != nil {
			t.Error(err)
		}
		i++
	}))
}
