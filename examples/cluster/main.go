// Cluster starts three NATS servers and three instances of a small scheduling service on this machine,
// makes them fail under load, and reports what was acknowledged and lost.
//
//	go run ./examples/cluster
//	go run ./examples/cluster -faults 60 -for 20m
//
// It builds nats-server at its start. Each instance is a process of its own, with store/natsstore.
//
// Ctrl-C and SIGTERM end the fault and print the table so far; a second one does not wait for it. The
// instances end when the program ends in any way, and the servers too, except after kill -9 on a system
// other than Linux and FreeBSD.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// instanceEnv makes the program an instance; its value is the addresses of the servers.
const instanceEnv = "USHER_CLUSTER_SERVERS"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if servers := os.Getenv(instanceEnv); servers != "" {
		if err := serve(untilEnd(ctx, os.Stdin), servers); err != nil {
			fmt.Fprintln(os.Stderr, "cluster: instance:", err)
			os.Exit(1)
		}
		return
	}
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// run returns an error if anything was lost, if a decision was older than allowed, or if ctx ended.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		faults = flags.Int("faults", 4, "how many faults there are at most")
		length = flags.Duration("for", 40*time.Second, "no fault begins after this time")
		each   = flags.Duration("each", 2*time.Second, "how long a fault lasts")
		seed   = flags.Uint64("seed", uint64(time.Now().UnixNano()), "the seed of the order of faults")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	fmt.Fprintln(stdout, "Building nats-server, and starting three servers and three instances.")
	t, err := start(ctx)
	if err != nil {
		return err
	}
	defer t.stop()
	load, err := begin(ctx, t)
	if err != nil {
		return err
	}
	late, cancel := grace(ctx)
	defer cancel()
	fmt.Fprintf(stdout, "\n%-24s %8s   %s\n", "fault", "lasted", "longest wait for a commit, of any instance")
	until := time.Now().Add(*length)
	order := newOrder(*seed)
	for n := 0; n < *faults && time.Now().Before(until) && err == nil; n++ {
		err = t.fault(ctx, late, load, order.next(), *each, stdout)
	}
	load.end()
	return errors.Join(err, load.report(late, stdout))
}

// grace returns a context for what remains to do after the end of ctx. It ends some seconds later, or at
// the next signal.
func grace(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		again, stop := signal.NotifyContext(late, os.Interrupt, syscall.SIGTERM)
		defer stop()
		pause(again, 10*time.Second)
		cancel()
	})
	return late, cancel
}
