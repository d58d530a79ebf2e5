// Package hostproof proves the transactions of hosts. Random hosts keep rows of their own in the
// database of usher's journals, and change both in one transaction, which ends in every way in which
// a transaction can end. Afterwards each row has its commit, and each commit its row.
//
// Longer runs: go test ./hostproof -jobs 5000 -kills 100 -crashes 50 -timeout 2h
package hostproof_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/internal/raced"
)

// The numbers of an ordinary run, in which each kind of event must occur.
const (
	fullJobs    = 120
	fullKills   = 6
	fullCrashes = 3
)

var (
	jobs    = flag.Int("jobs", raced.Part(fullJobs, 20), "the number of jobs of the hosts, for each kind of database")
	kills   = flag.Int("kills", raced.Part(fullKills, 1), "the number of kills of a process with hosts, for each kind of database")
	crashes = flag.Int("crashes", raced.Part(fullCrashes, 1), "the number of crashes of the PostgreSQL server, for each kind of database")
)

// server survives its own crashes, but not those of the machine. Deadlocks are found soon, and the
// times of commits are kept.
var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{
	"max_connections=200", "synchronous_commit=on", "deadlock_timeout=30ms", "track_commit_timestamp=on",
}}}

// The environment variables of a process that will be killed: the kind of its database, the address,
// and the prefix of its keys.
const (
	childKind    = "USHER_HOSTPROOF_KIND"
	childAddress = "USHER_HOSTPROOF_ADDRESS"
	childKeys    = "USHER_HOSTPROOF_KEYS"
)

func TestMain(m *testing.M) {
	kind := os.Getenv(childKind)
	if kind == "" {
		server.Main(m)
		return
	}
	if err := workUntilKilled(kind, os.Getenv(childAddress), os.Getenv(childKeys)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
