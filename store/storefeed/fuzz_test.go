package storefeed_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/storefeed"
)

// Lines of any content make a cursor or an error that states the line. A cursor is the same after it
// was written and read, and names no account without a mark.
func FuzzReadCursor(f *testing.F) {
	s := filled(f, "acme:2", "beta:1")
	f.Add(export(f, s, nil))
	f.Add(`{"account":"acme","version":17}` + "\n" + `{"account":"beta","erased":true}` + "\n{")
	f.Add(`{"account":"acme","version":17,"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}` + "\n")
	f.Add("\n\n{\"account\":\"\\u202e\",\"version\":1}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := storefeed.ReadCursor(strings.NewReader(text))
		if err != nil && !errors.Is(err, storefeed.ErrTorn) {
			assert.Nil(t, c)
			assert.True(t, strings.HasPrefix(err.Error(), "line "), "%v", err)
			return
		}
		for id, m := range c {
			assert.NotEmpty(t, id)
			assert.NotEqual(t, m.Erased, m.Head.Version > 0, "%s: %+v", id, m)
		}
		var b bytes.Buffer
		require.NoError(t, c.Write(&b))
		again, err := storefeed.ReadCursor(bytes.NewReader(b.Bytes()))
		require.NoError(t, err)
		assert.Equal(t, c, again)
	})
}
