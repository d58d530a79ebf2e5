package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/boltstore"
)

// An inline bucket lies in the leaf with its name, and bbolt may read it from a copy on the heap.
// Open detects an inline bucket whose lengths exceed its bytes.
func TestInlineBucketTooLong(t *testing.T) {
	d := sound(t, 0)
	used := map[int]bool{}
	for _, b := range d.inUse(t) {
		used[b.offset] = true
	}
	const bucketHead, elementsBegin = 16, 16
	for _, name := range []string{"heads", "records", "sightings", "snapshots", "usher"} {
		at := -1 // offset of the bucket's page
		for i := range d.whole {
			// The name of an inline bucket is followed by root 0.
			if used[i] && bytes.HasPrefix(d.whole[i:], append([]byte(name), make([]byte, 8)...)) {
				at = i + len(name) + bucketHead
			}
		}
		require.Positive(t, at, name)
		count := binary.NativeEndian.Uint16(d.whole[at+10:])
		damages := map[string]func(page []byte){
			"elements": func(page []byte) { binary.NativeEndian.PutUint16(page[10:], count|0x200) },
			"a branch": func(page []byte) { binary.NativeEndian.PutUint16(page[8:], 1) },
		}
		if count > 0 {
			for i, what := range []string{"where a key begins", "the length of a key", "the length of a value"} {
				damages[what] = func(page []byte) {
					binary.NativeEndian.PutUint32(page[elementsBegin+4*(i+1):], 1<<20)
				}
			}
		}
		for what, damage := range damages {
			whole := bytes.Clone(d.whole)
			damage(whole[at:])
			path := filepath.Join(t.TempDir(), "journal")
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			for _, readOnly := range []bool{true, false} {
				_, err := boltstore.Open(path, boltstore.Options{ReadOnly: readOnly})
				assert.ErrorIs(t, err, boltstore.ErrDamaged, "%s: %s", name, what)
			}
		}
	}
}
