package printable

import "fmt"

// Error returns an error that wraps err and whose text is safe, see Text. It returns err itself if
// its text is safe already, and nil for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	if text := fmt.Sprint(err); Text(text) == text { // not err.Error: err may be a nil pointer
		return err
	}
	return safe{err}
}

// Cause returns the text of an error for use in the text of another error, see Text. For nil it
// returns "<nil>", like fmt.
func Cause(err error) string {
	if err == nil {
		return "<nil>"
	}
	return Text(fmt.Sprint(err))
}

// safe wraps an error and makes its text safe.
type safe struct{ err error }

func (e safe) Error() string { return Text(fmt.Sprint(e.err)) }

func (e safe) Unwrap() error { return e.err }
