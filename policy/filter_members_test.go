package policy_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
)

// counted yields the members of teams twice, and counts them.
type counted struct {
	*world
	yielded *int
	after   error // the error after the members
}

func (x counted) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) {
		asked := 0
		for range 2 {
			for id, err := range (indexed{world: x.world, asked: &asked}).UsersIn(teams) {
				if *x.yielded++; !yield(id, err) {
					return
				}
			}
		}
		if x.after != nil {
			yield("", x.after)
		}
	}
}

func withMembers(above int) filter.Mapping {
	m := calendarTable
	m.Members = filter.Members{Schema: "usher", Above: above}
	return m
}

// The teams of tom have two members, tom and mia. A table of members is read if that is a large set.
func TestFilterReadsMembers(t *testing.T) {
	p, w := onceHub(t), office()
	yielded := 0
	for name, facts := range map[string]policy.Facts{"lister": listing{w}, "team lister": counted{world: w, yielded: &yielded}} {
		f, err := p.Filter(facts, every("tom", "calendar.edit"))
		require.NoError(t, err)
		for _, row := range []struct {
			above int
			want  []any
		}{
			{1, []any{"acme", `{"emea","sales"}`}},
			{2, []any{"acme", `{"mia","tom"}`, `{"emea","sales"}`}},
			{1, []any{"acme", `{"emea","sales"}`}}, // also if the list is known
		} {
			c, err := f.SQL(compiled(t, withMembers(row.above)), 1)
			require.NoError(t, err)
			assert.Equal(t, row.want, c.Args, "%s, above %d", name, row.above)
		}
	}
}

// A large set is not listed, and not counted to its end.
func TestFilterCountsNoMoreThanNecessary(t *testing.T) {
	p, w := onceHub(t), office()
	yielded := 0
	f, err := p.Filter(counted{w, &yielded, errors.New("the end")}, every("tom", "calendar.edit"))
	require.NoError(t, err)
	_, err = f.SQL(compiled(t, withMembers(1)), 1)
	require.NoError(t, err)
	assert.LessOrEqual(t, yielded, 2, "the subject counts")
	before := yielded
	_, err = f.SQL(compiled(t, withMembers(1)), 1)
	require.NoError(t, err)
	assert.Equal(t, before, yielded, "the filter remembers it")
	_, err = f.SQL(compiled(t, withMembers(2)), 1)
	assert.EqualError(t, err, "select calendar: the end", "all members are necessary")
}
