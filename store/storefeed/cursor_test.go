package storefeed_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storefeed"
)

var hashes = regexp.MustCompile("[0-9a-f]{64}")

// export returns the lines of the feed after a cursor, as a file has them.
func export(t testing.TB, s store.Store, c storefeed.Cursor) string {
	t.Helper()
	var b strings.Builder
	for e, err := range storefeed.Read(context.Background(), s, c) {
		require.NoError(t, err)
		require.NoError(t, e.Problem)
		fmt.Fprintf(&b, "%s\n", e.Line())
	}
	return b.String()
}

// cursorOf reads the lines of a file, whose last one may be incomplete.
func cursorOf(t testing.TB, text string) storefeed.Cursor {
	t.Helper()
	c, err := storefeed.ReadCursor(strings.NewReader(text))
	if text == "" || strings.HasSuffix(text, "\n") {
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, storefeed.ErrTorn)
	}
	require.NotNil(t, c)
	return c
}

// complete returns a text without its incomplete last line.
func complete(text string) string { return text[:strings.LastIndex(text, "\n")+1] }

// TestKilledAnywhere cuts the output of an export after each byte, as if its process was killed there.
// Meanwhile commits are added, accounts are created and erased. The next export goes on after the last
// complete line: it loses nothing, and repeats nothing. A third one has the rest.
func TestKilledAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, erases := range []bool{false, true} {
		s := filled(t, "acme:3", "beta:2", "gamma:1")
		add(t, s, "odd\u202e\u0085\U000e0001", "a note with \"quotes\",\na line break and \u2028")
		whole := export(t, s, nil)
		cuts := len(whole) + 1
		for cut := range cuts {
			first := whole[:cut]
			later := new(memstore.Store)
			copyAll(t, s, later)
			for range r.IntN(4) {
				add(t, later, usher.AccountID([]string{"acme", "able", "beta", "zeta"}[r.IntN(4)]), "later")
			}
			if erases {
				require.NoError(t, later.Erase(context.Background(), "beta"))
			}
			second := export(t, later, cursorOf(t, first))
			cutAgain := r.IntN(len(second) + 1)
			third := export(t, later, cursorOf(t, complete(first)+second[:cutAgain]))
			lines := complete(first) + complete(second[:cutAgain]) + third
			want := linesOf(t, later)
			got := map[string]string{}
			for line := range strings.Lines(lines) {
				id := string(accountOf(t, line))
				got[id] += line
			}
			if erases {
				beta := got["beta"]
				delete(got, "beta")
				if strings.Contains(complete(first), `"beta"`) {
					assert.Equal(t, 1, strings.Count(beta, "{\"account\":\"beta\",\"erased\":true}\n"), "%s", beta)
					assert.True(t, strings.HasSuffix(beta, "true}\n"))
				} else {
					assert.Empty(t, beta)
				}
			}
			require.Equal(t, want, got, "killed after byte %d, and then after byte %d", cut, cutAgain)
		}
	}
}

func copyAll(t testing.TB, from, to store.Store) {
	t.Helper()
	ctx := context.Background()
	for id, err := range from.Accounts(ctx, "") {
		require.NoError(t, err)
		for c, err := range from.Commits(ctx, id, 0) {
			require.NoError(t, err)
			require.NoError(t, to.Append(ctx, id, store.Entry{Commit: c}))
		}
	}
}

// linesOf returns the journal of each account of a store, one commit per line, with escapes for
// characters that are not safe to print.
func linesOf(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	escapes := strings.NewReplacer("\u202e", `\u202e`, "\u0085", `\u0085`, "\U000e0001", `\udb40\udc01`, "\u2028", `\u2028`)
	journals := map[string]string{}
	for id, err := range s.Accounts(context.Background(), "") {
		require.NoError(t, err)
		for c, err := range s.Commits(context.Background(), id, 0) {
			require.NoError(t, err)
			journals[string(id)] += escapes.Replace(string(c.Data)) + "\n"
		}
	}
	return journals
}

func accountOf(t testing.TB, line string) usher.AccountID {
	t.Helper()
	for id := range cursorOf(t, line) {
		return id
	}
	t.Fatalf("no account: %s", line)
	return ""
}

// A cursor is the same after it was written and read, and as that of the lines that it stands for.
func TestCursorIsWritten(t *testing.T) {
	s := filled(t, "acme:3", "beta:2", "gamma:1")
	add(t, s, "odd\u202e<&>", "")
	c := storefeed.Cursor{}
	lines := export(t, s, nil)
	read(t, s, c)
	require.NoError(t, s.Erase(context.Background(), "beta"))
	lines += export(t, s, c)
	read(t, s, c)
	var b strings.Builder
	require.NoError(t, c.Write(&b))
	assert.Equal(t, `{"account":"acme","version":3,"hash":"HASH"}
{"account":"beta","erased":true}
{"account":"gamma","version":1,"hash":"HASH"}
{"account":"odd\u202e<&>","version":1,"hash":"HASH"}
`, hashes.ReplaceAllString(b.String(), "HASH"))
	assert.Equal(t, c, cursorOf(t, b.String()))
	assert.Equal(t, c, cursorOf(t, lines))
	assert.Equal(t, c, cursorOf(t, b.String()+lines+"\n  \n"))
	assert.Equal(t, c, cursorOf(t, lines+b.String()))

	full := iotest.ErrReader(errors.New("disk full"))
	_, err := storefeed.ReadCursor(full)
	assert.EqualError(t, err, "disk full")
	assert.EqualError(t, c.Write(brokenWriter{}), "disk full")
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// Without a hash, the later version counts, and a hash is kept.
func TestCursorAdds(t *testing.T) {
	h := account.HashOf([]byte("x"))
	head := func(version uint64, hash account.Hash) storefeed.Mark {
		return storefeed.Mark{Head: account.Head{Version: version, Hash: hash}}
	}
	erased := storefeed.Mark{Erased: true}
	for _, row := range []struct{ a, b, want storefeed.Mark }{
		{head(2, h), head(3, account.Hash{}), head(3, account.Hash{})},
		{head(3, account.Hash{}), head(3, h), head(3, h)},
		{head(3, account.Hash{}), head(3, account.Hash{}), head(3, account.Hash{})},
		{head(3, h), head(3, h), head(3, h)},
		{head(9, h), erased, erased},
		{erased, erased, erased},
	} {
		for _, pair := range [][2]storefeed.Mark{{row.a, row.b}, {row.b, row.a}} {
			c := storefeed.Cursor{"acme": pair[0]}
			require.NoError(t, c.Add(storefeed.Cursor{"acme": pair[1], "beta": row.a}))
			assert.Equal(t, storefeed.Cursor{"acme": row.want, "beta": row.a}, c, "%v", pair)
		}
	}
	err := storefeed.Cursor{"acme": head(3, h)}.Add(storefeed.Cursor{"acme": head(3, account.HashOf(nil))})
	assert.EqualError(t, err, `there are two commits with the version 3 of "acme", so they are of different stores`)
}

func TestReadCursorRejects(t *testing.T) {
	const want = ` (want a line of usher export, or {"account":"acme","version":17})`
	hash := account.HashOf([]byte("x")).String()
	for line, text := range map[string]string{
		`x`:                                 "invalid character 'x' looking for beginning of value" + want,
		`{"account":"acme","versoin":17}`:   `json: unknown field "versoin"` + want,
		`{"account":"acme","version":-1}`:   "json: cannot unmarshal number -1 into Go struct field cursorLine.version of type uint64" + want,
		`{"account":"acme"}`:                "the version is missing or 0" + want,
		`{"account":"acme","version":1} {}`: "trailing data" + want,
		`{"version":1}`:                     "cannot be stored: the account id is empty",
		`{"account":"acme","erased":true,"version":3}`:         "an erased account has no version and no hash",
		`{"account":"acme","version":3,"hash":"abc"}`:          `head 3:abc: want 64 hexadecimal digits in lower case, not all of them 0`,
		`{"usher":1,"account":"acme"}`:                         "read commit",
		`{"account":"acme","version":3,"hash":"` + hash + `"}`: `there are two commits with the version 3 of "acme", so they are of different stores`,
	} {
		c, err := storefeed.ReadCursor(strings.NewReader(`{"account":"acme","version":3,"hash":"` + account.HashOf(nil).String() + "\"}\n\n" + line + "\n"))
		assert.Nil(t, c)
		if assert.Error(t, err, "%s", line) {
			assert.True(t, strings.HasPrefix(err.Error(), "line 3: "+text), "%s: %v", line, err)
		}
	}
}
