// Scheduler is a scheduling service over HTTP that checks every request with usher. It
// stores calendars and bookings in SQLite or PostgreSQL, and users, roles, teams and seats in
// usher.
//
//	go run ./examples/scheduler
//	go run ./examples/scheduler -store postgres://localhost/scheduler
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/usher-go/usher/store/boltstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "scheduler:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

// run serves until ctx is done. It writes instructions to stdout, and the log to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("scheduler", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "the address to listen on; if the port is taken, a free port is used")
	dir := flags.String("data", "scheduler-data", "the directory for the data; it is created if there is none")
	database := flags.String("store", "", "the database for the data, sqlite:PATH or postgres://…, which several instances can share; by default, the data is in the directory")
	var level slog.Level
	flags.TextVar(&level, "log", slog.LevelWarn, "the log level: info logs every change and refusal, debug every decision")
	if err = flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	data, err := place(flags, *dir, *database)
	if err != nil {
		fmt.Fprintln(stderr, err)
		flags.Usage()
		return errUsage
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))

	s, err := open(ctx, data, log)
	if errors.Is(err, boltstore.ErrLocked) {
		return fmt.Errorf("another scheduler uses the data in %s: stop it, or use another directory with -data", absolute(data))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.seed(ctx); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := s.sweep(ctx); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	handler, err := s.handler()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(*addr) // Listen has parsed it already
		fmt.Fprintf(stdout, "%s is taken, so scheduler uses another port.\n", *addr)
		listener, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return err
	}
	welcome(stdout, listener.Addr().String(), data)
	return serve(ctx, listener, handler, log)
}

// place returns where the data is: a directory or a database.
func place(flags *flag.FlagSet, dir, database string) (string, error) {
	switch {
	case flags.NArg() > 0:
		return "", fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case database == "" && dir == "", database == "sqlite:":
		return "", errors.New("the data needs a place")
	case database == "":
		return dir, nil
	case isDirectory(database):
		return "", errors.New("-store is neither sqlite:PATH nor postgres://…") // it may contain a password
	}
	directory := false
	flags.Visit(func(f *flag.Flag) { directory = directory || f.Name == "data" })
	if directory {
		return "", errors.New("use -data or -store, not both")
	}
	return database, nil
}

// serve serves requests until ctx is done, and then completes the requests in progress.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
