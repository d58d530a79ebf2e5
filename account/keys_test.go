package account_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// keyStory is an account in which actors make commits under keys.
type keyStory struct {
	t     testing.TB
	state *account.State
}

func newKeyStory(t testing.TB) *keyStory {
	return &keyStory{t, open(t, compile(t, club), members())}
}

// commit makes a commit of an actor under a key and returns its version.
func (k *keyStory) commit(actor account.Actor, key string) uint64 {
	k.t.Helper()
	version := k.state.Version() + 1
	next, err := k.state.Apply(&account.Commit{
		Account: "club", Version: version, Time: noon, Actor: actor, Key: key, Request: "r" + key,
		Changes: []account.Change{account.SettingChanged{Setting: "open", Value: version%2 == 0}},
	})
	require.NoError(k.t, err)
	k.state = next
	return version
}

func (k *keyStory) knows(actor account.Actor, key string) bool {
	_, _, ok := k.state.IdempotentCommit(actor, key)
	return ok
}

func TestIdempotentCommit(t *testing.T) {
	k := newKeyStory(t)
	mia := account.AsUser("mia")
	made := k.commit(mia, "a")
	version, request, ok := k.state.IdempotentCommit(mia, "a")
	assert.True(t, ok)
	assert.Equal(t, made, version)
	assert.Equal(t, "ra", request)
	assert.False(t, k.knows(mia, ""))
	assert.False(t, k.knows(mia, "b"))
	assert.False(t, k.knows(account.AsHost("mia"), "a"), "that of another actor is another key")
	assert.False(t, k.knows(account.AsUser("max"), "a"), "that of another actor is another key")
}

// A journal in which an actor used a key twice stays readable: the library that wrote it had
// forgotten the first commit.
func TestKeyUsedTwice(t *testing.T) {
	k := newKeyStory(t)
	mia := account.AsUser("mia")
	k.commit(mia, "a")
	k.commit(mia, "b")
	again := k.commit(mia, "a")
	version, _, _ := k.state.IdempotentCommit(mia, "a")
	assert.Equal(t, again, version, "the later one counts")
	for i := range account.KeysPerUser - 1 {
		assert.True(t, k.knows(mia, "a"), "after %d others", i)
		assert.Equal(t, i < account.KeysPerUser-2+1, k.knows(mia, "a"))
		k.commit(mia, fmt.Sprint("c", i))
	}
	assert.False(t, k.knows(mia, "b"), "it is older")
	assert.True(t, k.knows(mia, "a"))
	k.commit(mia, "d")
	assert.False(t, k.knows(mia, "a"))
}

// One actor, with any number of keys, evicts no keys of other actors.
func TestOneActorEvictsTheirOwnKeys(t *testing.T) {
	for name, attacker := range map[string]account.Actor{"user": account.AsUser("eve"), "host": account.AsHost("job")} {
		k := newKeyStory(t)
		var victims []account.Actor
		for i := range 3 {
			victims = append(victims, account.AsUser(usher.UserID(fmt.Sprint("v", i))), account.AsHost(fmt.Sprint("part ", i)))
		}
		for _, v := range victims {
			k.commit(v, "only")
		}
		each := account.KeysPerUser
		if attacker.Host() != "" {
			each = account.KeysPerPart
		}
		for i := range 2*account.MaxIdempotencyKeys + 1 {
			k.commit(attacker, fmt.Sprint(i))
			if i >= each {
				require.False(t, k.knows(attacker, fmt.Sprint(i-each)), name)
			}
			require.True(t, k.knows(attacker, fmt.Sprint(max(0, i-each+1))), name)
		}
		for _, v := range victims {
			assert.True(t, k.knows(v, "only"), "%s: that of %s", name, v)
		}
	}
}

// Users, with any number of keys, evict no keys of the host, and the host evicts no keys of
// users.
func TestHostAndUsersHaveRoomOfTheirOwn(t *testing.T) {
	k := newKeyStory(t)
	billing, mia := account.AsHost("billing"), account.AsUser("mia")
	k.commit(billing, "old")
	k.commit(mia, "old")
	for i := range account.MaxIdempotencyKeys + 1 {
		k.commit(account.AsHost(fmt.Sprint("part ", i)), "key")
	}
	assert.True(t, k.knows(mia, "old"))
	assert.False(t, k.knows(billing, "old"), "there are so many parts that the oldest of their only keys goes")

	k = newKeyStory(t)
	k.commit(billing, "old")
	for i := range 2 * account.MaxIdempotencyKeys {
		k.commit(account.AsUser(usher.UserID(fmt.Sprint("sybil ", i%5000))), fmt.Sprint(i))
	}
	assert.True(t, k.knows(billing, "old"))
}

// Users with many keys lose their own keys to a user with few, and do not evict the keys of a
// user who has as few as they have.
func TestManyUsersEvictNoKeysOfOneWhoHasFewer(t *testing.T) {
	k := newKeyStory(t)
	mia := account.AsUser("mia")
	for i := range 3 {
		k.commit(mia, fmt.Sprint(i))
	}
	sybils := account.UserKeys / account.KeysPerUser * 2
	for i := range 3 * account.UserKeys {
		k.commit(account.AsUser(usher.UserID(fmt.Sprint("sybil ", i%sybils))), fmt.Sprint(i))
	}
	for i := range 3 {
		assert.True(t, k.knows(mia, fmt.Sprint(i)))
	}
	for i := 3; i < 20; i++ {
		k.commit(mia, fmt.Sprint(i))
	}
	for i := range 20 {
		assert.True(t, k.knows(mia, fmt.Sprint(i)), "there is room for more of hers: the others have more")
	}
	for i := range account.KeysPerUser {
		k.commit(mia, fmt.Sprint("more ", i))
	}
	assert.False(t, k.knows(mia, "19"), "she has as many as anybody, so her own oldest goes")
}

// slowKeys is a slow model of what the documentation of MaxIdempotencyKeys describes.
type slowKeys struct {
	list  []slowKey // the oldest first
	count map[account.Actor]int
}

type slowKey struct {
	actor   account.Actor
	key     string
	version uint64
}

func (s *slowKeys) add(n slowKey) {
	s.drop(func(k slowKey) bool { return k.actor == n.actor && k.key == n.key })
	s.list = append(s.list, n)
	s.count[n.actor]++
	isHost := n.actor.Host() != ""
	room, each := account.UserKeys, account.KeysPerUser
	if isHost {
		room, each = account.HostKeys, account.KeysPerPart
	}
	all, most := 0, 0
	for a, count := range s.count {
		if (a.Host() != "") == isHost {
			all += count
			most = max(most, count)
		}
	}
	mine := s.count[n.actor]
	switch {
	case mine > each, all > room && most > 1 && mine == most:
		s.drop(func(k slowKey) bool { return k.actor == n.actor })
	case all > room:
		s.drop(func(k slowKey) bool { return (k.actor.Host() != "") == isHost && s.count[k.actor] == most })
	}
}

// drop removes the oldest of some keys, if there is one.
func (s *slowKeys) drop(of func(slowKey) bool) {
	if i := slices.IndexFunc(s.list, of); i >= 0 {
		a := s.list[i].actor
		if s.count[a]--; s.count[a] == 0 {
			delete(s.count, a)
		}
		s.list = slices.Delete(s.list, i, i+1)
	}
}

// The remembered keys agree with the slow model after any commits, also after a snapshot and
// later commits.
func TestKeysAgreeWithTheSlowWay(t *testing.T) {
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 7))
		actors := []int{4, 60, 400, 6000}[seed]
		k := newKeyStory(t)
		slow := slowKeys{count: map[account.Actor]int{}}
		other := k.state // sometimes replaced by one read from a snapshot
		for i := range 6_000 {
			n := int(float64(actors) * random.Float64() * random.Float64() * random.Float64()) // some have many
			a := account.AsUser(usher.UserID(fmt.Sprint("u", n)))
			if random.IntN(3) == 0 {
				a = account.AsHost(fmt.Sprint("h", n))
			}
			key := fmt.Sprint(random.IntN(1 << 20))
			if random.IntN(50) == 0 && len(slow.list) > 0 {
				used := slow.list[random.IntN(len(slow.list))]
				a, key = used.actor, used.key
			}
			version := k.commit(a, key)
			slow.add(slowKey{a, key, version})
			beside := keyStory{t, other}
			beside.commit(a, key)
			if other = beside.state; random.IntN(500) == 0 {
				read, err := account.DecodeState(other.Encode())
				require.NoError(t, err)
				other = read
			}
			if i%1000 != 999 {
				continue
			}
			require.True(t, bytes.Equal(k.state.Encode(), other.Encode()), "seed %d: after a snapshot it is the same", seed)
			require.Equal(t, len(slow.list), remembered(t, k.state, slow.list), "seed %d, commit %d", seed, i)
		}
		assert.LessOrEqual(t, len(slow.list), account.MaxIdempotencyKeys)
	}
}

// remembered returns how many keys a state has, and fails if one of them is not expected.
func remembered(t testing.TB, s *account.State, expected []slowKey) int {
	t.Helper()
	for _, k := range expected {
		version, request, ok := s.IdempotentCommit(k.actor, k.key)
		require.True(t, ok, "%s of %s", k.key, k.actor)
		require.Equal(t, k.version, version)
		require.Equal(t, "r"+k.key, request)
	}
	return account.KeyCount(s)
}

// A commit under a key costs little more when all keys are taken: its allocations grow with
// the logarithm of the number of keys, here by a factor of a thousand.
func TestKeyCostsLittle(t *testing.T) {
	cost := func(before int) uint64 {
		k := newKeyStory(t)
		for i := range before {
			k.commit(account.AsUser(usher.UserID(fmt.Sprint("user-", i%700))), fmt.Sprint(i))
		}
		const n = 200
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		for i := range n {
			k.commit(account.AsUser(usher.UserID(fmt.Sprint("user-", i%700))), fmt.Sprint("next ", i))
		}
		runtime.ReadMemStats(&m1)
		return (m1.Mallocs - m0.Mallocs) / n
	}
	few, many := cost(3), cost(account.UserKeys)
	t.Logf("%d allocations with few keys, %d with many", few, many)
	assert.Less(t, many, 4*few)
}

// A snapshot from before the bound for each actor is readable, and the oldest keys beyond the
// bound are evicted.
func TestSnapshotWithMoreKeysOfAnActor(t *testing.T) {
	k := newKeyStory(t)
	s := account.WithKeys(k.state, account.AsUser("mia"), account.MaxIdempotencyKeys)
	read, err := account.DecodeState(s)
	require.NoError(t, err)
	assert.Equal(t, account.KeysPerUser, account.KeyCount(read))
	for i := range account.KeysPerUser {
		_, _, ok := read.IdempotentCommit(account.AsUser("mia"), fmt.Sprint("key ", account.MaxIdempotencyKeys-1-i))
		assert.True(t, ok)
	}
	again, err := account.DecodeState(read.Encode())
	require.NoError(t, err)
	assert.True(t, bytes.Equal(read.Encode(), again.Encode()))
}
