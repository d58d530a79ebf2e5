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
	for _, i := range []int{1, 4} {
		ratio := r.Results[i].Check.Ratio - 0.3
		r.Results[i].Forms = &measure.Forms{
			Arguments: pair(ratio), Visit: pair(ratio - 0.25), Batch: pair(0.7), Cores: 1.95, CoresChanged: 1.9, Commits: 9_999.5,
		}
		r.Results[i].Change = pair(100)
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
		"| usher | 250 ms | 1.5 s | 60 B | 69 B | 4.0 µs | 5.0 ms | 50 ns | 1.25 | 1.25 | 50 ns | 1.25 |",
		"| Other | 250 ms |  | 2000 B |",
		"against itself, the reference takes 1.00 at 100, 1.00 at 1,000,000 users.",
		"## 1,000,000 users",
		"list of 38 calendars",
		"| example.org/other | v2.3.4 |",
		"| One check by Request takes at most 1.35 (at 100), 1.15 (at 10,000), 0.9 (at 1,000,000) times the reference | **no** | 100: 1.25; 1,000,000: 0.95 |",
		"| Each of five checks of a request, As included takes at most 1 (at 100), 0.8 (at 10,000), 0.75 (at 1,000,000) times the reference | yes | 100: 0.70; 1,000,000: 0.40 |",
		"| 2 processors make at least 1.9 times as many checks as one, also with 10,000 commits a second alongside | yes | 100: 1.95, and 1.90 with 9,999 commits a second;",
		"| one check by arguments | 0.95 | 1.25 | 0.65 | 0.80 |",
		"| batch of 16 users | 0.70 |  | 0.70 | 0.70 |",
		"100 and 10,000 users | yes | 100: 1200.0 times Other |",
		"| No form of a check allocates | yes | 100: 0.00; 1,000,000: 0.00 |",
		"a million users in one account | yes | 100: 4.0 µs; 1,000,000: 4.0 µs |",
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
		"One check by Request":   func(u, _ *measure.Result) { u.Check.Ratio = 1.36 },
		"One check by arguments": func(u, _ *measure.Result) { u.Forms.Arguments.Ratio = 1.26 },
		"Each of five checks":    func(u, _ *measure.Result) { u.Forms.Visit.Ratio = 1.01 },
		"All five actions":       func(u, _ *measure.Result) { u.Actions.Ratio = 1.81 },
		"List of calendars":      func(u, _ *measure.Result) { u.List.Ratio = 1.81 },
		"12 times faster":        func(_, o *measure.Result) { o.Check.Ratio = 14 },
		"No form":                func(u, _ *measure.Result) { u.Forms.Allocs = 0.01 },
		"role change":            func(u, _ *measure.Result) { u.Change.Peer = 10_001 },
		"2 processors":           func(u, _ *measure.Result) { u.Forms.CoresChanged = 1.89 },
		"at most 72 bytes":       func(u, o *measure.Result) { u.Heap, o.Heap = 73, 300 },
		"at most a third of":     func(u, o *measure.Result) { o.Heap = 3*u.Heap - 1 },
	} {
		r := fixed()
		r.Results = r.Results[:3]
		spoil(&r.Results[1], &r.Results[2])
		require.NoError(t, r.Write(t.TempDir()))
		require.Len(t, r.Goals, 11)
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
			require.Subset(t, texts, []string{"100 users", "1,000,000 users", "usher", "Other", "1.25", "0.95", "1,500", "batch of 16 users", "0.70", "load took more than 90 s", "1×", "10,000×"})
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
