package natsstore

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Check implements store.Checker. It returns what an operator should change: unsafe settings of streams, missing or slow replicas,
// servers that do not wait for the disk or that Options.Monitor lacks, old versions, erasures that are not complete, and options of
// the connection. It returns none if all is well. Call it at regular times, for example from a health
// check. It returns an error if the context is done or the store is closed.
func (s *Store) Check(ctx context.Context) (problems []store.Problem, err error) {
	err = s.call(ctx, "check", "", 0, func() error {
		until := time.Now().Add(s.options.Timeout)
		var hosts []string // of the streams, several times
		problems = append(problems, s.connectionProblems()...)
		for _, p := range s.partitions {
			some, found := s.partitionProblems(ctx, p, until)
			problems, hosts = append(problems, some...), append(hosts, found...)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(s.options.Monitor) == 0 {
			problems = append(problems, store.Problem{Where: "the servers", Text: "it is not known whether they wait for the disk (want Options.Monitor, and sync_interval: always)"})
		}
		read := len(s.options.Monitor) > 0
		var monitored []string
		for _, url := range s.options.Monitor {
			some, name := serverProblems(ctx, url)
			problems, monitored, read = append(problems, some...), append(monitored, name), read && name != ""
		}
		if read {
			problems = append(problems, notMonitored(hosts, monitored)...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return problems, nil
}

func (s *Store) connectionProblems() (problems []store.Problem) {
	add := func(format string, args ...any) {
		problems = append(problems, store.Problem{Where: "the connection", Text: printable.Sprintf(format, args...)})
	}
	o := s.nc.Opts
	if o.ReconnectBufSize >= 0 {
		add("ReconnectBufSize is %d (want -1, so that a request is never sent late)", o.ReconnectBufSize)
	}
	if o.PingInterval > 5*time.Second {
		add("PingInterval is %s (want at most 5s, to find a server that does not respond)", o.PingInterval)
	}
	if o.MaxReconnect >= 0 {
		add("MaxReconnects is %d (want -1, so that it always reconnects)", o.MaxReconnect)
	}
	return problems
}

// notMonitored returns a problem for each server that has a stream and is not one of those that were read.
func notMonitored(hosts, monitored []string) (problems []store.Problem) {
	slices.Sort(hosts)
	for _, name := range slices.Compact(hosts) {
		if !slices.Contains(monitored, name) {
			problems = append(problems, store.Problem{
				Where: "server " + printable.Value(name),
				Text:  "it is not known whether it waits for the disk (want the address of its monitoring in Options.Monitor)",
			})
		}
	}
	return problems
}

// partitionProblems also returns the names of the servers that have the streams.
func (s *Store) partitionProblems(ctx context.Context, p *partition, until time.Time) (problems []store.Problem, hosts []string) {
	for _, want := range []jetstream.StreamConfig{s.journalConfig(p), s.snapshotsConfig(p)} {
		where := "stream " + want.Name
		down, info, err := s.down(ctx, &stream{name: want.Name}, until)
		if err != nil {
			problems = append(problems, store.Problem{Where: where, Text: printable.Cause(err)})
			continue
		}
		hosts = append(hosts, info.servers()...)
		for _, text := range append(differences(info.Config, want), down...) {
			problems = append(problems, store.Problem{Where: where, Text: text})
		}
	}
	unfinished, err := s.list(ctx, p, kindUnfinished)
	switch where := "stream " + p.journal.name; {
	case err != nil:
		problems = append(problems, store.Problem{Where: where, Text: "it does not accept commits: " + printable.Cause(err)})
	case len(unfinished) > 0:
		problems = append(problems, store.Problem{
			Where: where,
			Text:  printable.Sprintf("keys or names of data that was erased remain on disks, in %d accounts (want all servers up)", len(unfinished)),
		})
	}
	return problems, hosts
}

// serverProblems reads the monitoring of a server. It also returns the name of the server, or "" if it
// cannot be read.
func serverProblems(ctx context.Context, url string) (problems []store.Problem, name string) {
	where := "server " + printable.Value(url)
	add := func(format string, args ...any) {
		problems = append(problems, store.Problem{Where: where, Text: printable.Sprintf(format, args...)})
	}
	var server struct {
		Name      string `json:"server_name"`
		Version   string `json:"version"`
		JetStream struct {
			Config *struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
		} `json:"jetstream"`
	}
	if err := readJSON(ctx, strings.TrimSuffix(url, "/")+"/varz", &server); err != nil {
		add("its monitoring cannot be read: %s", printable.Cause(err))
		return problems, ""
	}
	where = "server " + printable.Value(server.Name)
	if older(server.Version, minServer) {
		add("it is nats-server %s (want %s or later)", printable.Value(server.Version), minServer)
	}
	switch {
	case server.JetStream.Config == nil:
		add("JetStream is not enabled (want jetstream)")
	case !server.JetStream.Config.SyncAlways:
		add("it acknowledges commits before they are on its disk (want sync_interval: always)")
	}
	return problems, server.Name
}

func readJSON(ctx context.Context, url string, to any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return printable.Error(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return printable.Error(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return printable.Errorf("status %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(to)
}
