// Package report writes the results as a page, as data and as a chart.
package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/usher-go/usher/benchmarks/measure"
)

// The names of the two peers to which all others are compared.
const (
	ByHand = "byhand"
	Usher  = "usher"
)

// Files are the names of the files that Write writes.
var Files = []string{"RESULTS.md", "results.json", "chart.svg"}

// Peer is a measured peer.
type Peer struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Module  string `json:"module,omitempty"`
	Version string `json:"version,omitempty"`
	Table   bool   `json:"application_keeps_users"` // if true, the heap is that of the application's table
}

// Report is one run.
type Report struct {
	Date    string           `json:"date"`
	Go      string           `json:"go"`
	Machine string           `json:"machine"`
	Cores   int              `json:"cores"`
	Seed    uint64           `json:"seed"`
	Quick   bool             `json:"quick,omitempty"` // if true, the numbers are meaningless
	Peers   []Peer           `json:"peers"`
	Results []measure.Result `json:"results"`
	Goals   []Goal           `json:"goals"`
	start   time.Time
	Minutes float64 `json:"minutes"`
}

// New returns a new report with the present time and this machine.
func New(seed uint64, quick bool) *Report {
	return &Report{
		Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version(), Machine: cpu(), Cores: runtime.GOMAXPROCS(0),
		Seed: seed, Quick: quick, start: time.Now(),
	}
}

// Add adds a peer, with the version of its module in this program.
func (r *Report) Add(p Peer) {
	info, _ := debug.ReadBuildInfo()
	if info != nil && p.Module != "" {
		for _, m := range info.Deps {
			if m.Path == p.Module {
				p.Version = m.Version
				if m.Replace != nil {
					p.Version = "this tree"
				}
			}
		}
	}
	r.Peers = append(r.Peers, p)
}

// cpu returns the model of the processor on Linux, and the architecture elsewhere.
func cpu() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOOS + "/" + runtime.GOARCH
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// Write writes the files into a directory.
func (r *Report) Write(folder string) error {
	if r.Minutes == 0 {
		r.Minutes = time.Since(r.start).Minutes()
	}
	r.Goals = goals(r)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	chart, err := r.Chart()
	if err != nil {
		return err
	}
	for i, content := range [][]byte{[]byte(r.Markdown()), append(text, '\n'), chart} {
		if err := os.WriteFile(filepath.Join(folder, Files[i]), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sizes returns the numbers of users, sorted.
func (r *Report) sizes() (list []int) {
	for _, result := range r.Results {
		if n := len(list); n == 0 || list[n-1] != result.Users {
			list = append(list, result.Users)
		}
	}
	return list
}

// find returns the result of a peer at a size, nil if there is none.
func (r *Report) find(peer string, users int) *measure.Result {
	for i := range r.Results {
		if one := &r.Results[i]; one.Peer == peer && one.Users == users && one.Refused == "" {
			return one
		}
	}
	return nil
}

func (r *Report) title(peer string) string {
	for _, p := range r.Peers {
		if p.Name == peer {
			return p.Title
		}
	}
	return peer
}
