package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/store/memstore"
)

// allows returns every method of an engine that allows max to open the door, at a time or now.
func allows(t *testing.T, w *world, at time.Time) (yes []string) {
	t.Helper()
	note := func(how string, is bool) {
		if is {
			yes = append(yes, how)
		}
	}
	door := usher.Object{Type: "door", ID: "1", Account: "acme"}
	plain := ask("max", openDoor)
	plain.Time = at
	r := plain
	r.Resource = &door
	version := w.Version(t)
	for name, a := range map[string]interface {
		usher.Authorizer
		usher.Explainer
	}{"engine": w.Engine, "at least": w.AtLeast("acme", 1), "at": w.At("acme", version)} {
		d, err := a.Check(ctx, r)
		require.NoError(t, err)
		note(name+": check", d.Allowed())
		x, err := a.Explain(ctx, r)
		require.NoError(t, err)
		note(name+": explain", x.Decision.Allowed())
	}
	actions, err := w.Actions(ctx, r)
	require.NoError(t, err)
	for _, a := range actions {
		note("actions", a.Permission == openDoor && a.Decision.Allowed())
	}
	f, err := w.Filter(ctx, plain)
	require.NoError(t, err)
	matches, err := f.Match(&door)
	require.NoError(t, err)
	note("filter", matches)
	for s, err := range w.WhoMay(ctx, r, "") {
		require.NoError(t, err)
		note("who may", s.ID == "max" && s.Decision.Allowed())
	}
	if at.IsZero() {
		view, err := w.View(ctx, "acme")
		require.NoError(t, err)
		max, _ := view.User("max")
		note("view", max.Role == "admin")
		_, err = w.Preview(ctx, engine.Batch{Actor: account.AsUser("max"), Account: "acme", Commands: []account.Command{account.AddUser{User: "zoe"}}})
		note("preview", err == nil)
	}
	return yes
}

func (w *world) Version(t *testing.T) uint64 {
	t.Helper()
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	return view.Version()
}

const everyWay = 3*2 + 3

// A role that ends and one that begins change every answer at the same moment, without a commit.
func TestEveryAnswerKnowsWhatIsDue(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	w.must("acme", host, account.SetRole{User: "max", Role: "admin", From: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)})
	version := w.Version(t)
	assert.Empty(t, allows(t, w, time.Time{}))
	assert.Empty(t, allows(t, w, noon.Add(time.Hour-1)))
	assert.Len(t, allows(t, w, noon.Add(time.Hour)), everyWay, "a time in the future")
	assert.Empty(t, allows(t, w, noon.Add(2*time.Hour)))
	assert.Empty(t, allows(t, w, time.Time{}), "a question about the future changes nothing now")
	w.clock.add(time.Hour)
	assert.Len(t, allows(t, w, time.Time{}), everyWay+2)
	w.clock.add(time.Hour)
	assert.Empty(t, allows(t, w, time.Time{}))
	w.clock.add(-30 * time.Minute)
	assert.Empty(t, allows(t, w, time.Time{}), "a clock that is set back revives nothing")
	assert.Equal(t, version, w.Version(t), "no commit was made")

	again := openOn(t, mem, func(o *engine.Options) { o.Clock = func() time.Time { return noon.Add(90 * time.Minute) } })
	assert.Len(t, allows(t, again, time.Time{}), everyWay+2, "another engine answers as of its own clock")
	// The next commit, by the engine whose clock is ahead, decides for both.
	w.clock.add(30 * time.Minute)
	w.must("acme", host, account.AddUser{User: "later"})
	d, err := again.AtLeast("acme", version+1).Check(ctx, ask("max", openDoor))
	require.NoError(t, err)
	assert.False(t, d.Allowed())
	assert.Empty(t, allows(t, again, time.Time{}))
	last := w.journal()[version]
	assert.Equal(t, []string{"due", "role-set", "due", "role-set", "user-added"}, changeNames(last))
}

// An explanation states until when an allowance holds.
func TestExplainUntil(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.SetRole{User: "max", Role: "admin", From: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)})
	r := ask("max", openDoor)
	explain := func() string {
		x, err := w.Explain(ctx, r)
		require.NoError(t, err)
		return x.Sentence
	}
	assert.NotContains(t, explain(), "until", "a denial")
	r.Time = noon.Add(time.Hour)
	assert.Contains(t, explain(), "; until "+noon.Add(2*time.Hour).Format(time.RFC3339))
	r = ask("adam", openDoor)
	assert.NotContains(t, explain(), "until")
}

// A membership that ended without a commit is still in the tables of members. So a condition carries the
// ids of the members, until a commit records the end.
func TestFilterReadsNoTablesThatAreBehind(t *testing.T) {
	w := open(t, func(o *engine.Options) {
		o.Policy = load(t, `
usher: 1
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources:
  account: {permissions: {transfer: {owner: any}}}
  note: {parties: {author: users}, permissions: {read: {member: team as author}}}
`)
	})
	w.must("acme", host, account.CreateAccount{Owner: "olivia"}, account.CreateTeam{Team: "sales"}, account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
		account.AddUser{User: "max"}, account.AddUser{User: "zoe", Teams: []usher.TeamID{"sales"}}, account.AddToTeam{Team: "sales", User: "max", Until: noon.Add(time.Hour)})
	notes, err := filter.Mapping{
		Type: "note", Account: filter.Column{Name: "n.account"}, Parties: map[string]filter.Party{"author": filter.Column{Name: "n.author"}},
		Members: filter.Members{Schema: "usher", Above: 1},
	}.Compile(filter.PostgreSQL)
	require.NoError(t, err)
	condition := func() (reads bool, args string) {
		f, err := w.Filter(ctx, ask("mia", permission.MustParse("note.read")))
		require.NoError(t, err)
		c, err := f.SQL(notes, 1)
		require.NoError(t, err)
		return strings.Contains(c.SQL, "team_members"), fmt.Sprint(c.Args...)
	}
	reads, _ := condition()
	assert.True(t, reads)
	w.clock.add(time.Hour)
	reads, args := condition()
	assert.False(t, reads)
	assert.Contains(t, args, "zoe")
	assert.NotContains(t, args, "max")
	w.must("acme", host, account.AddUser{User: "later"})
	reads, _ = condition()
	assert.True(t, reads)
}

func changeNames(c *account.Commit) (names []string) {
	for _, change := range c.Changes {
		names = append(names, account.NameOfChange(change))
	}
	return names
}

// Many ends at one moment are computed once, by the first of many readers.
func TestManyEndsAtMidnight(t *testing.T) {
	w := open(t, nil).found()
	const users = 2000
	midnight := noon.Add(12 * time.Hour)
	for i := 0; i < users; i += 500 {
		var batch []account.Command
		for j := i; j < i+500; j++ {
			id := usher.UserID(fmt.Sprint("u", j))
			batch = append(batch, account.AddUser{User: id}, account.SetRole{User: id, Role: "admin", Until: midnight})
		}
		w.must("acme", host, batch...)
	}
	require.True(t, w.opens("u0"))
	w.clock.add(12 * time.Hour)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := i; j < users; j += 8 {
				assert.False(t, w.opens(usher.UserID(fmt.Sprint("u", j))))
			}
		})
	}
	group.Wait()
	allocs := testing.AllocsPerRun(100, func() { w.opens("u0") })
	assert.Zero(t, allocs)
	w.must("acme", host, account.AddUser{User: "later"})
	last := w.journal()
	assert.Len(t, last[len(last)-1].Changes, 2*users+1)
}

// A batch with an earlier or a later time does not change what is due now.
func TestBatchTimesAndWhatIsDue(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.SetRole{User: "max", Role: "admin", Until: noon.Add(time.Hour)})
	w.must("acme", host, account.AddUser{User: "a"})
	_, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Time: noon.Add(9 * time.Hour), Commands: []account.Command{account.AddUser{User: "b"}}})
	require.NoError(t, err)
	assert.True(t, w.opens("max"), "a batch dated ahead does not end the role early")
	w.clock.add(2 * time.Hour)
	r, err := w.Submit(ctx, engine.Batch{Actor: account.AsUser("max"), Account: "acme", Time: noon, Commands: []account.Command{account.AddUser{User: "c"}}})
	require.ErrorIs(t, err, usher.ErrDenied, "a batch dated back does not revive the role: %v", r)
	r, err = w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Time: noon, Commands: []account.Command{account.AddUser{User: "c"}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"due", "role-set", "user-added"}, changeNames(r.Commit))
	assert.Equal(t, noon.Add(time.Hour), r.Commit.Time)
}
