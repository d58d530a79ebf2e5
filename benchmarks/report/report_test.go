package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/benchmarks/measure"
	"github.com/usher-go/usher/benchmarks/report"
)

// fixed is a run with all cases: a measured peer, a peer that is too slow at a size, and a
// peer that is not compared.
func fixed() *report.Report {
	r := &report.Report{Date: "2026-01-02", Go: "go1.26", Machine: "A Processor", Cores: 2, Seed: 1, Minutes: 3}
	r.Peers = []report.Peer{
		{Name: report.ByHand, Title: "by hand"},
		{Name: report.Usher, Title: "usher", Module: "example.org/usher", Version: "v1"},
		{Name: "other", Title: "Other", Module: "example.org/other", Version: "v2.3.4"},
	}
	pair := func(ratio float64) measure.Pair { return measure.Pair{Reference: 40, Peer: 40 * ratio, Ratio: ratio} }
	result := func(peer string, users int, ratio, heap float64) measure.Result {
		return measure.Result{
			Peer: peer, Users: users, Agreed: 20_000, Allowed: 0.5, LoadTime: 0.25, Heap: heap, HeapStored: heap + 9,
			Check: pair(ratio), Parallel: pair(ratio), P50: pair(ratio), P99: pair(ratio),
			Change: pair(100 * ratio), ChangeP99: 5e6, Actions: pair(ratio), ActionsEach: ratio, List: pair(ratio), ListOf: 38,
		}
	}
	r.Results = []measure.Result{
		result(report.ByHand, 100, 1, 100), result(report.Usher, 100, 1.25, 60), result("other", 100, 1500, 2000),
		result(report.ByHand, 1_000_000, 1, 100), result(report.Usher, 1_000_000, 0.95, 60),
		{Peer: "other", Users: 1_000_000, Refused: "load took more than 90 s"},
	}
	r.Results[1].PrepareTime = 1.5
	r.Results[2].Allocs, r.Results[2].Bytes = 12.34, 987
	return r
}

func write(t *testing.T, r *report.Report) (texts []string) {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, r.Write(folder))
	for _, name := range report.Files {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	return texts
}

func TestThePage(t *testing.T) {
	page := write(t, fixed())[0]
	for _, line := range []string{
		"2026-01-02: go1.26, A Processor, 2 cores, seed 1, 3 minutes.",
		"| usher | **1.25** | 1.25 | 1.25 | 50 ns | 50 ns | 50 ns | 50 ns | 0 | 0 | 20,000 |",
		"| Other | **1,500** | 1,500 | 1,500 | 60 µs | 60 µs | 60 µs | 60 µs | 12 | 987 | 20,000 |",
		"| Other | load took more than 90 s | | | | | | | | | |",
		"| usher | 250 ms | 1.5 s | 60 B | 69 B | 5.0 µs | 5.0 ms | 50 ns | 1.25 | 1.25 | 50 ns | 1.25 |",
		"| Other | 250 ms |  | 2000 B |",
		"## 1,000,000 users",
		"list of 38 calendars",
		"| example.org/other | v2.3.4 |",
		"10,000 and 1,000,000 users | yes | 100: 1.25; 1,000,000: 0.95 |",
		"100 and 10,000 users | yes | 100: 1200.0 times Other |",
		"| A check allocates nothing | yes | 100: 0.00; 1,000,000: 0.00 |",
		"a million users in one account | yes | 100: 5.0 µs; 1,000,000: 3.8 µs |",
	} {
		require.Contains(t, page, line)
	}
	require.NotContains(t, page, "NaN")
	require.NotContains(t, page, "%!")
	columns := 0
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else {
			require.Equal(t, columns, n, line)
		}
	}
}

func TestAGoalThatDoesNotHoldSaysSo(t *testing.T) {
	for name, spoil := range map[string]func(usher *measure.Result, other *measure.Result){
		"at most 1.4":        func(u, _ *measure.Result) { u.Check.Ratio = 1.41 },
		"12 times faster":    func(_, o *measure.Result) { o.Check.Ratio = 14 },
		"allocates nothing":  func(u, _ *measure.Result) { u.Allocs = 0.01 },
		"role change":        func(u, _ *measure.Result) { u.Change.Peer = 20_001 },
		"All actions":        func(u, _ *measure.Result) { u.ActionsEach = 2.01 },
		"at most a third of": func(u, o *measure.Result) { o.Heap = 3*u.Heap - 1 },
	} {
		r := fixed()
		r.Results = r.Results[:3]
		spoil(&r.Results[1], &r.Results[2])
		require.NoError(t, r.Write(t.TempDir()))
		require.Len(t, r.Goals, 6)
		for _, g := range r.Goals {
			require.Equal(t, !strings.Contains(g.Text, name), g.Holds, "%s: %+v", name, g)
		}
	}
}

func TestTheFileForMachines(t *testing.T) {
	r := fixed()
	var back report.Report
	decoder := json.NewDecoder(strings.NewReader(write(t, r)[1]))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&back))
	require.Equal(t, r.Results, back.Results)
	require.Equal(t, r.Peers, back.Peers)
	require.Equal(t, r.Goals, back.Goals)
	require.NotEmpty(t, back.Goals)
}

func TestTheChart(t *testing.T) {
	empty := fixed()
	empty.Results = nil
	for name, r := range map[string]*report.Report{"fixed": fixed(), "empty": empty} {
		svg := write(t, r)[2]
		var texts []string
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
				texts = append(texts, string(text))
			}
		}
		require.NotContains(t, svg, "NaN", name)
		require.NotContains(t, svg, "fill:#-", name)
		if name == "fixed" {
			require.Subset(t, texts, []string{"100 users", "1,000,000 users", "usher", "Other", "1.25", "0.95", "1,500", "load took more than 90 s", "1×", "10,000×"})
			require.NotContains(t, texts, "by hand")
		}
	}
}

func TestVersionsAreThoseOfTheBuild(t *testing.T) {
	r := report.New(1, false)
	r.Add(report.Peer{Name: "yaml", Module: "gopkg.in/yaml.v3"})
	r.Add(report.Peer{Name: "none", Module: "example.org/none"})
	require.Empty(t, r.Peers[1].Version)
	require.NotEmpty(t, r.Machine)
	require.NotEmpty(t, r.Date)
	require.Positive(t, r.Cores)
}
