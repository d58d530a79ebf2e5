package printable

import "fmt"

// Error returns an error whose text is what Text makes of that of err, and which wraps
// err. An error with a safe text stays as it is, and nil is nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	if text := fmt.Sprint(err); Text(text) == text { // not err.Error: err may be a nil pointer
		return err
	}
	return safe{err}
}

// Cause returns the text of an error as it stands in that of another one. That of nil is
// "<nil>", as fmt writes it.
func Cause(err error) string {
	if err == nil {
		return "<nil>"
	}
	return Text(fmt.Sprint(err))
}

// safe is an error of another library that is safe to print.
type safe struct{ err error }

func (e safe) Error() string { return Text(fmt.Sprint(e.err)) }

func (e safe) Unwrap() error { return e.err }
