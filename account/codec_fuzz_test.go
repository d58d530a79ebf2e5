package account_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
)

// Every input that decodes as a commit is JSON, and decodes to the same commit after
// encoding.
func FuzzDecodeCommit(f *testing.F) {
	files, err := filepath.Glob("testdata/commits/*.json")
	require.NoError(f, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"usher":1,"changes":[{"change":"account-deleted"}],"\u0069d":"\ud83d\ude00\/\b\f\n\r\t","policy":"p","actor":{"host":"h"},"time":"2026-03-01T12:00:00.50Z","version":1,"account":"a"} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := account.DecodeCommit(data)
		if err != nil {
			return
		}
		var header struct{ ID, Note, Policy string }
		require.NoError(t, json.Unmarshal(data, &header), "what is read is JSON")
		require.Equal(t, [3]string{c.ID, c.Note, c.Policy}, [3]string{header.ID, header.Note, header.Policy}, "texts are those of JSON")
		written, err := c.Encode()
		require.NoError(t, err, "what is read can be written")
		again, err := account.DecodeCommit(written)
		require.NoError(t, err)
		if diff := cmp.Diff(c, again, cmp.AllowUnexported(account.Actor{})); diff != "" {
			t.Errorf("DecodeCommit of what Encode wrote (-first +second):\n%s", diff)
		}
		twice, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(written), string(twice))
	})
}
