package natsstore

import (
	"context"
	"encoding/base64"
	"net/textproto"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
)

// UserToken returns what the subjects contain of the id of a user.
func UserToken(user usher.UserID) string { return userToken(user) }

// Sweep does what the store does each minute.
func Sweep(s *Store) {
	s.sweep()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// ShortenPartly does what Shorten does before it removes the commits.
func ShortenPartly(ctx context.Context, s *Store, account usher.AccountID, upTo uint64, seal []byte) error {
	return s.saveShortened(ctx, account, upTo, seal)
}

// Messages returns how many messages the streams have of the commits of an account, and whether they
// have one about a shortened journal.
func Messages(ctx context.Context, s *Store, account usher.AccountID) (commits int, shortened bool, err error) {
	p := s.partitionOf(account)
	all, err := s.page(ctx, p.journal, p.subject(kindCommits, account), 1, 1000)
	if err != nil {
		return 0, false, err
	}
	some, err := s.page(ctx, p.journal, p.shortenedSubject(account), 1, 1)
	return len(all), len(some) > 0, err
}

// ReadWithoutBarrier makes a store believe whichever server answers.
func ReadWithoutBarrier(s *Store) {
	s.readLast = func(ctx context.Context, st *stream, subjects []string) (map[string]message, error) {
		found, _, err := s.multiLast(ctx, st, append(subjects, st.barrier))
		return found, err
	}
}

// ReadFromLeader makes a store believe a server that believes to be the leader.
func ReadFromLeader(s *Store) {
	s.readLast = func(ctx context.Context, st *stream, subjects []string) (map[string]message, error) {
		found := map[string]message{}
		for _, subject := range subjects {
			var response struct {
				Error   *apiError `json:"error"`
				Message struct {
					Seq     uint64 `json:"seq"`
					Headers string `json:"hdrs"`
					Data    []byte `json:"data"`
				} `json:"message"`
			}
			if err := s.api(ctx, "STREAM.MSG.GET."+st.name, map[string]any{"last_by_subj": subject}, &response); err != nil {
				return nil, err
			}
			if response.Error != nil {
				if response.Error.Code == 404 {
					continue
				}
				return nil, response.Error
			}
			raw, err := base64.StdEncoding.DecodeString(response.Message.Headers)
			if err != nil {
				return nil, err
			}
			header := nats.Header{}
			for line := range strings.SplitSeq(string(raw), "\r\n") {
				if key, value, ok := strings.Cut(line, ":"); ok {
					header[textproto.TrimString(key)] = []string{textproto.TrimString(value)}
				}
			}
			found[subject] = message{subject: subject, seq: response.Message.Seq, header: header, data: response.Message.Data}
		}
		return found, nil
	}
}
