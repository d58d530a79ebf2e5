package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

func TestChecks(t *testing.T) {
	long := strings.Repeat("x", store.MaxID)
	year := func(y int) store.LastActive {
		return store.LastActive{User: "mia", At: time.Date(y, 7, 1, 0, 0, 0, 0, time.UTC)}
	}
	record := func(user usher.UserID) store.Entry {
		return store.Entry{Commit: store.Commit{Version: 1}, Records: []store.Record{{User: "max"}, {User: user}}}
	}
	for _, row := range []struct {
		err  error
		want string // "" for no error
	}{
		{store.CheckAccount("acme"), ""},
		{store.CheckAccount(usher.AccountID(long)), ""},
		{store.CheckAccount(""), "cannot be stored: the account id is empty"},
		{store.CheckAccount(usher.AccountID(long + "x")), "cannot be stored: the account id has 1025 bytes (want at most 1024)"},
		{store.CheckUser("\x00\xff"), ""},
		{store.CheckUser(""), "cannot be stored: the user id is empty"},
		{store.Entry{Commit: store.Commit{Version: 1}}.Check(), ""},
		{store.Entry{}.Check(), "cannot be stored: commit version 0 (want 1 or more)"},
		{record("mia").Check(), ""},
		{record("").Check(), "cannot be stored: the user id is empty"},
		{record(usher.UserID(long + "x")).Check(), "cannot be stored: the user id has 1025 bytes (want at most 1024)"},
		{store.Snapshot{Version: 1}.Check(), ""},
		{store.Snapshot{}.Check(), "cannot be stored: snapshot version 0 (want 1 or more)"},
		{year(2026).Check(), ""},
		{year(1).Check(), ""},
		{year(9999).Check(), ""},
		{year(10000).Check(), `cannot be stored: "mia" last active at 10000-07-01T00:00:00Z (want a time in the years 1 to 9999)`},
		{year(0).Check(), `cannot be stored: "mia" last active at 0000-07-01T00:00:00Z (want a time in the years 1 to 9999)`},
		{store.LastActive{User: "mia"}.Check(), `cannot be stored: "mia" last active at 0001-01-01T00:00:00Z (want a time in the years 1 to 9999)`},
		{store.LastActive{At: year(2026).At}.Check(), "cannot be stored: the user id is empty"},
	} {
		if row.want == "" {
			assert.NoError(t, row.err)
			continue
		}
		assert.EqualError(t, row.err, row.want)
		assert.ErrorIs(t, row.err, store.ErrInvalid)
	}
}

func TestIsRejected(t *testing.T) {
	for _, err := range []error{
		store.ErrConflict, store.ErrGap, store.ErrErased, store.ErrInvalid, store.ErrNoUserData, store.ErrReadOnly, store.ErrClosed,
		&store.Error{Op: "append", Err: fmt.Errorf("%w: the last version is 7", store.ErrConflict)},
	} {
		assert.True(t, store.IsRejected(err), "%v", err)
	}
	for _, err := range []error{
		nil, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded, errors.New("a commit with this version exists"),
		&store.Error{Op: "append", Err: io.ErrShortWrite},
	} {
		assert.False(t, store.IsRejected(err), "%v", err)
	}
}

func TestError(t *testing.T) {
	for _, row := range []struct {
		err  store.Error
		want string
	}{
		{store.Error{Op: "append", Account: "acme", Version: 7, Err: store.ErrGap}, `append "acme" version 7: commits before this version are missing`},
		{store.Error{Op: "erase", Account: "a\x00b", Err: io.ErrShortWrite}, `erase "a\x00b": short write`},
		{store.Error{Op: "list accounts", Err: store.ErrClosed}, "list accounts: the store is closed"},
	} {
		assert.EqualError(t, &row.err, row.want)
		assert.ErrorIs(t, &row.err, row.err.Err)
	}
}

func TestVersionsFollow(t *testing.T) {
	entry := func(v uint64) error { return store.Entry{Commit: store.Commit{Version: v}}.CheckNext(7) }
	assert.NoError(t, entry(8))
	assert.ErrorIs(t, entry(7), store.ErrConflict)
	assert.ErrorIs(t, entry(1), store.ErrConflict)
	assert.ErrorIs(t, entry(9), store.ErrGap)
	snapshot := func(v uint64) error { return store.Snapshot{Version: v}.CheckLast(7) }
	assert.NoError(t, snapshot(7))
	assert.NoError(t, snapshot(1))
	assert.ErrorIs(t, snapshot(8), store.ErrGap)
}
