package suggest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/internal/suggest"
)

func TestNearest(t *testing.T) {
	names := []string{"calendar.edit", "calendar.view", "chatbot.edit", "member", "mfa"}
	for _, row := range []struct{ word, want string }{
		{"calender.edit", "calendar.edit"}, // a wrong letter
		{"calendar.eidt", "calendar.edit"}, // two letters swapped
		{"Member", "member"},
		{"meber", "member"},
		{"mafa", "mfa"},
		{"owner", ""}, // nothing near
		{"x", ""},     // all letters wrong is not near
		{"", ""},
		{strings.Repeat("member", 40), ""},
	} {
		assert.Equal(t, row.want, suggest.Nearest(row.word, names), "Nearest(%q)", row.word)
	}
}

func TestSlip(t *testing.T) {
	names := []string{"user", "team", "set-role"}
	for _, row := range []struct{ word, want string }{
		{"users", "user"},
		{"taem", "team"},
		{"setrole", "set-role"},
		{"user", ""},       // no error at all
		{"set-title", ""},  // near, but not that near
		{"set-roles-", ""}, // two errors
		{strings.Repeat("user", 40), ""},
	} {
		assert.Equal(t, row.want, suggest.Slip(row.word, names), "Slip(%q)", row.word)
	}
}

func TestDidYouMean(t *testing.T) {
	assert.Equal(t, `; did you mean "member"?`, suggest.DidYouMean("membr", []string{"member"}))
	assert.Empty(t, suggest.DidYouMean("zzz", []string{"member"}))
}
