package account_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// imported returns the commit of an import of n users, each in a team, every third with a
// seat.
func imported(users int) account.Commit {
	changes := make([]account.Change, 0, users*7/3)
	for i := range users {
		id := usher.UserID(fmt.Sprintf("user-%07d", i))
		changes = append(changes,
			account.UserAdded{User: id, Role: "member", Status: usher.Active},
			account.MemberAdded{Team: usher.TeamID(fmt.Sprintf("team-%05d", i/20)), User: id})
		if i%3 == 0 {
			changes = append(changes, account.SeatAssigned{User: id, Pool: "booking"})
		}
	}
	return commit(changes...)
}

// written is a commit in the form that encoding/json writes, as the reference.
type written struct {
	Usher   int             `json:"usher"`
	Account usher.AccountID `json:"account"`
	Version uint64          `json:"version"`
	ID      string          `json:"id"`
	Time    time.Time       `json:"time"`
	Actor   struct {
		User usher.UserID `json:"user"`
	} `json:"actor"`
	Policy  string            `json:"policy"`
	Changes []json.RawMessage `json:"changes"`
}

func BenchmarkEncodeCommit(b *testing.B) {
	b.Run("role-set", func(b *testing.B) {
		c := golden["role-set"]
		b.ReportAllocs()
		for b.Loop() {
			_, _ = c.Encode()
		}
	})
	b.Run("role-set/encoding-json", func(b *testing.B) {
		c := golden["role-set"]
		b.ReportAllocs()
		for b.Loop() {
			w := written{Usher: 1, Account: c.Account, Version: c.Version, ID: c.ID, Time: c.Time, Policy: c.Policy}
			w.Actor.User = c.Actor.User()
			for _, change := range c.Changes {
				data, err := json.Marshal(struct {
					Change string `json:"change"`
					account.RoleSet
				}{account.NameOfChange(change), change.(account.RoleSet)})
				require.NoError(b, err)
				w.Changes = append(w.Changes, data)
			}
			_, _ = json.Marshal(&w)
		}
	})
	b.Run("import-100k", func(b *testing.B) {
		c := imported(100_000)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = c.Encode()
		}
	})
}

func BenchmarkDecodeCommit(b *testing.B) {
	for _, size := range []int{0, 100_000} {
		c := golden["role-set"]
		name := "role-set"
		if size > 0 {
			c, name = imported(size), "import-100k"
		}
		data, err := c.Encode()
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := account.DecodeCommit(data)
				require.NoError(b, err)
			}
		})
		b.Run(name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var w written
				require.NoError(b, json.Unmarshal(data, &w))
				for _, raw := range w.Changes {
					var change struct {
						Change, User, Role, Status, Team, Pool, From, To string
					}
					require.NoError(b, json.Unmarshal(raw, &change))
				}
			}
		})
	}
}
