package account

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// The limits of a proposal and of an account. A proposal above a limit is rejected with
// CodeInvalid, and nothing is stored. The limits apply to new commits only: journals and
// snapshots from before a limit existed stay readable.
const (
	// MaxID is the maximum length in bytes of an id, of a custom field's name, and of the
	// name of a part of the host application.
	MaxID = 1024

	// MaxCommands is the maximum number of commands in a proposal. [Import] counts as one
	// command, however large its Seed is.
	MaxCommands = 1000

	// MaxTeams is the maximum number of teams that [AddUser] may list, including duplicates.
	// [AddToTeam] puts the user in more.
	MaxTeams = 1000

	// MaxTeamsInBatch is the maximum number of teams that all AddUser commands of a proposal
	// may list together.
	MaxTeamsInBatch = 10_000

	// MaxKey is the maximum length in bytes of a commit's idempotency key.
	MaxKey = 256

	// MaxNote is the maximum length in bytes of a commit's note.
	MaxNote = 4 << 10

	// MaxFields is the maximum number of custom fields in an account, including archived
	// ones.
	MaxFields = 1000

	// MaxValue is the maximum length in bytes of a custom field's value.
	MaxValue = 1 << 16

	// MaxRoleName is the maximum length in bytes of the name of a role that an account defines.
	MaxRoleName = 100

	// MaxRoleTitle is the maximum length in bytes of the title of such a role.
	MaxRoleTitle = 200

	// MaxSeats is the maximum number of seats of a pool that an account can buy.
	MaxSeats = 1_000_000_000

	// MaxRequested is the maximum number of users of an account who have requested to join. It
	// holds for requests of users, for those that the host application sends, and for [Import],
	// because strangers cause all of them.
	MaxRequested = 10_000

	// MaxResourcesOfUser is the maximum number of resources on which a user can have roles. A
	// command above it, or above one of the next two, is rejected with CodeTooManyRoles. Several
	// roles on one resource count once.
	MaxResourcesOfUser = 10_000

	// MaxResourcesOfTeam is the maximum number of resources on which a team can have roles.
	MaxResourcesOfTeam = 10_000

	// MaxHoldersOfResource is the maximum number of users and teams together that can have roles on
	// a resource. The users of a team do not count.
	MaxHoldersOfResource = 10_000
	// MaxScheduled is the maximum number of scheduled changes of an account, and MaxScheduledOfOne
	// that of the changes about one user, about one team, or about the settings and seats. A
	// command above one of them is rejected with CodeScheduleFull.
	MaxScheduled      = 100_000
	MaxScheduledOfOne = 1_000

	// MaxSkipped is how many scheduled changes that were not possible an account remembers. The
	// oldest ones are forgotten.
	MaxSkipped = 100

	// MaxRequestCommands is the maximum number of commands in a [Request].
	MaxRequestCommands = 20

	// MaxRequestBytes is the maximum length in bytes of the commands of a request, as JSON.
	MaxRequestBytes = 4 << 10

	// MaxRequestNote is the maximum length in bytes of the note of a request, and of a decline.
	MaxRequestNote = 1 << 10

	// MaxRequestsPerUser is the maximum number of open requests that a user has made. Above it, and
	// above MaxRequests, the code is CodeTooManyRequests.
	MaxRequestsPerUser = 20

	// MaxRequests is the maximum number of open requests of an account.
	MaxRequests = 1000
)

// Check returns a [*Refusal] with CodeInvalid for a proposal to the account that exceeds
// MaxCommands, MaxTeams, MaxTeamsInBatch, MaxKey or MaxNote, or whose actor is a part of the
// host application with a name longer than MaxID, or if one of these texts is not UTF-8. The same
// holds for Resources that contain nil, or two with the same type and id.
// Otherwise it returns nil. It checks nothing else. [State.Propose] calls it first.
func (p Proposal) Check(id usher.AccountID) error {
	err := checkText("the name of a part of the host", p.Actor.Host(), MaxID)
	if err == nil {
		err = checkText("an idempotency key", p.Key, MaxKey)
	}
	if err == nil {
		err = checkText("a note", p.Note, MaxNote)
	}
	if n := len(p.Commands); err == nil && n > MaxCommands {
		err = printable.Errorf("a batch can have at most %d commands, and this one has %d; submit them in several batches", MaxCommands, n)
	}
	if err == nil {
		err = p.checkResources()
	}
	if err != nil {
		return &Refusal{Account: id, Code: CodeInvalid, Text: err.Error()}
	}
	listed := 0
	for i, command := range p.Commands {
		c, ok := command.(AddUser)
		if !ok {
			continue
		}
		listed += len(c.Teams)
		text := ""
		switch n := len(c.Teams); {
		case n > MaxTeams:
			text = printable.Sprintf("add-user can list at most %d teams, and this one lists %d; add-to-team adds more", MaxTeams, n)
		case listed > MaxTeamsInBatch:
			text = printable.Sprintf("all add-user commands of a batch can list at most %d teams together, and these list %d so far; submit them in several batches", MaxTeamsInBatch, listed)
		default:
			continue
		}
		return &Refusal{Account: id, Index: i, Of: len(p.Commands), Command: c, Code: CodeInvalid, Text: text}
	}
	return nil
}

// checkText returns an error for text that is longer than limit bytes, or that is not UTF-8,
// which a journal cannot store.
func checkText(what, text string, limit int) error {
	switch {
	case len(text) > limit:
		return printable.Errorf("%s can have at most %d bytes, and this one has %d", what, limit, len(text))
	case !utf8.ValidString(text):
		return printable.Errorf("%s must be UTF-8, and %q is not", what, text)
	}
	return nil
}

// checkID returns an error for an id, or a name of a custom field, that a journal cannot
// store.
func checkID(what, id string) error {
	name := "the id of a " + what
	switch what {
	case "account":
		name = "the id of an account"
	case "field":
		name = "the name of a field"
	}
	if id == "" {
		return errors.New(name + " must not be empty")
	}
	return checkText(name, id, MaxID)
}

// writable reports whether a journal can store a time.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}
