package policy_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// directory is a company as the engine stores it: users in a table, where equal users
// share a record.
type directory struct {
	users   *table.Table[*policy.User]
	account policy.Account
}

func (d *directory) User(id usher.UserID) (*policy.User, error) {
	user, _ := d.users.Find(string(id))
	return user, nil
}

func (d *directory) Account() (*policy.Account, error) { return &d.account, nil }

func newDirectory(c *company) *directory {
	var users table.Edit[*policy.User]
	alike := map[string]*policy.User{}
	for _, id := range c.ids {
		u := c.users[usher.UserID(id)]
		key := fmt.Sprint(*u)
		if alike[key] == nil {
			alike[key] = u.Compact()
		}
		users.Set(id, alike[key])
	}
	return &directory{users: users.Table()}
}

// BenchmarkDecideOnTable is BenchmarkDecide with users in the engine's table. The sides
// alternate, and the median round counts, which is stable on a busy machine.
func BenchmarkDecideOnTable(b *testing.B) {
	p := onceHub(b)
	for _, users := range []int{100, 10_000, 1_000_000} {
		random := rand.New(rand.NewPCG(1, uint64(users)))
		c := newCompany(users, random)
		list := c.questions(1<<17, random)
		d := newDirectory(c)
		c.users = nil
		for _, q := range list {
			got, err := p.Decide(d, &q.request)
			if want := c.byHand(q.user, q.name, q.request.Resource); err != nil || got.Allowed() != want {
				b.Fatalf("Decide(%s, %s, %+v) = %v, %v, want %t", q.user, q.name, q.request.Resource, got, err, want)
			}
		}
		runtime.GC()
		sides := []func(int){
			func(i int) {
				q := &list[i&(len(list)-1)]
				sink = c.byHand(q.user, q.name, q.request.Resource)
			},
			func(i int) {
				d, _ := p.Decide(d, &list[i&(len(list)-1)].request)
				sink = d.Allowed()
			},
			func(int) {},
		}
		for _, way := range []struct {
			name    string
			between func()
		}{{"tight", func() {}}, {"apart", func() { fence = time.Now() }}} {
			b.Run(fmt.Sprintf("%s/users=%d", way.name, users), func(b *testing.B) {
				b.ReportAllocs()
				const turn = 2048
				var took [3][]float64
				for side := range took {
					took[side] = make([]float64, 0, b.N/turn+1)
				}
				for i := 0; i < b.N; i += turn {
					for side, ask := range sides {
						start := time.Now()
						for k := range turn {
							ask(i + k + side*len(list)/2) // not the entries that the other side has just loaded into the cache
							way.between()
						}
						took[side] = append(took[side], float64(time.Since(start))/turn)
					}
				}
				for side := range took {
					slices.Sort(took[side])
				}
				middle := len(took[0]) / 2
				idle := took[2][middle]
				reference, decide := took[0][middle]-idle, took[1][middle]-idle
				b.ReportMetric(reference, "ns-reference")
				b.ReportMetric(decide, "ns-usher")
				b.ReportMetric(decide/reference, "x-reference")
			})
		}
	}
}
