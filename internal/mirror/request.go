package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

// Columns of requests, as indexes of values.
const (
	authorOf   = 0
	commandsOf = 1
	sinceOf    = 4
)

func requestKey(id account.RequestID) key { return at(requests, strconv.Itoa(int(id))) }

// rowOfRequest returns the row of an open request, which a commit made at a time. A note is free text of a
// user, and must not prevent a commit or an open store: U+FFFD stands for NUL, which PostgreSQL rejects.
func rowOfRequest(r account.OpenRequest, made time.Time) (values, error) {
	commands, err := encodeCommands(r.Commands)
	note := strings.ReplaceAll(r.Note, "\x00", "\uFFFD")
	return values{string(r.User), commands, note, end(r.Until), end(made)}, err
}

// encodeCommands returns commands as a JSON array.
func encodeCommands(commands []account.Command) (string, error) {
	list := make([]string, len(commands))
	for i, c := range commands {
		text, err := account.EncodeCommand(c)
		if err != nil {
			return "", err
		}
		list[i] = string(text)
	}
	return "[" + strings.Join(list, ",") + "]", nil
}

// renamedRow returns the author and the commands of a request after a user got another id.
func renamedRow(author, commands, from, to string) (string, string, error) {
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(commands), &list); err != nil {
		return "", "", printable.Errorf("the commands of a request cannot be read: %w", err)
	}
	r := account.OpenRequest{User: usher.UserID(author)}
	for _, text := range list {
		c, err := account.DecodeCommand(text)
		if err != nil {
			return "", "", err
		}
		r.Commands = append(r.Commands, c)
	}
	r = r.Renamed(usher.UserID(from), usher.UserID(to))
	commands, err := encodeCommands(r.Commands)
	return string(r.User), commands, err
}

// leaving is a user whose id a commit removes or replaces. The empty id to stands for none.
type leaving struct{ from, to string }

// leave applies what happens to a user to the requests: those of a removed user end, and those that
// name a renamed user name the new id.
func (d *delta) leave(l leaving) {
	for k, c := range d.rows {
		if k.table != requests || c.gone {
			continue
		}
		if l.to == "" {
			if c.values[authorOf] == l.from {
				delete(d.rows, k) // the commit made it, so the table does not have it
			}
			continue
		}
		author, commands, err := renamedRow(c.values[authorOf], c.values[commandsOf], l.from, l.to)
		if err != nil && d.err == nil {
			d.err = err
		}
		c.values[authorOf], c.values[commandsOf] = author, commands
		d.rows[k] = c
	}
	if !d.wiped {
		d.left = append(d.left, l)
	}
}

// renames reports whether users get other ids.
func renames(left []leaving) bool {
	return slices.ContainsFunc(left, func(l leaving) bool { return l.to != "" })
}

// leftOf are the users of an account that a commit removes or renames, in this order.
type leftOf struct {
	account string
	left    []leaving
}

// moveRequests reads the requests of accounts that rename users, and adds their new rows. It comes
// before the statements of the batch: of the requests that these close, nothing is written.
func (b *batch) moveRequests(ctx context.Context, conn sqljournal.Conn, in Tables) error {
	for _, of := range b.renaming {
		stored := map[key]values{}
		if err := in.read(ctx, conn, requests, of.account, stored); err != nil {
			return err
		}
		for k, was := range stored {
			v, stays, err := afterLeaving(was, of.left)
			switch {
			case err != nil:
				return err
			case !stays:
				b.deleted[requests].add(cells(of.account, k, nil)...)
			case v != was:
				b.moved.add(of.account, k.parts[0], v[authorOf], v[commandsOf])
			}
		}
	}
	return nil
}

// afterLeaving returns the row of a request after users were removed or renamed, and whether it stays.
func afterLeaving(v values, left []leaving) (values, bool, error) {
	for _, l := range left {
		if l.to == "" {
			if v[authorOf] == l.from {
				return v, false, nil
			}
			continue
		}
		author, commands, err := renamedRow(v[authorOf], v[commandsOf], l.from, l.to)
		if err != nil {
			return v, false, err
		}
		v[authorOf], v[commandsOf] = author, commands
	}
	return v, true, nil
}

// timesOf returns the times at which the open requests of an account were made, by the version of
// their commits. It leaves out commits that were deleted from the journal.
func timesOf(ctx context.Context, from source, s *account.State) (map[uint64]time.Time, error) {
	times := map[uint64]time.Time{}
	for r := range s.View(nil).Requests(time.Time{}, 0) {
		if _, known := times[r.Version]; known {
			continue
		}
		for stored, err := range from.Commits(ctx, s.ID(), r.Version-1) {
			if errors.Is(err, store.ErrShortened) {
				break
			}
			if err != nil {
				return nil, err
			}
			c, err := account.DecodeCommit(stored.Data)
			if err != nil {
				return nil, err
			}
			times[r.Version] = c.Time
			break
		}
	}
	return times, nil
}
