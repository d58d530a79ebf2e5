package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/usher-go/usher/internal/printable"
)

// minServer is the version of nats-server from which on a read of several subjects is of one moment.
const minServer = "2.15.0"

// format is the version of the layout of the streams.
const format = "1"

// Metadata of the streams.
const (
	metaFormat     = "usher-format"
	metaPartitions = "usher-partitions"
)

// streamInfo is what a server reports of a stream.
type streamInfo struct {
	Error  *apiError              `json:"error"`
	Config jetstream.StreamConfig `json:"config"`
	State  struct {
		Messages uint64 `json:"messages"`
		Last     uint64 `json:"last_seq"`
	} `json:"state"`
	Cluster struct {
		Leader   string    `json:"leader"`
		Replicas []replica `json:"replicas"`
	} `json:"cluster"`
}

// replica is what the leader of a stream knows of another server of the stream.
type replica struct {
	Name    string        `json:"name"`
	Current bool          `json:"current"`
	Offline bool          `json:"offline"`
	Active  time.Duration `json:"active"` // since it last responded
}

func (r replica) silent() bool { return r.Offline || r.Active > 5*time.Second }

// codeNoStream is the code of an error for a stream that does not exist.
const codeNoStream = 10059

var errNoStream = errors.New("there is no such stream")

// info returns what the leader reports of a stream.
func (s *Store) info(ctx context.Context, st *stream) (info streamInfo, err error) {
	if err := s.api(ctx, "STREAM.INFO."+st.name, map[string]any{}, &info); err != nil {
		return info, err
	}
	if info.Error != nil && info.Error.ErrCode == codeNoStream {
		return info, errNoStream
	}
	if info.Error != nil {
		return info, info.Error
	}
	return info, nil
}

// servers returns the names of the servers that have the stream.
func (i streamInfo) servers() (names []string) {
	if i.Cluster.Leader != "" {
		names = append(names, i.Cluster.Leader)
	}
	for _, r := range i.Cluster.Replicas {
		names = append(names, r.Name)
	}
	return names
}

// lacking returns the servers that do not have all of the stream, and have not had all of it before.
func (i streamInfo) lacking(before map[string]bool) (names []string, silent bool) {
	for _, r := range i.Cluster.Replicas {
		switch {
		case before[r.Name]:
		case r.Offline:
			names, silent = append(names, r.Name+" is offline"), true
		case !r.Current || r.silent():
			names, silent = append(names, r.Name+" is behind"), silent || r.silent()
		default:
			before[r.Name] = true
		}
	}
	if len(i.Cluster.Replicas)+1 < i.Config.Replicas {
		names = append(names, fmt.Sprintf("the stream has %d of %d replicas", len(i.Cluster.Replicas)+1, i.Config.Replicas))
		silent = true
	}
	return names, silent
}

// down returns the servers that do not have all of a stream, which is what the servers report of it. While
// a stream is written to, the others are behind its leader for moments: down returns a server that responds
// only if it has not had all of the stream at some time until then.
func (s *Store) down(ctx context.Context, st *stream, until time.Time) (names []string, info streamInfo, err error) {
	before := map[string]bool{}
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if info, err = s.info(ctx, st); err != nil {
			return nil, info, err
		}
		names, silent := info.lacking(before)
		if len(names) == 0 || silent || time.Now().Add(pause).After(until) {
			return names, info, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, info, ctx.Err()
		}
	}
}

// allUp returns errServerDown unless all servers of a stream have all that was stored before the call.
func (s *Store) allUp(ctx context.Context, st *stream) error {
	names, _, err := s.down(ctx, st, time.Now().Add(s.options.Timeout))
	if err == nil && len(names) > 0 {
		err = printable.Errorf("%w: %s", errServerDown, printable.Value(names[0]))
	}
	return err
}

// openStreams creates the streams, or checks them.
func (s *Store) openStreams(ctx context.Context) error {
	if err := s.checkConnection(); err != nil {
		return err
	}
	first := newPartition(s.options.Name, 0)
	var info streamInfo
	err := s.trying(ctx, func() (err error) { info, err = s.info(ctx, first.journal); return err })
	exists := err == nil
	switch {
	case errors.Is(err, errNoStream):
		if s.options.Partitions == 0 {
			s.options.Partitions = defaultPartitions
		}
	case err != nil:
		return printable.Errorf("read the streams (want JetStream, and a user who may publish to $JS.API.> and subscribe to the inboxes of the connection): %w", err)
	default:
		n, err := strconv.Atoi(info.Config.Metadata[metaPartitions])
		if err != nil || info.Config.Metadata[metaFormat] != format {
			return printable.Errorf("%w: stream %s is not of this version of natsstore: metadata %s is %s (want %s); choose another Options.Name",
				ErrStreams, printable.Quote(first.journal.name), metaFormat, printable.Quote(info.Config.Metadata[metaFormat]), format)
		}
		if n < 1 || n > maxPartitions {
			return printable.Errorf("%w: stream %s: metadata %s is %d (want 1 to %d)", ErrStreams, printable.Quote(first.journal.name), metaPartitions, n, maxPartitions)
		}
		if s.options.Partitions != 0 && s.options.Partitions != n {
			return printable.Errorf("%w: Options.Partitions is %d, and the streams were created with %d, which is fixed", ErrStreams, s.options.Partitions, n)
		}
		s.options.Partitions = n
	}
	for n := range s.options.Partitions {
		s.partitions = append(s.partitions, newPartition(s.options.Name, n))
	}
	if !exists {
		if err := s.createStreams(ctx); err != nil {
			return err
		}
	}
	for _, p := range s.partitions {
		for _, want := range []jetstream.StreamConfig{s.journalConfig(p), s.snapshotsConfig(p)} {
			if err := s.checkStream(ctx, want, !exists); err != nil {
				return err
			}
		}
	}
	return nil
}

// temporary are the codes of errors of servers that have just been started: they are not available, or
// have not found each other.
var temporary = []int{codeUnavailable, 10005, 10023}

// trying repeats f while the servers are not available.
func (s *Store) trying(ctx context.Context, f func() error) error {
	t := s.tries(ctx)
	for {
		err := f()
		var e *apiError
		if err == nil || errors.Is(err, errNoStream) || errors.As(err, &e) && !slices.Contains(temporary, e.ErrCode) {
			return err
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}

// checkConnection checks what the connection shows of its server.
func (s *Store) checkConnection() error {
	if version := s.nc.ConnectedServerVersion(); version != "" && older(version, minServer) {
		return printable.Errorf("%w: the server is nats-server %s (want %s or later)", ErrStreams, printable.Value(version), minServer)
	}
	if n := s.nc.MaxPayload(); n > 0 && n < 1<<20 {
		return printable.Errorf("%w: max_payload of the server is %d (want 1048576 or more)", ErrStreams, n)
	}
	return nil
}

// older reports whether a version of three numbers is before another.
func older(version, than string) bool {
	a, b := versionNumbers(version), versionNumbers(than)
	return slices.Compare(a[:], b[:]) < 0
}

func versionNumbers(version string) (numbers [3]int) {
	for i, part := range strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3) {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			part = part[:digits]
		}
		numbers[i], _ = strconv.Atoi(part)
	}
	return numbers
}

// createStreams creates all streams; that of the journals of partition 0 is the last, and shows that
// there are all.
func (s *Store) createStreams(ctx context.Context) error {
	for _, p := range slices.Backward(s.partitions) {
		for _, c := range []jetstream.StreamConfig{s.snapshotsConfig(p), s.journalConfig(p)} {
			if err := s.create(ctx, c); err != nil {
				return printable.Errorf("create stream %s: %w", printable.Quote(c.Name), err)
			}
		}
	}
	return nil
}

func (s *Store) create(ctx context.Context, c jetstream.StreamConfig) error {
	return s.trying(ctx, func() error {
		var info streamInfo
		if err := s.api(ctx, "STREAM.CREATE."+c.Name, c, &info); err != nil {
			return err
		}
		const codeNameInUse = 10058
		switch {
		case info.Error != nil && info.Error.ErrCode == codeNameInUse:
			return nil // it is checked later
		case info.Error != nil:
			return info.Error
		case info.State.Messages > 0:
			return printable.Errorf("%w: it contains data, although stream %s is missing; restore that from a backup",
				ErrStreams, printable.Quote(s.partitions[0].journal.name))
		}
		return nil
	})
}

func (s *Store) journalConfig(p *partition) jetstream.StreamConfig {
	c := s.config(p.journal, p)
	c.Subjects = []string{p.journal.barrier, p.prefix + kindRecords + ".*.>"}
	c.Subjects = append(c.Subjects, p.prefix+kindUser+".*.*")
	for _, kind := range []string{kindCommits, kindKey, kindPersonalKeys, kindLastActive, kindUnfinished, kindErased, kindLost} {
		c.Subjects = append(c.Subjects, p.all(kind))
	}
	c.AllowAtomicPublish = true
	c.RePublish = &jetstream.RePublish{Source: p.prefix + ">", Destination: p.prefix + "h.>", HeadersOnly: true}
	return c
}

func (s *Store) snapshotsConfig(p *partition) jetstream.StreamConfig {
	c := s.config(p.snapshots, p)
	c.Subjects = []string{p.snapshots.barrier, p.all(kindSnapshot), p.all(kindPart)}
	return c
}

func (s *Store) config(st *stream, p *partition) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              st.name,
		Description:       fmt.Sprintf("usher: partition %d of %d", p.number, s.options.Partitions),
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		Replicas:          s.options.Replicas,
		MaxConsumers:      -1,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		MaxMsgSize:        -1,
		AllowRollup:       true,
		AllowDirect:       true,
		Metadata:          map[string]string{metaFormat: format, metaPartitions: strconv.Itoa(s.options.Partitions)},
	}
}

// errNotYet is the error for a stream that another process may be creating.
var errNotYet = errors.New("the stream was created, and the servers do not know it yet")

// checkStream returns ErrStreams unless a stream exists and keeps what is stored in it. It waits for a
// stream that is new: a server rejects the name of a stream that another process creates, before all
// servers know the stream.
func (s *Store) checkStream(ctx context.Context, want jetstream.StreamConfig, isNew bool) error {
	var info streamInfo
	err := s.trying(ctx, func() (err error) {
		if info, err = s.info(ctx, &stream{name: want.Name}); isNew && errors.Is(err, errNoStream) {
			return errNotYet
		}
		return err
	})
	name := printable.Quote(want.Name)
	if errors.Is(err, errNoStream) {
		return printable.Errorf("%w: stream %s is missing, and others exist; restore it from a backup", ErrStreams, name)
	}
	if err != nil {
		return printable.Errorf("read stream %s: %w", name, err)
	}
	if wrong := differences(info.Config, want); len(wrong) > 0 {
		return printable.Errorf("%w: stream %s: %s", ErrStreams, name, strings.Join(wrong, "; "))
	}
	return nil
}

// differences returns what is unsafe about the configuration of a stream.
func differences(got, want jetstream.StreamConfig) (wrong []string) {
	check := func(ok bool, key string, got, want any) {
		if !ok {
			wrong = append(wrong, printable.Sprintf("%s is %s (want %s)", key, word(got), word(want)))
		}
	}
	same := func(key string, got, want any) { check(word(got) == word(want), key, got, want) }
	slices.Sort(got.Subjects)
	slices.Sort(want.Subjects)
	same("subjects", got.Subjects, want.Subjects)
	same("storage", got.Storage, want.Storage)
	same("retention", got.Retention, want.Retention)
	same("discard", got.Discard, want.Discard)
	check(got.Replicas >= want.Replicas, "num_replicas", got.Replicas, fmt.Sprintf("%d or more, or Options.Replicas %d, which loses commits with one disk", want.Replicas, got.Replicas))
	same("max_msgs", got.MaxMsgs, want.MaxMsgs)
	same("max_bytes", got.MaxBytes, want.MaxBytes)
	same("max_age", got.MaxAge, want.MaxAge)
	same("max_msgs_per_subject", got.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	check(got.MaxMsgSize < 0 || got.MaxMsgSize >= 1<<20, "max_msg_size", got.MaxMsgSize, "-1, or 1048576 or more")
	same("allow_rollup_hdrs", got.AllowRollup, want.AllowRollup)
	same("allow_direct", got.AllowDirect, want.AllowDirect)
	same("allow_atomic", got.AllowAtomicPublish, want.AllowAtomicPublish)
	same("no_ack", got.NoAck, want.NoAck)
	same("sealed", got.Sealed, want.Sealed)
	same("deny_delete", got.DenyDelete, want.DenyDelete)
	same("deny_purge", got.DenyPurge, want.DenyPurge)
	same("persist_mode", got.PersistMode, want.PersistMode)
	same("allow_msg_ttl", got.AllowMsgTTL, want.AllowMsgTTL)
	check(got.SubjectTransform == nil, "subject_transform", "set", "none")
	check(got.Mirror == nil, "mirror", "set", "none")
	check(len(got.Sources) == 0, "sources", "set", "none")
	same("republish", republish(got), republish(want))
	same("metadata "+metaFormat, got.Metadata[metaFormat], want.Metadata[metaFormat])
	same("metadata "+metaPartitions, got.Metadata[metaPartitions], want.Metadata[metaPartitions])
	return wrong
}

func republish(c jetstream.StreamConfig) string {
	if c.RePublish == nil {
		return "none"
	}
	text, _ := json.Marshal(c.RePublish)
	return string(text)
}

func word(v any) string { return printable.Word(fmt.Sprint(v)) }
