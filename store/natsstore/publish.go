package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Headers of the server.
const (
	headerExpected        = "Nats-Expected-Last-Subject-Sequence"
	headerExpectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerRollup          = "Nats-Rollup"
	headerBatch           = "Nats-Batch-Id"
	headerBatchSequence   = "Nats-Batch-Sequence"
	headerBatchCommit     = "Nats-Batch-Commit"
)

// Headers of this package.
const (
	headerVersion = "V" // of a commit or a snapshot
	headerPart    = "P" // "2/3" is the second of three messages of the same data
	headerLast    = "L" // the sequence of the commit before, which the chain of commits consists of
	headerNonce   = "N" // identifies the call that stored a commit, or a call of Confirm
	headerIndexed = "I" // the index has the users of the account after the commit
	headerFound   = "F" // the version at which the index has the account again
	headerRemoved = "D" // the user is not in the account any more
	headerErased  = "X" // the message is the tombstone of an erased account
	headerEpoch   = "E" // the number of the personal key
	headerSplit   = "S" // the bucket is divided into buckets below it
	headerReset   = "R" // earlier messages of the log have no effect
)

const (
	// partSize is the size of the data of one message, below the limit of 1 MiB with its headers.
	partSize = 900 << 10

	// maxBatch is the number of messages that the server accepts in a batch.
	maxBatch = 1000
)

// apiError is an error that a server reports. Nothing was stored, unless unclear returns true.
type apiError struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *apiError) Error() string {
	return fmt.Sprintf("the server reports %q (error %d)", printable.Text(e.Description), e.ErrCode)
}

// Codes of errors that a server returns before it stores anything.
const (
	codeWrongSequence   = 10071
	codeSequenceBusy    = 10164 // another message to the subject is on its way; it may still fail
	codeUnavailable     = 10008
	codeBatchIncomplete = 10176
	codeTooManyBatches  = 10210
)

// codeNotFound is the code of an error for a message that does not exist.
const codeNotFound = 10043

// overtaken reports whether err means that the expected sequence is not, or may not stay, the last one.
func overtaken(err error) bool {
	var e *apiError
	return errors.As(err, &e) && (e.ErrCode == codeWrongSequence || e.ErrCode == codeSequenceBusy)
}

// unclear reports whether a publish that returned err may have stored the messages, now or later.
func unclear(err error) bool {
	var e *apiError
	switch {
	case errors.Is(err, errNotSent), errors.Is(err, errNoTurn):
		return false
	case errors.As(err, &e):
		return !overtaken(err) && e.ErrCode != codeUnavailable && e.ErrCode != codeBatchIncomplete && e.ErrCode != codeTooManyBatches
	}
	return true
}

var errNoTurn = errors.New("the context ended while the call waited for its turn")

// newMessage returns a message; pairs are headers and values.
func newMessage(subject string, data []byte, pairs ...string) *nats.Msg {
	m := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
	for i := 0; i < len(pairs); i += 2 {
		m.Header[pairs[i]] = []string{pairs[i+1]}
	}
	return m
}

// expect makes the server reject a message, and the batch of the message, unless sequence is the last
// sequence of a subject, or 0 if there is no message.
func expect(m *nats.Msg, subject string, sequence uint64) {
	m.Header[headerExpected] = []string{strconv.FormatUint(sequence, 10)}
	if subject != m.Subject {
		m.Header[headerExpectedSubject] = []string{subject}
	}
}

// inParts returns the messages of data that may be too large for one. pairs are headers of all of
// them.
func inParts(subject string, data []byte, pairs ...string) (parts []*nats.Msg) {
	n := max(1, (len(data)+partSize-1)/partSize)
	for i := range n {
		m := newMessage(subject, data[i*partSize:min((i+1)*partSize, len(data))], pairs...)
		if n > 1 {
			m.Header[headerPart] = []string{fmt.Sprintf("%d/%d", i+1, n)}
		}
		parts = append(parts, m)
	}
	return parts
}

// publish stores messages, either all or none, with adjacent sequences, and returns the sequence of
// the last one. After an error for which unclear returns false, nothing was stored.
func (s *Store) publish(ctx context.Context, st *stream, messages ...*nats.Msg) (last uint64, err error) {
	switch n := len(messages); {
	case n > maxBatch:
		return 0, printable.Errorf("%w: the entry needs %d messages of the server (want at most %d, of 900 KiB each)", store.ErrInvalid, n, maxBatch)
	case n > 1:
		select {
		case st.batches <- struct{}{}:
			defer func() { <-st.batches }()
		case <-ctx.Done():
			return 0, printable.Errorf("%w: %w", errNoTurn, ctx.Err())
		}
		id := nuid.Next()
		for i, m := range messages {
			m.Header[headerBatch] = []string{id}
			m.Header[headerBatchSequence] = []string{strconv.Itoa(i + 1)}
			m.Reply = ""
		}
		messages[n-1].Header[headerBatchCommit] = []string{"1"}
		for _, m := range messages[:n-1] {
			if err := s.replies.send(m); err != nil {
				return 0, errNotSent // the server drops a batch that is not complete
			}
		}
	}
	response, err := s.request(ctx, messages[len(messages)-1])
	if err != nil {
		return 0, err
	}
	var ack struct {
		Sequence uint64    `json:"seq"`
		Error    *apiError `json:"error"`
	}
	if err := json.Unmarshal(response.Data, &ack); err != nil {
		return 0, printable.Errorf("the response to a publish is not JSON: %w", printable.Error(err))
	}
	if ack.Error != nil {
		return 0, ack.Error
	}
	if ack.Sequence == 0 {
		return 0, printable.Errorf("the response to a publish has no sequence")
	}
	return ack.Sequence, nil
}
