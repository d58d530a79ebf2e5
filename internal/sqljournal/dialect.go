package sqljournal

import (
	"context"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Dialect is what differs between kinds of databases: how statements that write are written. Its
// methods run statements on a Conn and return the errors of the driver.
type Dialect interface {
	// Tables returns the names of the tables.
	Tables() Tables

	// place returns what distinguishes the tables from those of other stores, for the text of errors.
	place() string

	// Migrations returns the files that create the tables.
	Migrations() Files

	// ownStatement reports whether Append and Group are one statement each, so that they need no
	// transaction around them.
	ownStatement() bool

	// append stores an entry if its version is the next one, and reports whether it did. A version
	// that is not the next one is not an error. An entry that is not mirrored is not stored in an
	// account that is. A wait of 0 or more limits the wait for locks.
	append(ctx context.Context, c Conn, e *entry, wait time.Duration) (stored bool, err error)

	// atomic runs f in a transaction of the host, so that after an error of f the transaction either
	// has none of the changes of f or cannot be committed.
	atomic(ctx context.Context, c Conn, f func() error) error

	// group stores each of the entries, of different accounts and sorted by them, whose version is
	// the next one and whose account is not locked, and is not mirrored unless the entries are. It
	// sets their field stored.
	group(ctx context.Context, c Conn, entries []*entry) error

	// lock locks the account's row until the transaction ends, if there is one. It reports false if
	// the account has no row.
	lock(ctx context.Context, c Conn, account usher.AccountID, mode lockMode) (row position, found bool, err error)

	// erase returns the statements that replace all data of the account $1 by a mark. They run in
	// one transaction, one after the other.
	erase() []string

	// saveLastActive stores times, sorted by user and each user once, unless a later one is stored.
	saveLastActive(ctx context.Context, c Conn, account usher.AccountID, times []store.LastActive) error

	// addUsers adds users, sorted, to the users of an account. None of them is there.
	addUsers(ctx context.Context, c Conn, account usher.AccountID, users [][]byte) error

	// stale returns the condition on a row of an account that the index of users does not have.
	stale() string

	// versions returns the versions of accounts that have a row.
	versions(ctx context.Context, c Conn, accounts []usher.AccountID) (map[usher.AccountID]int64, error)

	// changes returns the accounts that changed after a point in the order of changes, with their
	// versions, and the point from which the next call continues. It may return a change again. For
	// a negative point it returns only the next point. It returns at most limit changes.
	changes(ctx context.Context, c Conn, since int64, limit int) (changed map[usher.AccountID]int64, next int64, err error)

	// lockMigrations waits until a transaction is the only one that runs migrations. It stays so
	// until it ends.
	lockMigrations(ctx context.Context, tx Transaction) error

	// tableExists reports whether a table exists in the place of the store's tables.
	tableExists(ctx context.Context, c Conn, table string) (bool, error)
}

// Tables are the names of the tables as they are written in a statement, with schema and quotes.
type Tables struct {
	Accounts   string // account, version (-1: erased), shortened, seal, and what the dialect needs to find changes
	Commits    string // account, version, data
	Snapshots  string // account, version, data
	Records    string // account, user_id, data
	LastActive string // account, user_id, at (Unix time in milliseconds)

	UserAccounts string // user_id, account

	Migrations string // name, checksum
}

// noWait is the limit of append without a wait for locks: an account that is locked counts as one
// whose version is not the next one.
const noWait time.Duration = -1

// hostWait is the limit of append in a transaction of the host, whose own settings apply.
const hostWait time.Duration = -2

// lockMode is how lock locks a row.
type lockMode uint8

const (
	lookOnly   lockMode = iota // no lock
	lockAlive                  // delays only an erasure
	lockShared                 // delays commits
	lockWrite                  // delays other locks except lockAlive
)

// position is the row of an account.
type position struct {
	last      int64 // the version of the last commit; erasedVersion after an erasure
	committed int64 // as store.Position.Committed
	mirrored  bool  // the mirror has the account, so that no journal without a mirror may write it
}

// erasedVersion is the version of an erased account in the tables.
const erasedVersion int64 = -1

// changesUsers reports whether the entry adds or removes users.
func (e *entry) changesUsers() bool {
	return e.Users.Cleared || len(e.added) > 0 || len(e.left) > 0
}

// entry is an entry to append, in the form of the tables.
type entry struct {
	account usher.AccountID
	store.Entry

	// Of several records of one user, a statement writes the last. A user whose record was removed
	// in between loses the last-active time too.
	kept    []store.Record // with data, sorted by user
	removed [][]byte       // users without a record afterwards, sorted
	wiped   [][]byte       // users without a last-active time afterwards, sorted

	added, left [][]byte // users of store.Users, sorted

	mirrored bool // the mirror is written too; the same for all entries of a journal
	prepared any  // by the Mirror

	// inline writes the mirror in the statement that stores the entry, or all entries of a group that
	// begins with this entry. If it is nil, the mirror is written afterwards.
	inline Inline

	stored bool // set by the dialect
}
