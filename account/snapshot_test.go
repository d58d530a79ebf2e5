package account_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// busy returns the club after commits of all kinds.
func busy(t testing.TB) *account.State {
	p := compile(t, club)
	s := open(t, p, members())
	s = do(
		t, p, s, account.AsHost("test"),
		account.AddUser{User: "nina", Teams: []usher.TeamID{"chess", "rowing"}},
		account.GiveGrant{User: "nina", Grant: "reports", Until: noon.Add(time.Nanosecond)},
		account.GiveGrant{User: "nina", Grant: "report.read"},
		account.ChangeSetting{Setting: "open", Value: true},
		account.MoveField{Field: "phone"},
		account.MoveTeam{Team: "chess", Parent: "sport"},
		account.CreateTeam{Team: "curling"}, account.CreateTeam{Team: "bowls"},
		account.DeleteTeam{Team: "curling"}, account.DeleteTeam{Team: "bowls"},
		account.AssignSeat{User: "max", Pool: "parking"},
		account.SetTeamRole{Team: "chess", User: "max", Role: "patron"},
	)
	s = do(t, p, s, account.AsUser("max"), account.Request{Commands: []account.Command{account.SetRole{User: "max", Role: "admin"}}}, account.Request{
		Commands: []account.Command{account.AddUser{User: "é", Teams: []usher.TeamID{"chess", "rowing"}}, account.AssignSeat{User: "max", Pool: "booking"}},
		Note:     "for the fair", Until: noon.Add(time.Hour),
	})
	s = do(t, p, s, account.AsUser("max"), account.Withdraw{Request: 1})
	for i, key := range []string{"order 1", "order 2"} {
		next, err := s.Apply(&account.Commit{
			Account: s.ID(), Version: s.Version() + 1, Time: noon.Add(time.Nanosecond), Actor: account.AsHost("shop"), Key: key, Request: "r" + key,
			Changes: []account.Change{account.SeatsSet{Pool: "parking", From: 1 + i, To: 2 + i}},
		})
		require.NoError(t, err)
		s = next
	}
	return s
}

func TestSnapshotHasAllOfTheState(t *testing.T) {
	p := compile(t, club)
	s := busy(t)
	read, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	assert.True(t, bytes.Equal(s.Encode(), read.Encode()))

	assert.Equal(t, s.ID(), read.ID())
	assert.Equal(t, s.Version(), read.Version())
	assert.Equal(t, s.Time(), read.Time())
	assert.Equal(t, s.Owner(), read.Owner())
	assert.Equal(t, s.Fields(), read.Fields())
	assert.Equal(t, collect(s.View(p).Requests(noon, 0)), collect(read.View(p).Requests(noon, 0)))
	assert.Len(t, collect(read.View(p).Requests(noon, 0)), 1)
	assert.Equal(t, s.Users(), read.Users())
	for m := range s.View(p).Users("") {
		u, err := read.User(m.ID)
		require.NoError(t, err)
		require.NotNil(t, u, m.ID)
		assert.Equal(t, m.User, *u, m.ID)
	}
	assert.Equal(t, collect(s.View(p).Teams("")), collect(read.View(p).Teams("")))
	assert.Equal(t, s.View(p).Seats(), read.View(p).Seats())
	assert.Equal(t, s.View(p).Settings(), read.View(p).Settings())
	for i, key := range []string{"order 1", "order 2", "order 3"} {
		for _, state := range []*account.State{s, read} {
			version, request, ok := state.IdempotentCommit(account.AsHost("shop"), key)
			assert.Equal(t, i < 2, ok, key)
			if ok {
				assert.Equal(t, uint64(5+i), version)
				assert.Equal(t, "r"+key, request)
			}
			for _, other := range []account.Actor{account.AsUser("shop"), account.AsHost("bar"), {}} {
				_, _, ok = state.IdempotentCommit(other, key)
				assert.False(t, ok, "the key of another actor is another key")
			}
		}
	}
	assert.NoError(t, read.Fits(p))
}

// A state that was read behaves as the state that was written.
func TestSnapshotGoesOn(t *testing.T) {
	p := compile(t, club)
	s := busy(t)
	read, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	for _, command := range []account.Command{
		account.RemoveUser{User: "cora"},  // the last active coach
		account.CreateTeam{Team: "bowls"}, // deleted before
		account.DefineField{Field: "vegan", Type: account.BoolField},
		account.AssignSeat{User: "ivan", Pool: "booking"},
		account.AssignSeat{User: "nina", Pool: "booking"},
		account.TransferOwnership{To: "adam"},
		account.DeleteAccount{},
	} {
		want, wantErr := propose(p, s, account.AsHost("test"), command)
		have, haveErr := propose(p, read, account.AsHost("test"), command)
		require.Equal(t, wantErr, haveErr)
		assert.Equal(t, want.Changes, have.Changes)
		if wantErr == nil {
			assert.True(t, bytes.Equal(want.Next.Encode(), have.Next.Encode()))
			s, read = want.Next, have.Next
		}
	}
	assert.True(t, read.Deleted(), "the last command was done")
}

// Equal states have equal snapshots, whatever commits led to them.
func TestSnapshotIsTheSameForTheSameState(t *testing.T) {
	p := compile(t, club)
	one := open(t, p, members())
	other := open(t, p, members())
	host := account.AsHost("test")
	one = do(t, p, one, host, account.AddUser{User: "a", Teams: []usher.TeamID{"chess", "rowing"}}, account.AssignSeat{User: "a", Pool: "parking"}, account.ChangeSetting{Setting: "open", Value: true})
	one = do(t, p, one, host, account.GiveGrant{User: "a", Grant: "reports"}, account.GiveGrant{User: "a", Grant: "report.read"})
	other = do(t, p, other, host, account.ChangeSetting{Setting: "open", Value: true}, account.AddUser{User: "b"}, account.AddUser{User: "a", Teams: []usher.TeamID{"rowing"}})
	other = do(
		t, p, other, host, account.GiveGrant{User: "a", Grant: "report.read"}, account.GiveGrant{User: "a", Grant: "reports"},
		account.AddToTeam{User: "a", Team: "chess"}, account.RemoveUser{User: "b"}, account.AssignSeat{User: "a", Pool: "parking"},
		account.SetTeamRole{User: "a", Team: "chess", Role: "captain"}, account.UnsetTeamRole{User: "a", Team: "chess", Role: "captain"},
	)
	assert.Equal(t, string(one.Encode()), string(other.Encode()))
	require.Equal(t, one.Version(), other.Version())
}

func TestSnapshotOfAnAccountThatDoesNotExist(t *testing.T) {
	last := busy(t)
	deleted, err := last.Apply(&account.Commit{Account: last.ID(), Version: last.Version() + 1, Time: last.Time(), Changes: []account.Change{account.AccountDeleted{}}})
	require.NoError(t, err)
	for _, s := range []*account.State{account.New("acme"), deleted} {
		read, err := account.DecodeState(s.Encode())
		require.NoError(t, err)
		assert.True(t, bytes.Equal(s.Encode(), read.Encode()))
		assert.False(t, read.Exists())
		assert.Equal(t, s.Deleted(), read.Deleted())
		assert.Equal(t, s.Time(), read.Time())
	}
	_, err = account.DecodeState(new(account.State).Encode())
	assert.EqualError(t, err, "read snapshot: a name is empty", "the zero State is that of no account")
}

func TestAlikeUsersShareARecordInASnapshot(t *testing.T) {
	s, err := account.DecodeState(company(t, 2000).Encode())
	require.NoError(t, err)
	records := map[any]bool{}
	for i := range 2000 {
		u, err := s.User(userID(i))
		require.NoError(t, err)
		records[u] = true
	}
	assert.Equal(t, 100*3+20, len(records), "of a team: its manager, those with a seat and those without; and 20 with a grant")
}

func TestDamagedSnapshotIsRefused(t *testing.T) {
	data := busy(t).Encode()
	for n := range data {
		_, err := account.DecodeState(data[:n])
		require.Error(t, err, "the first %d bytes", n)
		broken := append([]byte(nil), data...)
		broken[n] ^= 0x10
		_, err = account.DecodeState(broken)
		require.Error(t, err, "byte %d", n)
	}
	_, err := account.DecodeState(append(data, 0))
	assert.EqualError(t, err, "read snapshot: it is damaged: the checksum does not match")
	_, err = account.DecodeState([]byte(`{"usher":1}` + strings.Repeat(" ", 20)))
	assert.EqualError(t, err, "read snapshot: it is not a snapshot")

	newer := append([]byte(nil), data...)
	newer[len("usher\x00state")] = account.SnapshotFormat + 1
	_, err = account.DecodeState(newer)
	assert.ErrorIs(t, err, account.ErrNewer)
	assert.NotErrorIs(t, err, account.ErrCorrupt, "it is not damaged")
	assert.EqualError(t, err, "read snapshot: written in a newer format: 5, and this version of the library reads up to 4")

	older := append([]byte(nil), data...)
	older[len("usher\x00state")] = 1
	_, err = account.DecodeState(older)
	assert.ErrorIs(t, err, account.ErrOlder)
	assert.NotErrorIs(t, err, account.ErrCorrupt, "it is not damaged")
	assert.EqualError(t, err, "read snapshot: written in an older format: 1, and this version of the library reads 4")
}

// Forged snapshots with a valid checksum cannot create a state that Apply could not make:
// each byte is replaced by others in turn.
func TestHostileSnapshotMakesNoOddState(t *testing.T) {
	data := busy(t).Encode()
	accepted, tried := 0, uint64(0)
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	for n := len("usher\x00state") + 1; n < len(data)-4; n++ {
		for _, b := range []byte{0, 1, 2, data[n] + 1, data[n] - 1, 0x7f, 0x80, 0xff} {
			broken := append([]byte(nil), data[:len(data)-4]...)
			broken[n] = b
			tried++
			s, err := account.DecodeState(signed(broken))
			if err == nil {
				accepted++
				requireSound(t, s)
			}
		}
	}
	runtime.ReadMemStats(&end)
	assert.NotZero(t, accepted, "other names, for example, are fine")
	assert.Less(t, (end.TotalAlloc-start.TotalAlloc)/tried, uint64(1<<18), "bytes for each: no number that stands there is taken at its word")
}

// signed appends the checksum to a snapshot.
func signed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

// requireSound fails for a state that Apply could not have made.
func requireSound(t *testing.T, s *account.State) {
	t.Helper()
	v := s.View(nil)
	facts, err := s.Account()
	require.NoError(t, err, "the teams are a tree")
	held := map[string]int{}
	owners := 0
	var unique string
	if u, _ := s.User(s.Owner()); u != nil {
		unique = string(u.Role)
	}
	for m := range v.Users("") {
		require.True(t, m.Status >= usher.Invited && m.Status <= usher.Requested)
		require.NotEmpty(t, m.Role)
		if string(m.Role) == unique {
			owners++
		}
		for i, in := range m.Teams {
			require.True(t, facts.Teams.Has(in.Team), "%s is in a team that is there", m.ID)
			require.True(t, i == 0 || m.Teams[i-1].Team < in.Team)
		}
		for i, pool := range m.Seats {
			held[string(pool)]++
			require.True(t, i == 0 || m.Seats[i-1] < pool)
		}
		for i, g := range m.Grants {
			require.True(t, i == 0 || m.Grants[i-1].Name < g.Name)
		}
	}
	if s.Exists() {
		require.Equal(t, 1, owners)
		require.False(t, s.Time().IsZero())
	} else {
		require.Zero(t, s.Users())
	}
	for _, pool := range v.Seats() {
		require.Equal(t, held[string(pool.Pool)], pool.Held)
		require.GreaterOrEqual(t, pool.Left, 0)
		delete(held, string(pool.Pool))
	}
	require.Empty(t, held)
	again, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	require.True(t, bytes.Equal(s.Encode(), again.Encode()))
}

func FuzzDecodeState(f *testing.F) {
	head := len("usher\x00state") + 1
	for _, s := range []*account.State{busy(f), account.New("acme"), company(f, 40)} {
		data := s.Encode()
		f.Add(data[head : len(data)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		data := append([]byte("usher\x00state\x01"), body...)
		if s, err := account.DecodeState(signed(data)); err == nil {
			requireSound(t, s)
		}
	})
}
