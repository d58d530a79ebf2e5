package account

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// What a proposal and an account may hold. A proposal above one of these limits is
// refused as Invalid, and nothing is stored. They bind new commits only: a journal
// or a snapshot that holds more, from before there was a limit, stays readable.
const (
	// MaxID is how many bytes an id, the name of a custom field, and the name of a
	// part of the host may have.
	MaxID = 1024

	// MaxCommands is how many commands a proposal may have. [Import] counts as one
	// command, however large its Contents are.
	MaxCommands = 1000

	// MaxTeams is how many teams [AddUser] may list, repetitions included.
	// [AddToTeam] puts the user in more.
	MaxTeams = 1000

	// MaxTeamsInBatch is how many teams all AddUser of a proposal may list together.
	MaxTeamsInBatch = 10_000

	// MaxKey is how many bytes the idempotency key of a commit may have.
	MaxKey = 256

	// MaxNote is how many bytes the note of a commit may have.
	MaxNote = 4 << 10

	// MaxFields is how many custom fields an account may define, archived ones
	// included.
	MaxFields = 1000

	// MaxValue is how many bytes a value of a custom field may have.
	MaxValue = 1 << 16

	// MaxSeats is how many seats of a pool an account can buy.
	MaxSeats = 1_000_000_000
)

// Check returns a [*Refusal] of code Invalid for a proposal to the account that is
// above MaxCommands, MaxTeams, MaxTeamsInBatch, MaxKey or MaxNote, or that comes from a
// part of the host whose name is above MaxID, or if one of these texts is not UTF-8.
// Otherwise it returns nil. It looks at nothing else, and [State.Propose] calls it first.
func (p Proposal) Check(id usher.AccountID) error {
	err := checkText("the name of a part of the host", p.Actor.Host(), MaxID)
	if err == nil {
		err = checkText("a key", p.Key, MaxKey)
	}
	if err == nil {
		err = checkText("a note", p.Note, MaxNote)
	}
	if n := len(p.Commands); err == nil && n > MaxCommands {
		err = printable.Errorf("a batch has at most %d commands, and this one has %d; submit them in several batches", MaxCommands, n)
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
			text = printable.Sprintf("a user is added to at most %d teams at once, and these are %d; add-to-team adds more", MaxTeams, n)
		case listed > MaxTeamsInBatch:
			text = printable.Sprintf("the users of a batch are added to at most %d teams in all, and these are %d so far; submit them in several batches", MaxTeamsInBatch, listed)
		default:
			continue
		}
		return &Refusal{Account: id, Index: i, Of: len(p.Commands), Command: c, Code: CodeInvalid, Text: text}
	}
	return nil
}

// checkText refuses text that is longer than limit bytes, or that no journal could
// keep as it is.
func checkText(what, text string, limit int) error {
	switch {
	case len(text) > limit:
		return printable.Errorf("%s has at most %d bytes, and this one has %d", what, limit, len(text))
	case !utf8.ValidString(text):
		return printable.Errorf("%s must be UTF-8, and %q is not", what, text)
	}
	return nil
}

// checkID refuses ids, and names of custom fields, that no journal could keep as
// they are.
func checkID(what, id string) error {
	name := "the id of a " + what
	switch what {
	case "account":
		name = "the id of an account"
	case "field":
		name = "the name of a field"
	}
	if id == "" {
		return errors.New(name + " is not empty")
	}
	return checkText(name, id, MaxID)
}

// writable reports whether the journal can keep a time.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}
