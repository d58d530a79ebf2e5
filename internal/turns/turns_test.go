package turns

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A turn makes all calls, and no two workers have the same thing.
func TestRun(t *testing.T) {
	const things, workers, calls = 10, 3, 1000
	var busy [things]atomic.Bool
	var made atomic.Int64
	w := Way{Name: "way", Do: func(i int) error {
		assert.False(t, busy[i].Swap(true), i)
		made.Add(1)
		busy[i].Store(false)
		return nil
	}}
	w.run(nil, Load{Workers: workers, Things: things, Calls: calls})
	assert.EqualValues(t, calls, made.Load())
}

func TestShare(t *testing.T) {
	s := time.Second
	assert.Equal(t, 2.0, share([]time.Duration{4 * s, 4 * s, 4 * s}, []time.Duration{4 * s, 2 * s, 1 * s}))
}
