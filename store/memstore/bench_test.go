package memstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// Appends of 200 bytes, each goroutine to an account of its own.
func BenchmarkAppend(b *testing.B) {
	s := new(memstore.Store)
	data := make([]byte, 200)
	var goroutines atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		account := usher.AccountID(fmt.Sprint(goroutines.Add(1)))
		for version := uint64(1); pb.Next(); version++ {
			if err := s.Append(b.Context(), account, store.Entry{Commit: store.Commit{Version: version, Data: data}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
