package accountproof_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
)

// fullRun is the number of accounts in a full run.
const fullRun = 1000

// checks is the number of accounts in a run.
var checks = raced.Part(fullRun, fullRun/15)

func TestMain(m *testing.M) {
	// Flags of the command line are set later, and win.
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(checks), "rapid.steps": "40", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// rulebooks returns the policies under testdata, and the presets.
func rulebooks(t *testing.T) (books []*rulebook) {
	t.Helper()
	for _, name := range []string{"seats", "teams", "grants", "delegates", "teams", "limits", "limits", "equals", "equals", "words", "words", "words", "words"} { // many rules depend on teams
		books = append(books, rulebookNamed(t, name))
	}
	for _, name := range preset.Names() {
		src, _ := preset.Source(name)
		books = append(books, newRulebook(t, name, src))
	}
	return books
}

// rulebookNamed returns the policy of a file under testdata.
func rulebookNamed(t *testing.T, name string) *rulebook {
	t.Helper()
	src, err := os.ReadFile("testdata/" + name + ".yaml")
	require.NoError(t, err)
	return newRulebook(t, name, src)
}

// TestRandomAccounts proposes random commands to accounts under several policies. The account and
// the model must agree on each command and on all of its effects.
func TestRandomAccounts(t *testing.T) {
	books := rulebooks(t)
	var seen counts
	words := wordCounts{}
	for _, book := range books {
		book.words = words
	}
	missing := func() []string { return append(words.missing(), seen.missing(every...)...) }
	checkUntil(t, func() bool { return len(missing()) == 0 }, func(t *rapid.T) {
		book := books[below(len(books)).Draw(t, "policy")]
		t.Logf("policy %s", book.name)
		m := newMachine(book, &seen)
		m.begin(t)
		t.Repeat(map[string]func(*rapid.T){
			"propose": func(t *rapid.T) { m.random(t) },
		})
		m.replay(t)
	})
	t.Logf("counts of the commands:\n%v", &seen)
	t.Logf("allowed commands by words:\n%v", words)
	if isFull() {
		require.Empty(t, missing())
	}
}

// checkUntil checks random accounts. A full run goes on until enough returns true, at most ten times as
// long, since a few accounts have most of the rare events.
func checkUntil(t *testing.T, enough func() bool, check func(*rapid.T)) {
	t.Helper()
	for range 10 {
		rapid.Check(t, check)
		if !isFull() || enough() {
			return
		}
	}
}

// isFull reports whether the flags ask for a full run.
func isFull() bool {
	checks, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	return err == nil && checks >= fullRun
}

// begin creates the account, mostly with some content.
func (m *machine) begin(t *rapid.T) {
	d := newDrawing(t, m.model)
	host := question{actor: account.AsHost("setup"), time: noon}
	switch d.below(16, "begin") {
	case 0, 1, 2, 3, 4:
		m.say(t, host, account.Commit{}, account.Import{Seed: d.seed()})
	case 5:
		m.say(t, host, account.Commit{}, account.CreateAccount{Owner: "ann"})
	case 6:
		return
	}
	if !m.model.exists {
		create := account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{}}
		for _, pool := range m.model.book.pools() {
			create.Seats[pool] = 1 + d.below(6, "seats")
		}
		m.say(t, host, account.Commit{}, create)
	}
	content := []func(drawing) account.Command{
		drawing.addUser, drawing.addUser, drawing.addUser, drawing.addUser, drawing.createTeam, drawing.createTeam,
		drawing.addToTeam, drawing.addToTeam, drawing.addToTeam, drawing.setTeamRole, drawing.setTeamRole, drawing.defineField,
	}
	if m.model.book.hasRolesBeside() {
		content = append(content, drawing.setRoleBeside, drawing.setRoleBeside, drawing.setTeamRole)
	}
	for _, draw := range content {
		if d = newDrawing(t, m.model); !d.onceIn(4, "without") {
			m.say(t, host, account.Commit{}, d.staffed(draw(d))...)
		}
	}
}

// random proposes some commands, sometimes several about teams.
func (m *machine) random(t *rapid.T) {
	d := newDrawing(t, m.model)
	draw, most, more := drawing.command, 4, func() bool { return d.onceIn(4, "more") }
	if d.onceIn(6, "teams") {
		draw, most, more = drawing.teamCommand, 7, func() bool { return !d.onceIn(6, "enough") }
	}
	batch := []account.Command{draw(d)}
	for len(batch) < most && more() {
		batch = append(batch, draw(d))
	}
	if !d.onceIn(4, "unstaffed") {
		batch = d.staffed(batch...)
	}
	note := account.Commit{}
	q := d.question(account.NameOf(batch[0]))
	if d.onceIn(8, "key") {
		note.Key, note.Request, note.Note = m.freeKey(q.actor), "r", "as asked"
	}
	m.say(t, q, note, batch...)
}

// freeKey returns the first idempotency key that the actor has not used. Other actors may have used
// it: theirs is a different key.
func (m *machine) freeKey(actor account.Actor) string {
	for i := 0; ; i++ {
		key := fmt.Sprintf("k%d", i)
		if _, _, used := m.state.IdempotentCommit(actor, key); !used {
			return key
		}
	}
}

func (m *machine) say(t *rapid.T, q question, note account.Commit, batch ...account.Command) {
	for _, c := range batch {
		t.Logf("at %s by %v with %v: %s", q.time.Format(time.RFC3339Nano), q.actor, q.context, describe(c))
	}
	m.propose(t, q, note, batch...)
}

// describe writes a command with all arguments.
func describe(c account.Command) string {
	return fmt.Sprintf("%s %+v", account.NameOf(c), c)
}
