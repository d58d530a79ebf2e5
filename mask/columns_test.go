package mask_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/ushertest"
)

var columns = mask.Columns{
	{Name: "id"},
	{Name: "e.title", Field: "title", Instead: "Booked"},
	{Name: "place", Field: "location"},
	{Name: "room", Field: "location"},
}

func TestColumnsShown(t *testing.T) {
	assert.Equal(t, []string{"id", "e.title", "place", "room"}, columns.Shown(hiding(t)))
	assert.Equal(t, []string{"id", "e.title"}, columns.Shown(hiding(t, "location")))
	assert.Equal(t, []string{"id"}, columns.Shown(hiding(t, "location", "title", "colour")))
	assert.Empty(t, columns.Shown(usher.Decision{}))
	assert.Empty(t, columns.Shown(ushertest.Decision(t, usher.ReasonInactive, usher.Detail{})))
	assert.Empty(t, mask.Columns(nil).Shown(hiding(t)))
}

func TestColumnsRow(t *testing.T) {
	row := []any{1, "Lawyer", "Office", "R1"}
	same := []any{1, "Lawyer", "Office", "R1"}

	got, err := columns.Row(hiding(t, "title"), row)
	require.NoError(t, err)
	assert.Equal(t, []any{1, "Booked", "Office", "R1"}, got)
	got, err = columns.Row(hiding(t, "location"), row)
	require.NoError(t, err)
	assert.Equal(t, []any{1, "Lawyer", nil, nil}, got)
	assert.Equal(t, same, row, "what is given stays as it was")

	got, err = columns.Row(hiding(t, "colour"), row)
	require.NoError(t, err)
	assert.Same(t, &row[0], &got[0], "nothing is hidden")

	got, err = columns.Row(usher.Decision{}, row)
	require.NoError(t, err)
	assert.Equal(t, make([]any, 4), got, "a denial shows nothing, not even a placeholder")
}

func TestZeroColumnShowsNothing(t *testing.T) {
	assert.Empty(t, mask.Columns{{}}.Shown(hiding(t)))
	got, err := mask.Columns{{}, {Name: "id"}}.Row(hiding(t), []any{"secret", 1})
	require.NoError(t, err)
	assert.Equal(t, []any{nil, 1}, got)
}

func TestColumnsRejectWrongLength(t *testing.T) {
	for _, row := range [][]any{nil, {1}, {1, 2, 3, 4, 5}} {
		for _, d := range []usher.Decision{{}, hiding(t), hiding(t, "title")} {
			got, err := columns.Row(d, row)
			assert.ErrorIs(t, err, mask.ErrRow)
			assert.Nil(t, got)
		}
	}
	_, err := columns.Without([]any{1}, "title")
	assert.EqualError(t, err, "wrong number of values: 1 values for 4 columns")
}

func TestColumnsCovers(t *testing.T) {
	assert.NoError(t, columns.Covers("title", "location"))
	assert.EqualError(t, columns.Covers("title", "notes"),
		`tags and fields do not match: columns: no column for "notes"; a column for "location", which is not a field`)
}
