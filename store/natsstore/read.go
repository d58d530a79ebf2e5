package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/internal/printable"
)

// message is a stored message.
type message struct {
	subject string
	seq     uint64
	header  nats.Header
	data    []byte
}

// part returns which of how many messages of the same data m is.
func (m message) part() (i, n int, err error) {
	text := m.header.Get(headerPart)
	if text == "" {
		return 1, 1, nil
	}
	if c, err := fmt.Sscanf(text, "%d/%d", &i, &n); c != 2 || err != nil || i < 1 || i > n {
		return 0, 0, damaged("message %d: header P is %s (want such as 2/3)", m.seq, printable.Quote(text))
	}
	return i, n, nil
}

// number returns the value of a header that is a number from 1.
func (m message) number(header string) (uint64, error) {
	n, err := strconv.ParseUint(m.header.Get(header), 10, 64)
	if err != nil || n == 0 {
		return 0, damaged("message %d: header %s is %s (want a number from 1)", m.seq, header, printable.Quote(m.header.Get(header)))
	}
	return n, nil
}

// last returns the last message of each subject, which may have wildcards, as of one moment after
// the call began: no message is missing that was acknowledged before.
//
// A server answers from its own copy, which may lack the latest messages; for how long is not limited
// if the network is divided. Even the leader may be one that the others have replaced. Thus last
// publishes a barrier first. Its acknowledgement needs a majority, so the barrier comes after all
// messages that were acknowledged before, and an answer from a copy that has the barrier has them all.
func (s *Store) last(ctx context.Context, st *stream, subjects ...string) (map[string]message, error) {
	t := s.tries(ctx)
	for {
		found, err := s.readLast(ctx, st, subjects)
		if err == nil {
			return found, nil
		}
		if errors.Is(err, errTooMany) {
			return nil, err
		}
		if err := t.again(err); err != nil {
			return nil, err
		}
	}
}

func (s *Store) lastOnce(ctx context.Context, st *stream, subjects []string) (map[string]message, error) {
	barrier, err := s.barrier(ctx, st)
	if err != nil {
		return nil, err
	}
	found, upTo, err := s.multiLast(ctx, st, append(subjects[:len(subjects):len(subjects)], st.barrier))
	if err == nil && upTo < barrier {
		return nil, errBehind
	}
	return found, err
}

// round is a barrier for all readers that waited when it began.
type round struct {
	done chan struct{}
	seq  uint64
	err  error
}

// barrier returns the sequence of a barrier that was published after the call began.
func (s *Store) barrier(ctx context.Context, st *stream) (uint64, error) {
	st.mu.Lock()
	r := st.next
	if r == nil {
		r = &round{done: make(chan struct{})}
		st.next = r
		if !st.busy {
			st.busy = true
			s.running.Go(func() { s.rounds(st) })
		}
	}
	st.mu.Unlock()
	select {
	case <-r.done:
		return r.seq, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (s *Store) rounds(st *stream) {
	for {
		st.mu.Lock()
		r := st.next
		st.next = nil
		st.busy = r != nil
		st.mu.Unlock()
		if r == nil {
			return
		}
		r.seq, r.err = s.publish(s.ctx, st, newMessage(st.barrier, nil, headerRollup, "sub"))
		close(r.done)
	}
}

// errTooMany means that more messages match than the server returns at once.
var errTooMany = errors.New("too many messages match")

// multiLastMax is the number of messages that the server returns for last.
const multiLastMax = 1024

// multiLast returns the last message of each subject as one server has them, and how far its copy of
// the stream goes.
func (s *Store) multiLast(ctx context.Context, st *stream, subjects []string) (found map[string]message, upTo uint64, err error) {
	n := len(subjects)
	for _, subject := range subjects {
		if strings.ContainsAny(subject, "*>") {
			n = multiLastMax
		}
	}
	messages, end, err := s.direct(ctx, st, n, map[string]any{"multi_last": subjects})
	if err != nil {
		return nil, 0, err
	}
	if end == nil {
		return nil, 0, errBehind // not even the barrier
	}
	found = make(map[string]message, len(messages))
	for _, m := range messages {
		found[m.subject] = m
	}
	if pending, _ := strconv.ParseUint(end.Header.Get("Nats-Num-Pending"), 10, 64); pending > 0 {
		return nil, 0, errTooMany
	}
	upTo, err = strconv.ParseUint(end.Header.Get("Nats-UpTo-Sequence"), 10, 64)
	if err != nil {
		return nil, 0, printable.Errorf("a server does not report Nats-UpTo-Sequence (want nats-server %s or later)", minServer)
	}
	return found, upTo, nil
}

// page returns the next messages of a subject, which may have wildcards, from a sequence, as one
// server has them. A server may lack the latest ones.
func (s *Store) page(ctx context.Context, st *stream, subject string, from uint64, n int) ([]message, error) {
	messages, _, err := s.direct(ctx, st, n, map[string]any{
		"seq": max(from, 1), "next_by_subj": subject, "batch": n, "max_bytes": 4 << 20,
	})
	return messages, err
}

// direct makes a request that one server answers with up to n messages. The end is nil if there are
// none.
func (s *Store) direct(ctx context.Context, st *stream, n int, query map[string]any) (messages []message, end *nats.Msg, err error) {
	body, err := json.Marshal(query)
	if err != nil {
		return nil, nil, err
	}
	reply, received, done := s.replies.expect(n + 1)
	defer done()
	if err := s.replies.send(&nats.Msg{Subject: "$JS.API.DIRECT.GET." + st.name, Reply: reply, Data: body}); err != nil {
		return nil, nil, err
	}
	for {
		m, err := wait(ctx, received, s.options.Timeout)
		if err != nil {
			return nil, nil, err
		}
		switch status(m) {
		case "":
			seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
			if err != nil {
				return nil, nil, damaged("a server returned a message without a sequence")
			}
			messages = append(messages, message{subject: m.Header.Get("Nats-Subject"), seq: seq, header: m.Header, data: m.Data})
		case statusEnd:
			return messages, m, nil
		case statusNotFound:
			if description := m.Header.Get("Description"); description == "Message Not Found" && query["multi_last"] != nil {
				return nil, nil, errChanged
			}
			return nil, nil, nil
		case "413":
			return nil, nil, errTooMany
		case statusNoResponders:
			return nil, nil, errNotSent
		default:
			return nil, nil, printable.Errorf("a server rejects a read: %s %s", m.Header.Get("Status"), m.Header.Get("Description"))
		}
	}
}

// whole returns the data of which m is the last message. It returns errChanged if the messages before
// have been replaced.
func (s *Store) whole(ctx context.Context, st *stream, m message) ([]byte, error) {
	i, n, err := m.part()
	if err != nil {
		return nil, err
	}
	if n == 1 {
		return m.data, nil
	}
	if i != n || m.seq < uint64(n) {
		return nil, damaged("message %d: it is not the last of its data", m.seq)
	}
	first := m.seq - uint64(n) + 1
	data := make([]byte, 0, n*partSize)
	t := s.tries(ctx)
	for next := first; next < m.seq; {
		parts, err := s.page(ctx, st, m.subject, next, int(m.seq-next))
		if err == nil && len(parts) == 0 {
			err = errBehind
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return nil, err
			}
			continue
		}
		for _, part := range parts {
			if part.seq != next {
				return nil, errChanged
			}
			data = append(data, part.data...)
			next++
		}
	}
	return append(data, m.data...), nil
}
