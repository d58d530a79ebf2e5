package storefeed_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storefeed"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// last returns the head of a journal.
func last(t testing.TB, s store.Store, id usher.AccountID) account.Head {
	t.Helper()
	head := account.Head{Hash: account.HashOf(nil)}
	for c, err := range s.Commits(context.Background(), id, 0) {
		require.NoError(t, err)
		head = account.Head{Version: c.Version, Hash: account.HashOf(c.Data)}
	}
	return head
}

// add appends a commit with a note to a journal.
func add(t testing.TB, s store.Store, id usher.AccountID, note string) {
	t.Helper()
	head := last(t, s, id)
	c := &account.Commit{
		Account: id, Version: head.Version + 1, Previous: head.Hash, ID: fmt.Sprint("c", head.Version), Time: noon, Actor: account.AsHost("test"), Policy: "p", Note: note,
		Changes: []account.Change{account.SettingChanged{Setting: "open", Value: head.Version%2 == 0}},
	}
	data, err := c.Encode()
	require.NoError(t, err)
	require.NoError(t, s.Append(context.Background(), id, store.Entry{Commit: store.Commit{Version: c.Version, Data: data}}))
}

// filled returns a store with a journal for each word, such as "acme:3".
func filled(t testing.TB, words ...string) *memstore.Store {
	t.Helper()
	s := new(memstore.Store)
	for _, word := range words {
		id, n := "", 0
		_, err := fmt.Sscanf(strings.Replace(word, ":", " ", 1), "%s %d", &id, &n)
		require.NoError(t, err)
		for i := range n {
			add(t, s, usher.AccountID(id), fmt.Sprint("note ", i+1))
		}
	}
	return s
}

// word returns an entry as "acme 3", "acme erased" or "acme: PROBLEM".
func word(e storefeed.Entry) string {
	switch {
	case e.Problem != nil:
		return fmt.Sprintf("%s: %v", e.Account, e.Problem)
	case e.Erased:
		return fmt.Sprintf("%s erased", e.Account)
	}
	return fmt.Sprintf("%s %d", e.Account, e.Head.Version)
}

// read returns the words of the entries after a cursor, and notes them.
func read(t testing.TB, s store.Store, c storefeed.Cursor) (words []string) {
	t.Helper()
	for e, err := range storefeed.Read(context.Background(), s, c) {
		require.NoError(t, err)
		words = append(words, word(e))
		c.Note(e)
		switch {
		case e.Commit != nil:
			require.Equal(t, account.Head{Version: e.Commit.Version, Hash: account.HashOf(e.Data)}, e.Head)
			require.Equal(t, e.Account, e.Commit.Account)
			require.False(t, e.Erased)
			require.NoError(t, e.Problem)
			require.NotEmpty(t, e.Line())
		case e.Problem != nil:
			require.Empty(t, e.Line())
		}
	}
	return words
}

func TestRead(t *testing.T) {
	s := filled(t, "beta:2", "acme:3")
	c := storefeed.Cursor{}
	assert.Equal(t, []string{"acme 1", "acme 2", "acme 3", "beta 1", "beta 2"}, read(t, s, c))
	assert.Empty(t, read(t, s, c))
	assert.Equal(t, storefeed.Cursor{"acme": {Head: last(t, s, "acme")}, "beta": {Head: last(t, s, "beta")}}, c)

	add(t, s, "acme", "")
	add(t, s, "able", "") // before the accounts that were read
	add(t, s, "zeta", "")
	assert.Equal(t, []string{"able 1", "acme 4", "zeta 1"}, read(t, s, c))
	assert.Equal(t, []string{"able 1", "acme 1", "acme 2", "acme 3", "acme 4", "beta 1", "beta 2", "zeta 1"}, read(t, s, storefeed.Cursor{}))
	for _, err := range storefeed.Read(context.Background(), new(memstore.Store), nil) {
		t.Errorf("an entry of an empty store, with %v", err)
	}
}

// An account that the reader knows is reported once after it was erased. Other erased accounts are not.
func TestReadErased(t *testing.T) {
	s := filled(t, "acme:2", "beta:1", "gone:1")
	require.NoError(t, s.Erase(context.Background(), "gone"))
	require.NoError(t, s.Erase(context.Background(), "never"))
	c := storefeed.Cursor{}
	assert.Equal(t, []string{"acme 1", "acme 2", "beta 1"}, read(t, s, c))
	require.NoError(t, s.Erase(context.Background(), "acme"))
	add(t, s, "beta", "")
	assert.Equal(t, []string{"acme erased", "beta 2"}, read(t, s, c))
	assert.Equal(t, storefeed.Mark{Erased: true}, c["acme"])
	assert.Empty(t, read(t, s, c))

	// Also the last account.
	add(t, s, "able", "")
	require.NoError(t, s.Erase(context.Background(), "beta"))
	assert.Equal(t, []string{"able 1", "beta erased"}, read(t, s, c))

	// Erased after it was listed, and before it was read.
	faulty := storefault.Wrap(filled(t, "acme:1", "beta:1"), func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Commits" && c.Account == "acme" {
			return storefault.Fault{Before: store.ErrErased}
		}
		return storefault.Fault{}
	})
	assert.Equal(t, []string{"beta 1"}, read(t, faulty, storefeed.Cursor{}))

	// Erased while it is read.
	s = filled(t, "acme:3", "beta:1")
	c = storefeed.Cursor{}
	var words []string
	for e, err := range storefeed.Read(context.Background(), s, c) {
		require.NoError(t, err)
		words = append(words, word(e))
		c.Note(e)
		if len(words) == 1 {
			require.NoError(t, s.Erase(context.Background(), "acme"))
		}
	}
	words = append(words, read(t, s, c)...)
	assert.Equal(t, "acme 1", words[0])
	assert.Equal(t, 1, strings.Count(strings.Join(words, ","), "acme erased"), "%v", words)
	assert.Contains(t, words, "beta 1")
}

// The loop body may append to the accounts, and note the entries in the cursor.
func TestReadWhileAppending(t *testing.T) {
	s := filled(t, "acme:2", "beta:1")
	c := storefeed.Cursor{"beta": {Head: last(t, s, "beta")}}
	var words []string
	for e, err := range storefeed.Read(context.Background(), s, c) {
		require.NoError(t, err)
		words = append(words, word(e))
		c.Note(e)
		if e.Account == "acme" {
			add(t, s, "acme", "")
			add(t, s, "beta", "")
		}
	}
	assert.Equal(t, []string{"acme 1", "acme 2", "beta 2", "beta 3"}, words)
	assert.Equal(t, []string{"acme 3", "acme 4"}, read(t, s, c))
}

// A loop can end anywhere, and goes on after what was noted.
func TestReadStops(t *testing.T) {
	s := filled(t, "acme:3", "beta:2", "gamma:1")
	all := read(t, s, storefeed.Cursor{})
	for stop := 1; stop <= len(all); stop++ {
		c := storefeed.Cursor{}
		n := 0
		for e, err := range storefeed.Read(context.Background(), s, c) {
			require.NoError(t, err)
			c.Note(e)
			if n++; n == stop {
				break
			}
		}
		assert.Equal(t, all[stop:], append([]string{}, read(t, s, c)...), "after %d entries", stop)
	}
}

// A commit that another program has spelled otherwise is the same commit.
func TestReadOtherSpelling(t *testing.T) {
	one := filled(t, "acme:1")
	s := new(memstore.Store)
	for c, err := range one.Commits(context.Background(), "acme", 0) {
		require.NoError(t, err)
		c.Data = []byte(strings.Replace(string(c.Data), `,"time"`, ` , "time"`, 1))
		require.NoError(t, s.Append(context.Background(), "acme", store.Entry{Commit: c}))
	}
	lines := export(t, s, nil)
	require.Contains(t, lines, ` , "time"`)
	add(t, s, "acme", "follows the bytes that are stored")
	c := cursorOf(t, lines)
	require.NotEqual(t, account.HashOf([]byte(strings.TrimSuffix(lines, "\n"))), c["acme"].Head.Hash)
	assert.Equal(t, []string{"acme 2"}, read(t, s, c))
}

// A store that breaks its contract and leaves out a commit is noticed, also without hashes.
func TestReadGap(t *testing.T) {
	s := new(memstore.Store)
	for v := uint64(1); v <= 3; v++ {
		c := &account.Commit{Account: "acme", Version: v, ID: fmt.Sprint(v), Time: noon, Actor: account.AsHost("test"), Policy: "p", Changes: []account.Change{account.SettingChanged{Setting: "open", Value: true}}}
		data, err := c.Encode()
		require.NoError(t, err)
		require.NoError(t, s.Append(context.Background(), "acme", store.Entry{Commit: store.Commit{Version: v, Data: data}}))
	}
	assert.Equal(t, []string{"acme 1", "acme 2", "acme 3"}, read(t, s, storefeed.Cursor{}))
	assert.Equal(t, []string{"acme 1", `acme: the store returned commit 3 of "acme" as commit 3 (want 2 of "acme")`}, read(t, without{s, 2}, storefeed.Cursor{}))
}

// without is a store that leaves out the commits of a version.
type without struct {
	store.Store
	version uint64
}

func (s without) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range s.Store.Commits(ctx, id, after) {
			if c.Version != s.version && !yield(c, err) {
				return
			}
		}
	}
}

// If the accounts cannot be listed, the loop ends with an error. If one account cannot be read, that is
// its problem. A later call has the rest.
func TestReadErrors(t *testing.T) {
	down := errors.New("the store is down")
	for _, method := range []string{"Accounts", "Commits"} {
		for items := range 3 {
			s := filled(t, "acme:3", "beta:3", "gamma:3")
			faulty := storefault.Wrap(s, func(_ context.Context, c storefault.Call) storefault.Fault {
				if c.Method == method && (method == "Accounts" || c.Account == "beta") {
					return storefault.Fault{After: down, Items: items}
				}
				return storefault.Fault{}
			})
			c := storefeed.Cursor{}
			var failed, problems []error
			for e, err := range storefeed.Read(context.Background(), faulty, c) {
				require.Empty(t, failed, "an entry after an error")
				if err != nil {
					assert.Zero(t, e)
					failed = append(failed, err)
				}
				if e.Problem != nil {
					assert.Equal(t, usher.AccountID("beta"), e.Account)
					problems = append(problems, e.Problem)
				}
				c.Note(e)
			}
			if method == "Accounts" {
				assert.Empty(t, problems)
				assert.Len(t, c, items)
			} else {
				failed, problems = problems, failed
				assert.Empty(t, problems)
				assert.Equal(t, uint64(items), c["beta"].Head.Version)
				assert.Equal(t, uint64(3), c["gamma"].Head.Version, "the other accounts are read")
			}
			require.Len(t, failed, 1)
			assert.ErrorIs(t, failed[0], down)
			read(t, s, c)
			for _, id := range []usher.AccountID{"acme", "beta", "gamma"} {
				assert.Equal(t, storefeed.Mark{Head: last(t, s, id)}, c[id])
			}
		}
	}

	// The context ends the loop, also in the middle of an account.
	for stop := range 3 {
		ending, cancel := context.WithCancel(context.Background())
		if stop == 0 {
			cancel()
		}
		n := 0
		for e, err := range storefeed.Read(ending, filled(t, "acme:2", "beta:2"), nil) {
			require.NoError(t, e.Problem)
			if err != nil {
				assert.ErrorIs(t, err, context.Canceled)
				break
			}
			if n++; n == stop {
				cancel()
			}
		}
		cancel()
		assert.Less(t, n, 4)
	}
}

// Each row is a store after which acme cannot be read on. The other accounts are read.
func TestReadProblems(t *testing.T) {
	lines := func(n int, change func(i int, c *account.Commit)) (list [][]byte) {
		previous := account.HashOf(nil)
		for i := range n {
			c := &account.Commit{
				Account: "acme", Version: uint64(i) + 1, Previous: previous, ID: fmt.Sprint("c", i), Time: noon, Actor: account.AsHost("test"), Policy: "p", Note: fmt.Sprint("note ", i+1),
				Changes: []account.Change{account.SettingChanged{Setting: "open", Value: i%2 == 0}},
			}
			change(i, c)
			data, err := c.Encode()
			require.NoError(t, err)
			previous = account.HashOf(data)
			list = append(list, data)
		}
		return list
	}
	same := func(int, *account.Commit) {}
	good := lines(4, same)
	atTwo := storefeed.Cursor{"acme": {Head: account.Head{Version: 2, Hash: account.HashOf(good[1])}}}
	for name, row := range map[string]struct {
		lines  [][]byte
		cursor storefeed.Cursor
		want   []string // entries of acme; HASH stands for any hash
	}{
		"nothing is wrong":     {good, atTwo, []string{"acme 3", "acme 4"}},
		"a cursor at the end":  {good, storefeed.Cursor{"acme": {Head: account.Head{Version: 4}}}, nil},
		"the journal is short": {good[:1], atTwo, []string{"acme: the store lacks version 2 of the cursor; commits were lost, or the cursor is of another store"}},
		"no journal":           {nil, atTwo, []string{"acme: the store lacks version 2 of the cursor; commits were lost, or the cursor is of another store"}},
		"another journal": {
			lines(4, func(_ int, c *account.Commit) { c.Note = "other" }), atTwo,
			[]string{"acme: the cursor has commit 2:HASH, and the store has 2:HASH; commits were replaced, or the cursor is of another store"},
		},
		"another journal, and the cursor has no hash": {
			lines(4, func(_ int, c *account.Commit) { c.Note = "other" }),
			storefeed.Cursor{"acme": {Head: account.Head{Version: 2}}},
			[]string{"acme 3", "acme 4"},
		},
		"the end of another journal": {
			slices.Concat(good[:2], lines(4, func(_ int, c *account.Commit) { c.Note = "other" })[2:]), atTwo,
			[]string{"acme: commit 3 follows the commit HASH, and commit 2 is HASH; commits were lost or replaced"},
		},
		"the end of another journal, from the start": {
			slices.Concat(good[:2], lines(4, func(_ int, c *account.Commit) { c.Note = "other" })[2:]), nil,
			[]string{"acme 1", "acme 2", "acme: commit 3 follows the commit HASH, and commit 2 is HASH; commits were lost or replaced"},
		},
		"a commit without a hash": {
			lines(4, func(i int, c *account.Commit) {
				if i == 3 {
					c.Previous = account.Hash{}
				}
			}), nil,
			[]string{"acme 1", "acme 2", "acme 3", "acme: commit 4 lacks the hash of the commit before it, and earlier commits have one; commits were replaced"},
		},
		"a commit without a hash after the cursor": {
			lines(4, func(i int, c *account.Commit) {
				if i == 2 {
					c.Previous = account.Hash{}
				}
			}), atTwo,
			[]string{"acme: commit 3 lacks the hash of the commit before it, and earlier commits have one; commits were replaced"},
		},
		"commits of an older release": {
			lines(4, func(i int, c *account.Commit) {
				if i < 3 {
					c.Previous = account.Hash{}
				}
			}), nil,
			[]string{"acme 1", "acme 2", "acme 3", "acme 4"},
		},
		"a commit that is not JSON": {
			[][]byte{good[0], good[1], []byte("x"), good[3]},
			atTwo,
			[]string{`acme: commit 3 cannot be read: read commit: byte 0: unexpected 'x' (want '{')`},
		},
		"a commit of another account": {
			lines(3, func(i int, c *account.Commit) {
				if i == 2 {
					c.Account = "beta"
				}
			}), atTwo,
			[]string{`acme: the store returned commit 3 of "beta" as commit 3 (want 3 of "acme")`},
		},
		"a cursor that knows an erasure": {
			good,
			storefeed.Cursor{"acme": {Erased: true}},
			[]string{"acme: the cursor says that the account was erased, and the store has its commits; the store was restored from an older copy, or is another one"},
		},
		"an erasure, and no journal": {nil, storefeed.Cursor{"acme": {Erased: true}}, nil},
	} {
		s := filled(t, "able:1", "zeta:1")
		for i, data := range row.lines {
			require.NoError(t, s.Append(context.Background(), "acme", store.Entry{Commit: store.Commit{Version: uint64(i) + 1, Data: data}}))
		}
		c := storefeed.Cursor{}
		require.NoError(t, c.Add(row.cursor))
		want := []string{"able 1"}
		if len(row.lines) > 0 {
			want = append(append(want, row.want...), "zeta 1")
		} else {
			want = append(append(want, "zeta 1"), row.want...) // accounts that the store lacks come between, too
			slices.Sort(want)
		}
		got := read(t, s, c)
		for i := range got {
			got[i] = hashes.ReplaceAllString(got[i], "HASH")
		}
		assert.Equal(t, want, got, name)
		again := read(t, s, c)
		if len(row.want) > 0 && strings.HasPrefix(row.want[len(row.want)-1], "acme: ") {
			require.Len(t, again, 1, "%s: the problem comes again", name)
			assert.Equal(t, row.want[len(row.want)-1], hashes.ReplaceAllString(again[0], "HASH"), name)
		} else {
			assert.Empty(t, again, name)
		}
	}
}
