package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/benchmarks/measure"
	"github.com/usher-go/usher/benchmarks/report"
)

// whole runs the command in an empty directory.
func whole(t *testing.T, args ...string) (r report.Report, progress string) {
	t.Helper()
	folder := t.TempDir()
	var w bytes.Buffer
	require.NoError(t, run(append(args, "-quick", "-limit", "1h", "-out", folder), &w))
	for _, name := range report.Files {
		require.FileExists(t, filepath.Join(folder, name))
	}
	text, err := os.ReadFile(filepath.Join(folder, "results.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &r))
	require.True(t, r.Quick)
	return r, w.String()
}

func TestTheWholeRun(t *testing.T) {
	r, progress := whole(t, "-sizes", "100")
	require.Len(t, r.Peers, len(entries))
	require.Len(t, r.Results, len(entries))
	for i, result := range r.Results {
		require.Equal(t, 100, result.Users)
		require.Equal(t, entries[i].Name, result.Peer)
		require.Empty(t, result.Refused, result.Peer)
		require.Equal(t, measure.Quick.Agree, result.Agreed, result.Peer)
		require.Positive(t, result.Check.Ratio, result.Peer)
		require.Positive(t, result.List.Ratio, result.Peer)
		require.Contains(t, progress, result.Peer)
	}
	require.Len(t, r.Goals, 11)
}

func TestSmallerSizesComeFirst(t *testing.T) {
	r, _ := whole(t, "-sizes", "300,100", "-peers", "usher,byhand", "-seed", "9")
	require.EqualValues(t, 9, r.Seed)
	require.Len(t, r.Results, 4)
	for i, result := range r.Results {
		require.Equal(t, []int{100, 300}[i/2], result.Users)
		require.Equal(t, []string{"usher", "byhand"}[i%2], result.Peer)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	for _, args := range [][]string{
		{"-peers", "cedra"}, {"-sizes", "150"}, {"-sizes", "0"}, {"-sizes", "many"}, {"-sizes", ""}, {"-nothing"},
	} {
		var progress bytes.Buffer
		require.Error(t, run(append(args, "-quick", "-out", t.TempDir()), &progress), "%v", args)
	}
}

// A peer that is too slow or too large is stopped, its result states the reason, and the
// run continues.
func TestLimits(t *testing.T) {
	spec := measure.Spec{Peer: "openfga", Users: 5000, Seed: 1, Budget: measure.Quick}
	spec.Budget.LoadLimit = time.Millisecond
	result, err := spawn(spec, time.Hour)
	require.NoError(t, err)
	require.Equal(t, measure.Result{Peer: "openfga", Users: 5000, Refused: "load took more than 0 s"}, result)

	spec.Budget.LoadLimit, spec.Budget.MemoryLimit = time.Hour, 1
	result, err = spawn(spec, time.Hour)
	require.NoError(t, err)
	require.Contains(t, result.Refused, "took more than 0 GiB")

	result, err = spawn(spec, time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, "not done after 1ms", result.Refused)
}

func TestAChildThatBreaksDownIsAnError(t *testing.T) {
	result, err := spawn(measure.Spec{Peer: "nobody", Users: 100, Budget: measure.Quick}, time.Hour)
	require.ErrorContains(t, err, `unknown peer "nobody"`)
	require.Contains(t, result.Refused, "failed")

	result, err = spawn(measure.Spec{Peer: "usher", Users: 150, Budget: measure.Quick}, time.Hour)
	require.ErrorContains(t, err, "multiple of 100")
	require.Contains(t, result.Refused, "failed")
}
