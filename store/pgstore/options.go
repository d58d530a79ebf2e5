package pgstore

import (
	"cmp"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// Options configures a Store. The zero value is a good default.
type Options struct {
	// Schema is the PostgreSQL schema with the store's tables. Several stores in one database have
	// different schemas. Default: "usher".
	Schema string

	// Members keeps the tables of members, which the host application can join with its own. All
	// stores on the schema must then have it: Open without it returns an error, as soon as a store was
	// opened with it. Default: the tables are empty.
	Members bool

	// LacksMembers makes Open with Members succeed although the tables lack accounts, which were
	// created by a store without Members. RebuildMembers adds them; until then the tables have no
	// rows of them. Default: Open returns an error.
	LacksMembers bool

	// Notify states whether instances send each other a notification after a commit. Default:
	// NotifyOn.
	Notify NotifyMode

	// Listen is the address where Watch listens for notifications, with a connection of its own. It
	// must lead to the server itself, since a pooler such as PgBouncer does not pass notifications
	// on. Default: the address of the pool.
	Listen *pgx.ConnConfig

	// PollEvery is the time between two looks of Watch for changes, with or without notifications.
	// Default: one second.
	PollEvery time.Duration

	// LockTimeout is the time for which a call that writes waits for a connection of the pool, and
	// for a transaction that has locked the account. It should be shorter than the deadlines of
	// callers. The transactions of a host have their own lock_timeout. Default: two seconds.
	LockTimeout time.Duration
}

// NotifyMode states how instances learn of each other's commits.
type NotifyMode uint8

// The modes. The zero value is NotifyOn.
const (
	NotifyOn  NotifyMode = iota // by NOTIFY after the commit, and by polling
	NotifyOff                   // only by polling
)

// withDefaults returns the options with defaults, or an error for one that cannot be used.
func (o Options) withDefaults() (Options, error) {
	o.Schema = cmp.Or(o.Schema, DefaultSchema)
	o.PollEvery = cmp.Or(o.PollEvery, time.Second)
	o.LockTimeout = cmp.Or(o.LockTimeout, 2*time.Second)
	switch {
	case o.LacksMembers && !o.Members:
		return o, printable.Errorf("Options.LacksMembers is set (want also Members)")
	case o.Notify > NotifyOff:
		return o, printable.Errorf("Options.Notify is %d (want NotifyOn or NotifyOff)", uint8(o.Notify))
	}
	if err := sqljournal.CheckTimes(o.LockTimeout, o.PollEvery); err != nil {
		return o, err
	}
	return o, sqljournal.CheckSchemaName(o.Schema)
}

// DefaultSchema is the schema of a Store whose options name none.
const DefaultSchema = "usher"
