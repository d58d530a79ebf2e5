package printable

import (
	"fmt"
	"io"
	"strings"
)

// Sprintf is fmt.Sprintf for a sentence of which the arguments come from outside. The
// verbs %s and %v write a value of a defined type, such as an id, as Word does. They
// write a string as Value does, or as Text does where it has spaces and so is part of the
// sentence. %q is Quote.
func Sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return fmt.Sprintf(format, args...) // lets go vet know that this is such a function
	}
	return fmt.Sprintf(format, safely(format, args, func(arg any) any { return show{arg} })...)
}

// Errorf is fmt.Errorf as Sprintf is fmt.Sprintf. Errors among the arguments are written
// as Error does, and %w wraps them.
func Errorf(format string, args ...any) error {
	if len(args) == 0 {
		return fmt.Errorf(format, args...) // lets go vet know that this is such a function
	}
	return fmt.Errorf(format, safely(format, args, func(arg any) any {
		if err, ok := arg.(error); ok {
			return Error(err)
		}
		return show{arg}
	})...)
}

// safely returns the arguments of a format with those replaced that can have text from outside,
// unless the format writes only their type.
func safely(format string, args []any, safe func(any) any) []any {
	shown, raw := make([]any, len(args)), types(format)
	for i, arg := range args {
		shown[i] = arg
		if !raw[i] && needed(arg) {
			shown[i] = safe(arg)
		}
	}
	return shown
}

// needed reports whether a value can have text from outside in it.
func needed(v any) bool {
	switch v.(type) {
	case nil, bool, int, int64, uint64, uint8, float64:
		return false
	}
	return true
}

// show writes a value safely.
type show struct{ value any }

func (s show) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, s.text(fmt.FormatString(f, verb), verb))
}

func (s show) text(format string, verb rune) string {
	switch v := s.value.(type) {
	case string:
		switch {
		case verb == 'q':
			return Quote(v)
		case !strings.Contains(v, " "):
			return Value(v)
		}
		return Text(v)
	case error, fmt.Stringer:
		return Text(fmt.Sprintf(format, v))
	}
	text := fmt.Sprintf("%v", s.value)
	switch {
	case verb == 'q':
		return Quote(text)
	case verb != 's' && verb != 'v', strings.HasPrefix(text, "["), strings.HasPrefix(text, "map["):
		return Text(fmt.Sprintf(format, s.value))
	}
	return Word(text)
}

// types reports for which arguments a format writes the type, which is that of the
// argument only if this is passed on as it is.
func types(format string) map[int]bool {
	at, found := 0, map[int]bool{}
	for {
		_, rest, ok := strings.Cut(format, "%")
		if !ok {
			return found
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("+-# .0123456789[]", r) })
		if end < 0 {
			return found
		}
		if open := strings.IndexByte(rest[:end], '['); open >= 0 {
			_, _ = fmt.Sscanf(rest[open:], "[%d]", &at)
			at--
		}
		switch rest[end] {
		case '%':
			at--
		case 'T', 'p':
			found[at] = true
		}
		at++
		format = rest[end+1:]
	}
}
