package sqljournal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first own commit makes the loops look for changes at once. Those soon after it together make
// them look once more, while changes of others do so at once.
func TestWakeForOwn(t *testing.T) {
	j := New(Options{Dialect: PostgreSQL("usher")})
	ws := &j.watchers
	w, gone := ws.add(), ws.add()
	ws.remove(gone)
	j.WakeForOwn()
	require.Len(t, w, 1)
	assert.False(t, ws.soon)
	assert.Empty(t, gone)
	j.Wake()
	assert.Len(t, w, 1)
	<-w

	ws.last = time.Now().Add(time.Second) // so that the test has time
	for range 3 {
		j.WakeForOwn()
	}
	ws.mu.Lock()
	assert.True(t, ws.soon)
	ws.mu.Unlock()
	j.Wake()
	<-w
	select {
	case <-w:
	case <-time.After(time.Minute):
		t.Fatal("an own commit was forgotten")
	}
	ws.mu.Lock()
	assert.False(t, ws.soon)
	ws.mu.Unlock()
}
