package printable

// Error returns an error whose text is what Text makes of that of err, and which wraps
// err. An error with a safe text stays as it is, and nil is nil.
func Error(err error) error {
	if err == nil || Text(err.Error()) == err.Error() {
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
	return Text(err.Error())
}

// safe is an error of another library that is safe to print.
type safe struct{ err error }

func (e safe) Error() string { return Text(e.err.Error()) }

func (e safe) Unwrap() error { return e.err }
