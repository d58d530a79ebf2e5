package account

import (
	"errors"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

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
	if id == "" {
		return errors.New(name + " is not empty")
	}
	return checkText(name, id, MaxID)
}
