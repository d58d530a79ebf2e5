package policytest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policytest"
)

// The split tests have the same results as the whole suite.
func TestSplit(t *testing.T) {
	suite, err := policytest.Load("dir/x.yaml", []byte(club+people+`
  - {can: locker.open, allow: [o, g, m]}
  - {can: locker.open, name: wrong, allow: [c]}
scenarios:
  - name: fine
    steps: [{do: create-team, team: east}]
  - name: bad
    steps: [{do: create-team, team: west}, {as: g, can: locker.open, expect: deny}]
`), readClub)
	require.NoError(t, err)
	whole := suite.Run()
	require.Len(t, whole.Failures, 6)

	var sum policytest.Report
	var lines []int
	for _, test := range suite.Split() {
		r := test.Run()
		assert.Equal(t, 1, r.Passed+r.Failed)
		sum.Passed += r.Passed
		sum.Failed += r.Failed
		sum.Failures = append(sum.Failures, r.Failures...)
		for _, c := range test.File().Checks {
			lines = append(lines, c.Pos.Line)
		}
		for _, s := range test.File().Scenarios {
			lines = append(lines, s.Pos.Line)
		}
		assert.Same(t, suite.World(), test.World())
		assert.Same(t, suite.Policy(), test.Policy())
		assert.Equal(t, suite.Time(), test.Time())
	}
	assert.Equal(t, []int{15, 16, 18, 20}, lines, "each has one test")
	sum.Cover = whole.Cover
	assert.Equal(t, whole, sum)
	assert.Equal(t, whole, suite.Run(), "the suite is as before")

	assert.Empty(t, new(policytest.Suite).Split())
}

// Text is String without the place.
func TestFailureText(t *testing.T) {
	f := policytest.Failure{File: "a\n.yaml", Name: "two\nlines", User: "mia", Asked: "calendar.edit", Expected: "allow", Got: "deny", Why: "so it is"}
	assert.Equal(t, `two\nlines: mia, calendar.edit: expected allow, got deny: so it is`, f.Text())
	assert.Equal(t, `"a\n.yaml":0: `+f.Text(), f.String())
}
