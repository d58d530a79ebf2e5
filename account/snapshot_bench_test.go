package account_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// company returns an account of n users with ids of twelve bytes, a team for every twenty of
// them with one manager, a seat for every second user, and a grant for one user in fifty.
func company(tb testing.TB, users int) *account.State {
	tb.Helper()
	changes := []account.Change{
		account.AccountCreated{Owner: "olga", Unique: "owner"},
		account.SeatsSet{Pool: "booking", To: users},
	}
	for i := range users / 20 {
		t := account.TeamCreated{Team: usher.TeamID(fmt.Sprintf("team-%06d", i))}
		if i%10 > 0 {
			t.Parent = usher.TeamID(fmt.Sprintf("team-%06d", i-i%10))
		}
		changes = append(changes, t)
	}
	for i := range users {
		id, team := userID(i), usher.TeamID(fmt.Sprintf("team-%06d", i/20))
		r := role.Name("member")
		if i%100 == 0 {
			r = "admin"
		}
		changes = append(changes, account.UserAdded{User: id, Role: r, Status: usher.Active}, account.MemberAdded{Team: team, User: id})
		if i%20 == 0 {
			changes = append(changes, account.TeamRoleSet{Team: team, User: id, Role: "manager"})
		}
		if i%2 == 0 {
			changes = append(changes, account.SeatAssigned{User: id, Pool: "booking"})
		}
		if i%50 == 0 {
			changes = append(changes, account.GrantGiven{User: id, Grant: "chatbots", Until: noon.AddDate(0, i%12, 0)})
		}
	}
	c := commit(changes...)
	c.Version = 1
	s, err := account.New("acme").Apply(&c)
	require.NoError(tb, err)
	return s
}

func userID(i int) usher.UserID { return usher.UserID(fmt.Sprintf("user-%07d", i)) }

var sizes = []struct {
	name  string
	users int
}{{"10k", 10_000}, {"1M", 1_000_000}}

func BenchmarkEncodeState(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			s := company(b, size.users)
			b.ReportAllocs()
			var data []byte
			for b.Loop() {
				data = s.Encode()
			}
			b.ReportMetric(float64(len(data))/float64(size.users), "bytes/user")
		})
	}
}

func BenchmarkDecodeState(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			data := company(b, size.users).Encode()
			b.ReportAllocs()
			for b.Loop() {
				_, err := account.DecodeState(data)
				require.NoError(b, err)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(size.users), "ns/user")
		})
	}
}

// BenchmarkStateHeap measures a state's size on the heap, and that of a handwritten
// reference: a map of small structs with nothing but numbers.
func BenchmarkStateHeap(b *testing.B) {
	type record struct {
		status, role uint8
		seats        uint16
		team, grants uint32
	}
	for _, size := range sizes {
		data := company(b, size.users).Encode()
		b.Run(size.name, func(b *testing.B) {
			weigh(b, size.users, func() any {
				s, err := account.DecodeState(data)
				require.NoError(b, err)
				return s
			})
		})
		b.Run(size.name+"/map", func(b *testing.B) {
			weigh(b, size.users, func() any {
				m := map[string]record{}
				for i := range size.users {
					m[string(userID(i))] = record{1, 2, 1, uint32(i / 20), 0}
				}
				return m
			})
		})
	}
}

func weigh(b *testing.B, users int, make func() any) {
	var total uint64
	for b.Loop() {
		before := heap()
		it := make()
		total += heap() - before
		runtime.KeepAlive(it)
	}
	b.ReportMetric(float64(total)/float64(b.N)/float64(users), "heap-bytes/user")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
