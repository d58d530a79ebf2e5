package criteria_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/internal/criteria"
)

// broken is a set whose methods fail.
type broken struct{}

func (*broken) Has(string) (bool, error) { return true, errors.New("broken") }
func (*broken) IDs() ([]string, error)   { return nil, errors.New("broken") }
func (*broken) Within(criteria.Set) bool { return true }

func TestSetOf(t *testing.T) {
	for _, row := range []struct{ given, want, not []string }{
		{nil, nil, []string{"mia"}},
		{[]string{""}, nil, []string{"mia"}},
		{[]string{"mia"}, []string{"mia"}, []string{"max", "mi"}},
		{[]string{"mia", "", "max", "mia", "bea"}, []string{"bea", "max", "mia"}, []string{"kim", "a", "z"}},
	} {
		s := criteria.SetOf(row.given...)
		ids, err := s.IDs()
		assert.NoError(t, err)
		assert.ElementsMatch(t, row.want, ids)
		for _, id := range row.want {
			has, err := s.Has(id)
			assert.True(t, has && err == nil, id)
		}
		for _, id := range row.not {
			has, err := s.Has(id)
			assert.False(t, has || err != nil, id)
		}
	}
}

func TestWithin(t *testing.T) {
	none, one, two := criteria.SetOf(), criteria.SetOf("mia"), criteria.SetOf("max", "mia")
	for _, row := range []struct {
		a, b criteria.Set
		want bool
	}{
		{nil, nil, true},
		{nil, one, true},
		{one, nil, false},
		{none, nil, true},
		{one, one, true},
		{one, two, true},
		{two, one, false},
		{none, one, true},
		{one, &broken{}, false},
		{none, &broken{}, true},
		{&broken{}, one, true},
	} {
		assert.Equal(t, row.want, criteria.Within(row.a, row.b), "%v within %v", row.a, row.b)
	}
}
