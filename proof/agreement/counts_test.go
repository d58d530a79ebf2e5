package agreement_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/filter"
)

// counts counts comparisons, so that a test can check that they covered all cases of interest.
type counts struct {
	Checks, Actions, WhoMay, Explained, Buttons, Foreign int // results by the kind of call
	Asked, Batched                                       int // results of an Asker, and of a batch
	Guarded, Admitted, Reasons, Strangers, Whole         int // results by the kind of route
	Ownerless                                            int // accounts without an owner
	words                                                wordCounts
	Open, Visitors                                       int // permissions that visitors have, and visitors who pass a route

	Filters, None, All, Mixed, Maskable, Partly int // filters, by what they select and mask
	Rows, Selected, Masked                      int // rows, by the result of a filter

	AboveInRow, AboveInColumns, AboveInTree int // rows that containers decide, by the place of the nearest one
	AboveTwice                              int // of these, those in a container without parties that is in another one
	Lost, TooDeep                           int // rows on which it matters that a container is unknown, or above the 16th
	ForeignContainers                       int // checks that fail because of a container of another account

	Joins, JoinedRows, HollowJoins, HollowRows int // conditions that read the members of teams, and the rows that they select
}

func (c *counts) filter(f filter.Filter, want map[int][]string, rows int) {
	c.Filters++
	c.Rows += rows
	c.Selected += len(want)
	c.None += is(f.None())
	c.All += is(f.All())
	c.Mixed += is(len(want) > 0 && len(want) < rows)
	c.Maskable += is(len(f.Fields()) > 0)
	masks := map[string]bool{}
	for _, hidden := range want {
		c.Masked += is(len(hidden) > 0)
		masks[strings.Join(hidden, " ")] = true
	}
	c.Partly += is(len(masks) > 1)
}

func is(so bool) int {
	if so {
		return 1
	}
	return 0
}

// check fails a test with too few different results.
func (c *counts) check(t *testing.T) {
	t.Helper()
	for what, percent := range map[string]int{
		"rows selected":              100 * c.Selected / c.Rows,
		"filters that select some":   100 * c.Mixed / c.Filters,
		"filters that are none":      100 * c.None / c.Filters,
		"filters that can mask":      100 * c.Maskable / c.Filters,
		"rows with something masked": 100 * c.Masked / c.Selected,
		"masks that differ by row":   100 * c.Partly / c.Filters,
		"requests let through":       100 * c.Admitted / c.Guarded,
		"refusals with a reason":     100 * c.Reasons / c.Guarded,
	} {
		if percent < 3 {
			t.Errorf("%d percent of %s is too little", percent, what)
		}
	}
	for what, n := range map[string]int{
		"actions": c.Actions, "users who may": c.WhoMay, "explanations": c.Explained, "buttons": c.Buttons,
		"results of an Asker": c.Asked, "results of a batch": c.Batched,
		"conditions that read members": c.Joins, "rows that they select": c.JoinedRows,
		"conditions that read members of which there are none": c.HollowJoins, "rows that these select": c.HollowRows,
		"resources of other accounts": c.Foreign, "strangers at a route": c.Strangers, "permissions of visitors": c.Open, "visitors who pass a route": c.Visitors, "accounts as a whole": c.Whole,
		"accounts without an owner":       c.Ownerless,
		"rows that the row above decides": c.AboveInRow, "rows that columns about a container decide": c.AboveInColumns, "rows that a tree decides": c.AboveInTree,
		"rows in a container that is unknown, which matters": c.Lost, "containers of other accounts": c.ForeignContainers,
	} {
		if n < 100 {
			t.Errorf("%d %s are too few", n, what)
		}
	}
	if c.AboveTwice < 40 || c.TooDeep < 25 {
		t.Errorf("%d rows that a container of a container decides, or %d below more than 16 containers, are too few", c.AboveTwice, c.TooDeep)
	}
}

func sortedKeys[K interface{ ~string }, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
