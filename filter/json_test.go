package filter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/filter"
)

// A text that is not a JSON array has no ids, and an element that is not an id of the kind is an
// empty id.
func TestArrayIDs(t *testing.T) {
	text, integer, sparse := filter.Array{}, filter.Array{Kind: filter.Integer}, filter.Array{EmptyMeansNone: true}
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for _, row := range []struct {
		of   filter.Array
		text string
		want []string
	}{
		{text, "", nil},
		{text, "null", nil},
		{text, "{}", nil},
		{text, `"mia"`, nil},
		{text, `["mia"`, nil},
		{text, "[\"mia\"]\x00", nil},
		{text, "[]", nil},
		{text, ` [ "mia" , "\u006dax\n" ] `, []string{"mia", "max\n"}},
		{text, `[null, 1, true, ["mia"], {"mia": "mia"}, "", "mia"]`, []string{"", "", "", "", "", "", "mia"}},
		{text, `["[", "\"]", "}"]`, []string{"[", `"]`, "}"}},
		{text, deep, []string{""}},
		{text, "[" + deep + "]", nil},
		{text, `["x", 1, {}, ` + deep + "]", nil},
		{text, `["` + strings.Repeat("[", 1001) + `"]`, []string{strings.Repeat("[", 1001)}},
		{text, `["\"` + strings.Repeat("{", 1001) + `"]`, []string{`"` + strings.Repeat("{", 1001)}},
		{text, "[" + strings.Repeat("[],", 1001) + `"mia"]`, append(make([]string, 1001), "mia")},
		{text, "[" + strings.Repeat("{},", 1001) + `"mia"]`, append(make([]string, 1001), "mia")},
		{text, "[" + strings.Repeat(`"x",`, 1001) + `"mia"]`, append(slices.Repeat([]string{"x"}, 1001), "mia")},
		{text, "[\"\xff\", \"\\ud800\", \"\ufffd\"]", []string{"", "", "\ufffd"}},
		{integer, `[7, -7, -0, 07]`, nil},
		{integer, `[7, -7, -0, 7.0, 1e2, 99999999999999999999, true, "7", ""]`, []string{"7", "-7", "0", "", "", "", "", "", ""}},
		{sparse, `["", "mia", null]`, []string{"mia", ""}},
		{filter.Array{Kind: filter.Integer, EmptyMeansNone: true}, `["", 7, "7"]`, []string{"7", ""}},
	} {
		assert.Equal(t, row.want, row.of.IDs(row.text), "%.60q as %+v", row.text, row.of)
	}
}
