package sqljournal

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first own commit makes the loops look for changes at once. Those soon after it together make
// them look once more, while changes of others do so at once.
func TestWakeForOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(Options{Dialect: PostgreSQL("usher")})
		ws := &j.watchers
		w, gone := ws.add(), ws.add()
		ws.remove(gone)
		WakeForOwn(j)
		require.Len(t, w, 1)
		assert.False(t, ws.soon)
		assert.Empty(t, gone)
		Wake(j)
		assert.Len(t, w, 1)
		<-w

		for range 3 {
			WakeForOwn(j)
		}
		assert.Empty(t, w)
		assert.True(t, ws.soon)
		Wake(j)
		<-w
		time.Sleep(ownEvery)
		synctest.Wait()
		assert.Len(t, w, 1, "an own commit was forgotten")
		assert.False(t, ws.soon)
	})
}
