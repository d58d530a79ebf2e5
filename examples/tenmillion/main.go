// Tenmillion computes what checks cost a service with ten million accounts, of which its processes
// hold a part in memory: the hit rate, the memory, and the time of a check with the loads of
// accounts. It computes with constants that the flag -measure measures.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// service is the service to compute.
type service struct {
	accounts  int // of all customers, with users users each
	users     int
	processes int
	held      int // accounts in the memory of a process
}

// costs are the measured constants.
type costs struct {
	account float64 // bytes of an account of 20 users in memory
	check   spread  // of an account in memory
	load    spread  // a check that loads its account from a store in the same process
}

// source is a place from which an account is loaded, with what that costs.
type source struct {
	load  spread // a check that loads its account, without the network
	reads int    // one after the other, for each load
	read  spread // one of them: what the network adds
}

// spread describes the times of a call.
type spread struct{ p50, p99 time.Duration }

// measured are the costs that -measure printed on two cores of an Intel Xeon with Go 1.26, on a busy
// machine.
var measured = costs{
	account: 8_565,
	check:   spread{1_684 * time.Nanosecond, 2_888 * time.Nanosecond},
	load:    spread{87 * time.Microsecond, 1_212 * time.Microsecond},
}

// The time of a read from a database in the same region is an assumption.
var database = source{load: measured.load, reads: 2, read: spread{500 * time.Microsecond, 3 * time.Millisecond}}

// jetStream has the times and the messages of BenchmarkColdCheck in store/natsstore, with three servers on one machine.
// The time of the network is an assumption about servers in one region.
var jetStream = source{
	load:  spread{9 * time.Millisecond, 34 * time.Millisecond},
	reads: 7, read: spread{250 * time.Microsecond, time.Millisecond},
}

func main() {
	again := flag.Bool("measure", false, "measure the constants on this machine")
	flag.Parse()
	if *again {
		c, err := measure(20_000, 20)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("account in memory: %.0f bytes\n", c.account)
		fmt.Printf("check:             %v (p99 %v)\n", c.check.p50, c.check.p99)
		fmt.Printf("check with a load: %v (p99 %v)\n", c.load.p50, c.load.p99)
		return
	}
	s := service{accounts: 10_000_000, users: 20, processes: 8, held: 200_000}
	fmt.Printf("%d million accounts of %d users, %d processes with %d accounts each\n", s.accounts/1_000_000, s.users, s.processes, s.held)
	fmt.Printf("memory: %.1f GB in each process\n\n", measured.account*float64(s.held)/1e9)
	fmt.Printf("%45s %19s %19s\n", "", "from a database", "from JetStream")
	fmt.Printf("%-36s %8s %9s %9s %9s %9s\n", "requests go to", "hit rate", "p50", "p99", "p50", "p99")
	for _, exponent := range []float64{0.8, 1.0, 1.2} {
		for _, routed := range []bool{false, true} {
			to := "any process"
			if routed {
				to = "the account's process"
			}
			hits := s.hitRate(exponent, routed)
			fmt.Printf("%-36s %7.1f%%", fmt.Sprintf("%s, Zipf %.1f", to, exponent), 100*hits)
			for _, from := range []source{database, jetStream} {
				fmt.Printf(" %9s %9s", rounded(measured.quantile(from, hits, 0.50)), rounded(measured.quantile(from, hits, 0.99)))
			}
			fmt.Println()
		}
	}
}

// rounded returns a time with two digits.
func rounded(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for ; d/unit >= 100; unit *= 10 {
	}
	return d.Round(unit)
}
