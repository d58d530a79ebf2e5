// Command benchmarks compares usher, other libraries and a hand-written reference on the
// same questions about the same company, and writes a report of the times.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher/benchmarks/measure"
	"github.com/usher-go/usher/benchmarks/report"
)

func main() {
	if spec, ok := os.LookupEnv(childVariable); ok {
		os.Exit(child(spec))
	}
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// run measures the peers and sizes in the flags, each in a process of its own, and writes
// the files of the report. It writes the files even if some peers gave wrong answers or
// failed, and then returns an error that lists them.
func run(args []string, progress io.Writer) error {
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(progress)
	sizes := flags.String("sizes", "100,10000,1000000", "numbers of users, each a multiple of 100")
	only := flags.String("peers", strings.Join(names(), ","), "who is measured")
	seed := flags.Uint64("seed", 1, "of the company and the questions")
	out := flags.String("out", ".", "folder for "+strings.Join(report.Files, ", "))
	quick := flags.Bool("quick", false, "measure next to nothing: only whether everything works")
	limit := flags.Duration("limit", 4*time.Minute, "for one peer at one size")
	if err := flags.Parse(args); err != nil {
		return err
	}
	peers := strings.Split(*only, ",")
	for _, name := range peers {
		if _, ok := find(name); !ok {
			return fmt.Errorf("unknown peer %q (want %s)", name, strings.Join(names(), ", "))
		}
	}
	var users []int
	for s := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 100 || n%100 != 0 {
			return fmt.Errorf("invalid number of users %q (want a multiple of 100)", s)
		}
		users = append(users, n)
	}
	slices.Sort(users)

	r := report.New(*seed, *quick)
	for _, name := range peers {
		e, _ := find(name)
		r.Add(e.Peer)
	}
	budget := measure.Full
	if *quick {
		budget = measure.Quick
	}
	var failed []string
	for _, n := range users {
		for _, name := range peers {
			start := time.Now()
			result, err := spawn(measure.Spec{Peer: name, Users: n, Seed: *seed, Budget: budget}, *limit)
			line := fmt.Sprintf("%.2f times the reference, %s", result.Check.Ratio, report.Duration(result.Check.Peer))
			if result.Refused != "" {
				line = result.Refused
			}
			if err != nil {
				failed = append(failed, err.Error())
			}
			fmt.Fprintf(progress, "%9d users  %-14s %s  (%.0f s)\n", n, name, line, time.Since(start).Seconds())
			r.Results = append(r.Results, result)
		}
	}
	if err := r.Write(*out); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d measurements failed:\n%s", len(failed), strings.Join(failed, "\n"))
	}
	return nil
}
