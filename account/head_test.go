package account_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
)

// line is an encoded commit.
func line(t testing.TB, c account.Commit) []byte {
	t.Helper()
	data, err := c.Encode()
	require.NoError(t, err)
	return data
}

// chain returns the lines of a journal of n commits. The commits before the version from have
// no Previous, as older versions of the package wrote them.
func chain(t testing.TB, id string, commits int, from uint64) (lines [][]byte) {
	t.Helper()
	previous := sha256.Sum256(nil)
	for version := uint64(1); version <= uint64(commits); version++ {
		c := commit(account.SettingChanged{Setting: fmt.Sprint("s", version), Value: true})
		if version == 1 {
			c.Changes = []account.Change{account.AccountCreated{Owner: "olga", Unique: "owner"}}
		}
		c.Version, c.ID, c.Note = version, fmt.Sprint("c", version), id
		if version >= from {
			c.Previous = previous
		}
		lines = append(lines, line(t, c))
		previous = sha256.Sum256(lines[version-1])
	}
	return lines
}

// replayed applies the lines in order.
func replayed(lines [][]byte) (*account.State, error) {
	s := account.New("acme")
	for _, data := range lines {
		c, err := account.DecodeCommit(data)
		if err != nil {
			return nil, err
		}
		if s, err = s.ApplyEncoded(c, data); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Replaying a journal detects every change, loss, swap or insertion before a chained commit.
func TestChain(t *testing.T) {
	mine, other := chain(t, "mine", 6, 1), chain(t, "other", 6, 1)
	whole, err := replayed(mine)
	require.NoError(t, err)
	sum := sha256.Sum256(mine[5])
	assert.Equal(t, "6:"+hex.EncodeToString(sum[:]), whole.Head().String())
	assert.True(t, whole.Chained())

	// renumbered decrements the versions of the commits from an index on, as an attacker does
	// to hide a missing commit.
	renumbered := func(lines [][]byte, from int, by int) [][]byte {
		lines = slices.Clone(lines)
		for i := from; i < len(lines); i++ {
			c, err := account.DecodeCommit(lines[i])
			require.NoError(t, err)
			c.Version = uint64(int(c.Version) + by)
			lines[i] = line(t, *c)
		}
		return lines
	}
	for i := range 5 {
		missing := slices.Delete(slices.Clone(mine), i, i+1)
		_, err := replayed(missing)
		assert.Error(t, err, "commit %d missing", i+1)
		if i > 0 {
			_, err = replayed(renumbered(missing, i, -1))
			assert.ErrorContains(t, err, "commits were lost or replaced", "commit %d missing, and hidden", i+1)
		}

		swapped := slices.Clone(mine)
		swapped[i] = other[i]
		_, err = replayed(swapped)
		assert.ErrorContains(t, err, "commits were lost or replaced", "commit %d that of another journal", i+1)
		_, err = replayed(slices.Concat(mine[:i+1], other[i+1:]))
		assert.ErrorContains(t, err, "commits were lost or replaced", "another journal from %d on", i+2)

		for _, note := range []string{`"none"`, `"m\u0069ne"`} { // another text, and an equal text with another encoding
			changed := slices.Clone(mine)
			changed[i] = bytes.Replace(mine[i], []byte(`"mine"`), []byte(note), 1)
			require.NotEqual(t, mine[i], changed[i])
			_, err = replayed(changed)
			assert.ErrorContains(t, err, "commits were lost or replaced", "commit %d changed to %s", i+1, note)
		}
		without := slices.Clone(mine)
		c, err := account.DecodeCommit(mine[i])
		require.NoError(t, err)
		c.Previous = account.Hash{}
		without[i] = line(t, *c)
		_, err = replayed(without)
		assert.Error(t, err, "commit %d without its previous", i+1)
	}
	var corrupt *account.CorruptError
	_, err = replayed(slices.Concat(mine[:2], other[2:]))
	require.ErrorAs(t, err, &corrupt)
	assert.Equal(t, uint64(3), corrupt.Version)
}

// A commit with equal meaning but another encoding is another commit.
func TestChainIsOfBytes(t *testing.T) {
	lines := chain(t, "mine", 3, 1)
	lines[1] = bytes.Replace(lines[1], []byte(`{"usher":1,`), []byte(`{"usher":1, `), 1)
	_, err := replayed(lines[:2])
	require.NoError(t, err)
	_, err = replayed(lines)
	assert.ErrorContains(t, err, "commit 3 of acme: it follows the commit ")
}

// A journal that older versions of the package started is chained from the first commit with
// a hash on.
func TestChainBegins(t *testing.T) {
	for from := uint64(1); from <= 5; from++ {
		lines := chain(t, "mine", 5, from)
		s, err := replayed(lines)
		require.NoError(t, err, "chained from %d", from)
		assert.True(t, s.Chained())
		for end := range 6 {
			s, err := replayed(lines[:end])
			require.NoError(t, err)
			assert.Equal(t, uint64(end) >= from, s.Chained(), "%d commits, chained from %d", end, from)
			next := commit(account.SettingChanged{Setting: "next", Value: true})
			next.Version = uint64(end) + 1
			if end == 0 {
				next.Changes = []account.Change{account.AccountCreated{Owner: "olga", Unique: "owner"}}
			}
			_, err = s.Apply(&next)
			if s.Chained() {
				assert.ErrorContains(t, err, "it lacks the hash of the commit before it")
			} else {
				assert.NoError(t, err)
			}
			next.Previous = s.Head().Hash
			_, err = s.Apply(&next)
			assert.NoError(t, err)
			next.Previous[7] ^= 1
			_, err = s.Apply(&next)
			assert.ErrorContains(t, err, "it follows the commit")
		}
		if from > 1 {
			last := slices.Clone(lines) // the chain also covers the commit before it
			last[from-2] = []byte(strings.Replace(string(last[from-2]), "mine", "none", 1))
			_, err = replayed(last)
			assert.ErrorContains(t, err, "commits were lost or replaced")
		}
	}
}

// A snapshot contains the head of its state, and later commits must follow it.
func TestSnapshotHasTheHead(t *testing.T) {
	for _, from := range []uint64{1, 4, 9} {
		lines := chain(t, "mine", 6, from)
		for end := range 7 {
			s, err := replayed(lines[:end])
			require.NoError(t, err)
			read, err := account.DecodeState(s.Encode())
			require.NoError(t, err)
			assert.Equal(t, s.Head(), read.Head())
			assert.Equal(t, s.Chained(), read.Chained())
			for _, data := range lines[end:] {
				c, err := account.DecodeCommit(data)
				require.NoError(t, err)
				read, err = read.ApplyEncoded(c, data)
				require.NoError(t, err)
			}
			whole, err := replayed(lines)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(whole.Encode(), read.Encode()))
		}
	}
}

// The three ways to compute the next state agree.
func TestApplyOutcome(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	o, err := propose(p, s, account.AsHost("test"), account.ChangeSetting{Setting: "open", Value: true})
	require.NoError(t, err)
	assert.True(t, o.Next.Head().Hash.IsZero(), "it is not known what the commit will be")
	c := commit(o.Changes...)
	c.Account, c.Version, c.Time, c.Key, c.Request = s.ID(), s.Version()+1, noon, "key", "r"
	data := line(t, c)
	applied, err := s.Apply(&c)
	require.NoError(t, err)
	encoded, err := s.ApplyEncoded(&c, data)
	require.NoError(t, err)
	taken, err := s.ApplyOutcome(o, &c, data)
	require.NoError(t, err)
	assert.Equal(t, string(applied.Encode()), string(encoded.Encode()))
	assert.Equal(t, string(applied.Encode()), string(taken.Encode()))
	assert.Equal(t, account.Head{Version: c.Version, Hash: sha256.Sum256(data)}, taken.Head())
	assert.True(t, o.Next.Head().Hash.IsZero(), "the Outcome stays as it is")
	_, _, ok := o.Next.IdempotentCommit(c.Actor, c.Key)
	assert.False(t, ok)

	for _, wrong := range []func(*account.Commit){
		func(c *account.Commit) { c.Account = "other" },
		func(c *account.Commit) { c.Version++ },
		func(c *account.Commit) { c.Time = c.Time.AddDate(-1, 0, 0) },
		func(c *account.Commit) { c.Previous[0] = 1 },
		func(c *account.Commit) { c.Changes = append(slices.Clone(c.Changes), c.Changes...) },
		func(c *account.Commit) { c.Changes = nil },
	} {
		other := c
		wrong(&other)
		_, err := s.ApplyOutcome(o, &other, data)
		assert.ErrorAs(t, err, new(*account.CorruptError))
	}
	_, err = s.ApplyOutcome(account.Outcome{}, &c, data)
	assert.ErrorAs(t, err, new(*account.CorruptError), "the zero Outcome")
	_, err = taken.ApplyOutcome(o, &c, data)
	assert.ErrorAs(t, err, new(*account.CorruptError), "an Outcome of an earlier state")
}

func TestParseHead(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	h, err := account.ParseHead("17:" + hash)
	require.NoError(t, err)
	assert.Equal(t, uint64(17), h.Version)
	assert.Equal(t, "17:"+hash, h.String())
	for _, text := range []string{
		"", "17", ":" + hash, "17:", "0:" + hash, "017:" + hash, "+17:" + hash, "-1:" + hash, " 17:" + hash, "x:" + hash,
		"17:" + hash[1:], "17:" + hash + "0", "17:" + strings.ToUpper(hash), "17:g" + hash[1:], "17: " + hash,
		"17:" + strings.Repeat("0", 64), "18446744073709551616:" + hash,
	} {
		h, err := account.ParseHead(text)
		assert.Error(t, err, text)
		assert.Zero(t, h, text)
	}
}
