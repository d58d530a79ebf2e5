package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInPlace(t *testing.T) {
	n, problems := parse("plain: any if ö\n'single': \"any if x\"\nescaped: \"any \\x69f\"\nfolded: any\n  if x\nblock: >-\n  any\nflow: {ä: [a, 'b''c', b]}\n")
	require.Empty(t, problems)
	want := map[string]bool{"plain": true, "single": true, "escaped": false, "folded": false, "block": false}
	for _, e := range n.Entries[:5] {
		assert.True(t, e.Key.InPlace, e.Key.Text)
		assert.Equal(t, want[e.Key.Text], e.Value.InPlace, e.Key.Text)
	}
	flow := n.Entries[5].Value.Entries[0]
	assert.True(t, flow.Key.InPlace)
	for i, item := range flow.Value.Items {
		assert.Equal(t, i != 1, item.InPlace, item.Text)
	}
}
