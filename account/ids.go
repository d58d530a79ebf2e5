package account

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

// MaxID is how many bytes an id, and the name of a custom field, may have.
const MaxID = 1024

// MaxSeats is how many seats of a pool an account can buy.
const MaxSeats = 1_000_000_000

// checkTotal refuses what is no number of seats.
func checkTotal(total int) error {
	switch {
	case total < 0:
		return printable.Errorf("%d is no number of seats", total)
	case total > MaxSeats:
		return printable.Errorf("at most %d seats of a pool can be bought", MaxSeats)
	}
	return nil
}

// writable reports whether the journal can keep a time.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
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
	switch {
	case id == "":
		return errors.New(name + " is not empty")
	case len(id) > MaxID:
		return printable.Errorf("%s has at most %d bytes, and this one %d", name, MaxID, len(id))
	case !utf8.ValidString(id):
		return printable.Errorf("%s is text, and %q is no UTF-8", name, id)
	}
	return nil
}
