package preset_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/preset"
)

func TestNames(t *testing.T) {
	assert.Equal(t, []string{"calcom", "clinic", "groupcal", "oncehub", "staffdirectory", "workspace"}, preset.Names())
}

func TestLoad(t *testing.T) {
	for _, name := range preset.Names() {
		t.Run(name, func(t *testing.T) {
			p, err := preset.Load(name)
			require.NoError(t, err)
			assert.Empty(t, p.Warnings())
			assert.Equal(t, name, p.Name())
			assert.Equal(t, name+".yaml", p.File(), "messages name the preset's file")

			again, err := preset.Load(name)
			require.NoError(t, err)
			assert.Same(t, p, again, "it is compiled once")
		})
	}
}

func TestLoadUnknown(t *testing.T) {
	for _, row := range []struct{ name, want string }{
		{"once-hub", `unknown preset "once-hub"; did you mean "oncehub"? (calcom, clinic, groupcal, oncehub, staffdirectory, workspace)`},
		{"", `unknown preset "" (calcom, clinic, groupcal, oncehub, staffdirectory, workspace)`},
		{"./oncehub", `unknown preset "./oncehub"; did you mean "oncehub"? (calcom, clinic, groupcal, oncehub, staffdirectory, workspace)`},
	} {
		p, err := preset.Load(row.name)
		assert.Nil(t, p)
		assert.EqualError(t, err, row.want)
		_, ok := preset.Source(row.name)
		assert.False(t, ok)
	}
}

func TestSourceIsACopy(t *testing.T) {
	src, ok := preset.Source("calcom")
	require.True(t, ok)
	clear(src)
	again, _ := preset.Source("calcom")
	assert.True(t, bytes.Contains(again, []byte("name: calcom\n")))
}
