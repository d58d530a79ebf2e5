package table

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

type record struct {
	n int
	_ [7]int
}

var (
	sink  int
	fence time.Time
)

// benchIDs returns n ids: short ones of 12 bytes, or UUIDs.
func benchIDs(kind string, n int, random *rand.Rand) []string {
	ids := make([]string, n)
	for i := range ids {
		if kind == "uuid" {
			ids[i] = fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Uint32()>>16, random.Uint32()>>20, random.Uint32()>>20, random.Uint64()>>16)
		} else {
			ids[i] = fmt.Sprintf("user-%07d", i)
		}
	}
	return ids
}

func BenchmarkFind(b *testing.B) {
	for _, kind := range []string{"short", "uuid"} {
		for _, n := range []int{100, 10_000, 1_000_000} {
			random := rand.New(rand.NewPCG(1, uint64(n)))
			ids := benchIDs(kind, n, random)
			m := make(map[string]*record)
			var e Edit[*record]
			for i, id := range ids {
				r := &record{n: i}
				m[id] = r
				e.Set(id, r)
			}
			t := e.Table()
			asked := make([]string, 1<<17)
			for i := range asked {
				asked[i] = strings.Clone(ids[random.IntN(n)])
			}
			runtime.GC()
			inMap := func(i int) { sink += m[asked[i&(len(asked)-1)]].n }
			inTable := func(i int) {
				r, _ := t.Find(asked[i&(len(asked)-1)])
				sink += r.n
			}
			for _, way := range []struct {
				name    string
				between func()
			}{{"tight", func() {}}, {"apart", func() { fence = time.Now() }}} {
				b.Run(fmt.Sprintf("%s/%s/%d", way.name, kind, n), func(b *testing.B) {
					var took [3][]float64
					const turn = 2048
					nothing := func(int) {}
					for i := 0; i < b.N; i += turn {
						for side, find := range []func(int){inMap, inTable, nothing} {
							start := time.Now()
							for k := range turn {
								find(i + k + side*len(asked)/2)
								way.between()
							}
							took[side] = append(took[side], float64(time.Since(start))/turn)
						}
					}
					idle := median(took[2])
					b.ReportMetric(median(took[0])-idle, "ns-map")
					b.ReportMetric(median(took[1])-idle, "ns-table")
					b.ReportMetric((median(took[1])-idle)/(median(took[0])-idle), "x-map")
				})
			}
		}
	}
}

// median ignores the rounds that other load on the machine slows down.
func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func BenchmarkBuild(b *testing.B) {
	for _, kind := range []string{"short", "uuid"} {
		ids := benchIDs(kind, 1_000_000, rand.New(rand.NewPCG(1, 1)))
		b.Run(kind, func(b *testing.B) {
			var took [2]time.Duration
			var bytes [2]uint64
			for range b.N {
				for side := range took {
					var before, after runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&before)
					start := time.Now()
					var keep any
					if side == 0 {
						m := map[string]*record{}
						for _, id := range ids {
							m[id] = nil
						}
						keep = m
					} else {
						var e Edit[*record]
						for _, id := range ids {
							e.Set(id, nil)
						}
						keep = e.Table()
					}
					took[side] += time.Since(start)
					runtime.GC()
					runtime.ReadMemStats(&after)
					bytes[side] += after.HeapAlloc - before.HeapAlloc
					runtime.KeepAlive(keep)
				}
			}
			per := float64(b.N * len(ids))
			b.ReportMetric(float64(took[0].Nanoseconds())/per, "ns-map")
			b.ReportMetric(float64(took[1].Nanoseconds())/per, "ns-table")
			b.ReportMetric(float64(took[1])/float64(took[0]), "x-map")
			b.ReportMetric(float64(bytes[0])/per, "B-map")
			b.ReportMetric(float64(bytes[1])/per, "B-table")
		})
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, kind := range []string{"short", "uuid"} {
		random := rand.New(rand.NewPCG(1, 1))
		ids := benchIDs(kind, 1_000_000, random)
		more := benchIDs("uuid", 1<<16, random)
		if kind == "short" {
			for i := range more {
				more[i] = more[i][:12]
			}
		}
		var e Edit[*record]
		for _, id := range ids {
			e.Set(id, nil)
		}
		t := e.Table()
		r := &record{}
		for _, what := range []string{"change", "add"} {
			b.Run(kind+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				took := make([]time.Duration, 0, b.N)
				now := t
				for i := range b.N {
					id := ids[random.IntN(len(ids))]
					if what == "add" {
						id = more[i%len(more)]
						if i%len(more) == 0 {
							now = t
						}
					}
					start := time.Now()
					e := now.Edit()
					e.Set(id, r)
					now = e.Table()
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2]), "ns-p50")
				b.ReportMetric(float64(took[len(took)*99/100]), "ns-p99")
				b.ReportMetric(float64(took[len(took)*999/1000]), "ns-p99.9")
			})
		}
	}
}
