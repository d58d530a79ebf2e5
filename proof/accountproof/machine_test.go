package accountproof_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// machine is an account with its model. Each proposal goes to both.
type machine struct {
	model   *modelAccount
	state   *account.State
	journal [][]byte    // the stored commits
	past    []past      // a state for each commit, and one before the first
	values  fieldValues // the values of custom fields
	counts  *counts
}

// past is an earlier state, which must not change.
type past struct {
	state   *account.State
	encoded []byte
}

func newMachine(book *rulebook, count *counts) *machine {
	s := account.New("acme")
	return &machine{model: newModel(book), state: s, past: []past{{s, s.Encode()}}, values: fieldValues{}, counts: count}
}

// propose proposes commands to the account and to the model, and compares all effects.
func (m *machine) propose(t *rapid.T, q question, note account.Commit, commands ...account.Command) {
	t.Helper()
	before, encoded := m.model, m.state.Encode()
	q = q.counts(m.state.Time())
	after, want := before.do(q, commands...)
	outcome, err := propose(m.state, before, q, commands)
	sameAnswer(t, want, q, commands, err)
	assert.Equal(t, encoded, m.state.Encode(), "the state of the proposal has changed")
	m.reloaded(t, encoded, q, commands, outcome, err)
	m.oneByOne(t, q, commands, want, outcome)
	if want.refused() {
		assert.Equal(t, account.Outcome{}, outcome, "the outcome of a rejection")
		return
	}
	m.follow(t, q, note, outcome)
	m.model = after
	assert.Empty(t, disagreements(m.state, after))
	m.sameByNumber(t)
	assert.Empty(t, after.broken(), "invariants")
	assert.Equal(t, after.values, m.values.take(outcome), "values of fields")
}

// propose proposes commands to a state. The values of custom fields are those of the model.
func propose(s *account.State, w *modelAccount, q question, commands []account.Command) (account.Outcome, error) {
	at := q.time
	if !q.dated.IsZero() {
		at = q.dated
	}
	return s.Propose(w.book.compiled, account.Proposal{
		Actor: q.actor, Context: q.context, Time: at, Commands: commands,
		Value: func(user usher.UserID, field int) (account.Value, error) { return w.values[user][field], nil },
	})
}

// refused reports whether the commands are rejected.
func (a answer) refused() bool { return a.code != 0 || a.err != nil }

// sameAnswer compares the error of the account with the answer of the model.
func sameAnswer(t *rapid.T, want answer, q question, commands []account.Command, err error) {
	t.Helper()
	var refusal *account.Refusal
	switch {
	case !want.refused():
		require.NoError(t, err)
	case errors.Is(want.err, usher.ErrUnknownAccount):
		require.ErrorIs(t, err, usher.ErrUnknownAccount)
		require.False(t, errors.As(err, &refusal), "a Refusal: %v", err)
	case want.err != nil:
		require.ErrorIs(t, want.err, errUndecided)
		require.ErrorAs(t, err, new(*usher.RequestError))
		require.False(t, errors.As(err, &refusal), "a Refusal: %v", err)
	default:
		require.ErrorAs(t, err, &refusal, "the model says %v of command %d", want.code, want.index+1)
		if want.faults != nil {
			require.Contains(t, want.faults, refusal.Code, "%v", err)
		} else {
			require.Equal(t, want.code, refusal.Code, "the model says %v of command %d; %v", want.code, want.index+1, err)
		}
		require.ErrorIs(t, err, refusal.Code)
		require.Equal(t, refusal.Code == account.CodeDenied, errors.Is(err, usher.ErrDenied))
		require.Equal(t, want.index, refusal.Index, "%v", err)
		require.Equal(t, len(commands), refusal.Of)
		require.True(t, reflect.DeepEqual(commands[want.index], refusal.Command), "%v", refusal.Command)
		require.Equal(t, usher.AccountID("acme"), refusal.Account)
		if refusal.Code == account.CodeDenied && want.decision.Reason() != 0 {
			require.Equal(t, want.decision.Reason(), refusal.Decision.Reason())
		}
		require.Equal(t, refusal.Code == account.CodeDenied && !q.actor.IsZero(), refusal.Decision.Reason() != 0, "the decision of %v", err)
	}
}

// reloaded proposes the same commands to a state that was saved and loaded.
func (m *machine) reloaded(t *rapid.T, encoded []byte, q question, commands []account.Command, outcome account.Outcome, err error) {
	t.Helper()
	loaded, problem := account.DecodeState(encoded)
	require.NoError(t, problem)
	require.Equal(t, encoded, loaded.Encode())
	again, problem := propose(loaded, m.model, q, commands)
	require.Equal(t, fmt.Sprint(err), fmt.Sprint(problem), "of the state as it was loaded")
	require.Equal(t, outcome.Changes, again.Changes)
	require.Equal(t, outcome.Values, again.Values)
	require.Equal(t, outcome.Removed, again.Removed)
	if err == nil {
		require.Equal(t, outcome.Next.Encode(), again.Next.Encode())
	}
}

// oneByOne proposes the same commands one after another. A batch must be permitted exactly if each
// of these commands is, except for the counts at the end of the batch.
func (m *machine) oneByOne(t *rapid.T, q question, commands []account.Command, want answer, whole account.Outcome) {
	t.Helper()
	s, w := m.state, m.model
	var changes []account.Change
	for i, c := range commands {
		after, single := w.do(q, c)
		outcome, err := propose(s, w, q, []account.Command{c})
		require.Equal(t, single.refused(), err != nil, "command %d alone: %v", i+1, err)
		m.note(c, w, after, single)
		if single.refused() && counted(single.code) {
			return
		}
		if single.refused() {
			require.True(t, want.refused(), "command %d is refused alone: %v", i+1, err)
			require.Equal(t, want.index, i, "command %d is refused alone: %v", i+1, err)
			return
		}
		require.Equal(t, !w.same(after), len(outcome.Changes) > 0, "%s changes %v", account.Describe(c), outcome.Changes)
		if len(outcome.Changes) == 0 {
			require.Same(t, s, outcome.Next, "the state after nothing")
		}
		changes = append(changes, outcome.Changes...)
		s, w = outcome.Next, after
	}
	require.False(t, want.refused(), "each command is permitted alone")
	require.Equal(t, changes, whole.Changes)
	require.Equal(t, observe(s, w.book), observe(whole.Next, w.book))
}

// note counts the result of a command.
func (m *machine) note(c account.Command, before, after *modelAccount, a answer) {
	switch {
	case a.err != nil:
		m.counts.count(c, "undecided")
	case a.code != 0:
		m.counts.count(c, a.code.String())
	case before.same(after):
		m.counts.count(c, "as it was")
	default:
		m.counts.count(c, "done")
	}
}

// follow makes the commit of an outcome, writes and reads it, and applies it.
func (m *machine) follow(t *rapid.T, q question, note account.Commit, outcome account.Outcome) {
	t.Helper()
	if len(outcome.Changes) == 0 {
		require.Same(t, m.state, outcome.Next, "the state after nothing")
		return
	}
	c := note
	c.Account, c.Version, c.Actor, c.Changes = m.state.ID(), m.state.Version()+1, q.actor, outcome.Changes
	c.Previous = m.state.Head().Hash
	c.ID, c.Policy, c.Time = fmt.Sprintf("c%d", c.Version), m.model.book.compiled.Digest(), q.time
	if c.Time.Before(m.state.Time()) {
		c.Time = m.state.Time()
	}
	line, err := c.Encode()
	require.NoError(t, err)
	read, err := account.DecodeCommit(line)
	require.NoError(t, err, "%s", line)
	again, err := read.Encode()
	require.NoError(t, err)
	require.Equal(t, string(line), string(again))
	next, err := m.state.Apply(read)
	require.NoError(t, err)
	require.Equal(t, c.Version, next.Version())
	require.True(t, c.Time.Equal(next.Time()))
	foretold, err := m.state.ApplyOutcome(outcome, read, line)
	require.NoError(t, err)
	require.Equal(t, next.Encode(), foretold.Encode(), "Apply makes another state than Propose foretold")
	require.Equal(t, account.Head{Version: c.Version, Hash: sha256.Sum256(line)}, next.Head())
	if c.Key != "" {
		version, request, ok := next.IdempotentCommit(c.Actor, c.Key)
		require.True(t, ok && version == c.Version && request == c.Request, "IdempotentCommit(%v, %s) = %d, %q, %t", c.Actor, c.Key, version, request, ok)
	}
	m.state = next
	m.journal, m.past = append(m.journal, line), append(m.past, past{next, next.Encode()})
}

// replay rebuilds the account from its journal, and checks that the earlier states have not
// changed.
func (m *machine) replay(t *rapid.T) {
	t.Helper()
	s := account.New("acme")
	for i, line := range m.journal {
		c, err := account.DecodeCommit(line)
		require.NoError(t, err)
		s, err = s.Apply(c)
		require.NoError(t, err)
		require.Equal(t, m.past[i+1].encoded, s.Encode(), "version %d as it is replayed", i+1)
	}
	for i, p := range m.past {
		require.Equal(t, p.encoded, p.state.Encode(), "version %d has changed", i)
	}
}
