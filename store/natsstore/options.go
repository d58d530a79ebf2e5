package natsstore

import (
	"cmp"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/internal/printable"
)

// Options configures a Store. The zero value is a good default for three servers or more.
type Options struct {
	// Name begins the names of the streams and subjects, so that several stores can use the same
	// servers. It has 1 to 32 of the characters a to z, 0 to 9 and "-". Default: "usher".
	Name string

	// Partitions is the number of streams that share the accounts, from 1 to 256. It is fixed when
	// Open creates the streams; a later Open with another number returns an error. Default: that of
	// the streams, and 16 for new streams.
	Partitions int

	// Replicas is the number of servers that have a copy of each stream: 1, 3 or 5. Open returns an
	// error for streams with fewer. With 1, the loss of one disk loses acknowledged commits.
	// Default: 3.
	Replicas int

	// Timeout is the time for which a call waits for the response to one request. A call repeats its
	// requests, for at most five times as long. Default: two seconds.
	Timeout time.Duration

	// Monitor is the addresses of the monitoring of all servers, such as "http://nats-1:8222". Check
	// reads there whether the servers wait for the disk, which they do not tell clients, and reports
	// servers with a stream whose address is missing. Default: Check reports that it is not known.
	Monitor []string
}

// DefaultName is the name of a Store whose options have none.
const DefaultName = "usher"

const (
	defaultPartitions = 16
	maxPartitions     = 256
	patience          = 5 // of a call, in Options.Timeout
)

var validName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func (o Options) withDefaults() (Options, error) {
	o.Name = cmp.Or(o.Name, DefaultName)
	o.Replicas = cmp.Or(o.Replicas, 3)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	switch {
	case !validName.MatchString(o.Name):
		return o, printable.Errorf("Options.Name is %s (want 1 to 32 of the characters a to z, 0 to 9 and -)", printable.Quote(o.Name))
	case o.Partitions < 0 || o.Partitions > maxPartitions:
		return o, printable.Errorf("Options.Partitions is %d (want 1 to %d, or 0 for the default)", o.Partitions, maxPartitions)
	case o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5:
		return o, printable.Errorf("Options.Replicas is %d (want 1, 3 or 5)", o.Replicas)
	case o.Timeout < 10*time.Millisecond:
		return o, printable.Errorf("Options.Timeout is %s (want at least 10ms)", o.Timeout)
	}
	return o, nil
}

// ConnectOptions returns the options that a connection of a Store should have: it finds a server that
// does not respond within two seconds, always reconnects, and never sends a request late. Pass them to
// nats.Connect, with the addresses of all servers, first that of the nearest one.
func ConnectOptions() []nats.Option {
	return []nats.Option{
		nats.PingInterval(500 * time.Millisecond),
		nats.MaxPingsOutstanding(3),
		nats.ReconnectBufSize(-1),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.DontRandomize(),
		nats.Timeout(time.Second),
	}
}
