package engineproof_test

import (
	"context"
	"maps"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// replayedAccount is an account as replayed from its journal.
type replayedAccount struct {
	*account.State
	damaged bool                      // the State is that before the first commit that does not fit
	at      map[uint64]*account.State // the account at each version
	keys    map[string]*account.Commit
	values  map[usher.UserID]account.Value // in the field nick
}

// examine opens the store of a killed process. It compares the journals with the reported outcomes,
// and snapshots, values and the tables of members with the journals. Then it retries the keys without
// a reported outcome. It returns the number of commits.
func (c *crash) examine(untold []string) (commits int) {
	h, e, closeAll := c.open()
	defer closeAll()
	all := map[usher.AccountID]*replayedAccount{}
	for _, id := range crashAccounts {
		r := c.replay(h.store, id)
		all[id] = r
		commits += len(r.at)
		if !r.damaged {
			c.compareSnapshot(h.store, id, r)
			c.compareEngine(e, id, r)
		}
	}
	if c.place.Members {
		differences(c.t, h.store, c.seen)
	}
	for key, o := range c.told {
		got := all[crashBatch(key).Account].keys[key]
		switch {
		case o.commit == "" && got != nil:
			c.t.Errorf("%s got %v, but the journal has it at version %d", key, o, got.Version)
		case o.commit != "" && (got == nil || got.Version != o.version || got.ID != o.commit):
			c.t.Errorf("%s got %v, but the journal has %v", key, o, got)
		}
	}
	for _, key := range untold {
		if of := all[crashBatch(key).Account]; !of.damaged {
			c.retry(e, key, of.keys[key])
		}
	}
	some := 5
	for key, o := range c.told {
		if of := all[crashBatch(key).Account]; o.commit != "" && some > 0 && !of.damaged && of.remembers(o) {
			some--
			c.checkRepeated(e, key, o)
		}
	}
	return commits
}

// remembers reports whether the actor has so few later commits with a key that the account still
// remembers the key of an outcome.
func (r *replayedAccount) remembers(o outcome) bool {
	var of *account.Commit
	for _, c := range r.keys {
		if c.Version == o.version {
			of = c
		}
	}
	later := 0
	for _, c := range r.keys {
		if of != nil && c.Actor == of.Actor && c.Version > of.Version {
			later++
		}
	}
	return of != nil && later < account.KeysPerUser
}

// replay reads a journal from its beginning. Each version must follow from the one before and hold
// the invariants of an account.
func (c *crash) replay(s store.UserDataStore, id usher.AccountID) *replayedAccount {
	r := &replayedAccount{
		State: account.New(id), at: map[uint64]*account.State{}, keys: map[string]*account.Commit{}, values: map[usher.UserID]account.Value{},
	}
	ids := map[string]bool{}
	last := uint64(0)
	for stored, err := range s.Commits(context.Background(), id, 0) {
		require.NoError(c.t, err)
		require.Equal(c.t, last+1, stored.Version, "the next version of %s", id)
		last++
		commit, err := account.DecodeCommit(stored.Data)
		require.NoError(c.t, err)
		c.apply(r, commit, stored.Data)
		assert.False(c.t, ids[commit.ID], "%s at %d has the id of another commit", id, commit.Version)
		ids[commit.ID] = true
		if commit.Version > 1 {
			key := strings.TrimRight(commit.Note, "~")
			assert.Nil(c.t, r.keys[key], "%s at %d: the batch %s was done before", id, commit.Version, key)
			r.keys[key] = commit
		}
		for _, change := range commit.Changes {
			switch change := change.(type) {
			case account.FieldSet:
				r.values[change.User] = account.Value(strings.TrimRight(commit.Note, "~"))
			case account.UserRemoved:
				delete(r.values, change.User)
			}
		}
	}
	return r
}

// apply applies a commit, which must follow from the one before: its version, the hash of that commit,
// and its changes, after which no more seats may be held than there are.
func (c *crash) apply(r *replayedAccount, commit *account.Commit, data []byte) {
	if r.damaged {
		return
	}
	next, err := r.ApplyEncoded(commit, data)
	if r.damaged = !assert.NoError(c.t, err); r.damaged {
		return
	}
	r.State = next
	r.at[commit.Version] = next
	now, err := plain(r.View(nil))
	require.NoError(c.t, err, "%s at %d", r.ID(), commit.Version)
	assert.LessOrEqual(c.t, now.held(), now.total, "%s at %d", r.ID(), commit.Version)
}

// compareSnapshot checks that the stored snapshot equals the replay of its version.
func (c *crash) compareSnapshot(s store.UserDataStore, id usher.AccountID, r *replayedAccount) {
	snapshot, err := s.Snapshot(context.Background(), id)
	require.NoError(c.t, err)
	if snapshot.Version == 0 {
		return
	}
	then := r.at[snapshot.Version]
	require.NotNil(c.t, then, "a snapshot of version %d, past the journal's %d", snapshot.Version, r.Version())
	require.Equal(c.t, then.Encode(), snapshot.Data)
	state, err := account.DecodeState(snapshot.Data)
	require.NoError(c.t, err)
	require.Equal(c.t, then.Encode(), state.Encode())
	c.seen.add("snapshots compared", 1)
}

// compareEngine checks that an engine has the same account as the journal, and that each value of a
// custom field is that of the last commit that set it.
func (c *crash) compareEngine(e *engine.Engine, id usher.AccountID, r *replayedAccount) {
	v, err := e.View(context.Background(), id)
	require.NoError(c.t, err)
	require.Equal(c.t, r.Encode(), v.State().Encode())
	got := map[usher.UserID]account.Value{}
	for m := range v.Users("") {
		values, err := e.Values(context.Background(), id, m.ID)
		require.NoError(c.t, err)
		if value, ok := values[nick]; ok {
			got[m.ID] = value
		}
	}
	if !maps.Equal(got, r.values) {
		c.t.Errorf("%s at %d: values %v, want %v", id, r.Version(), got, r.values)
	}
	c.seen.add("values compared", len(got))
}

// retry submits the batch of a key without a reported outcome. Had is its commit in the journal,
// nil for none.
func (c *crash) retry(e *engine.Engine, key string, had *account.Commit) {
	o := outcomeOf(answerOf(e.Submit(context.Background(), crashBatch(key))))
	switch {
	case had != nil:
		c.seen.add("in flight: was stored", 1)
		assert.Equal(c.t, outcome{"repeated", had.Version, had.ID}, o, key)
	case o.word == "done":
		c.seen.add("in flight: was not, and is now", 1)
	default:
		c.seen.add("in flight: was not, and changes nothing now", 1)
		assert.Contains(c.t, []string{"idle", "refused"}, o.word, key)
	}
	c.told[key] = o
	if o.commit != "" {
		c.checkRepeated(e, key, o)
	}
}

// checkRepeated submits the batch of a key again, and checks that the result is the first one.
func (c *crash) checkRepeated(e *engine.Engine, key string, o outcome) {
	again := outcomeOf(answerOf(e.Submit(context.Background(), crashBatch(key))))
	assert.Equal(c.t, outcome{"repeated", o.version, o.commit}, again, key)
	c.seen.add("asked again", 1)
}
