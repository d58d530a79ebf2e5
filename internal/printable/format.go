package printable

import (
	"fmt"
	"io"
	"strings"
)

// Sprintf is fmt.Sprintf for a sentence with untrusted arguments. The verbs %s and %v format a
// value of a defined type, such as an id, with Word. They format a string with Value, or with Text
// if it contains spaces and therefore is part of the sentence. The verb %q uses Quote.
func Sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return fmt.Sprintf(format, args...) // makes go vet check the calls of this function
	}
	return fmt.Sprintf(format, safely(format, args, func(arg any) any { return show{arg} })...)
}

// Errorf is fmt.Errorf with the arguments formatted as by Sprintf. It formats errors with Error,
// and %w wraps them.
func Errorf(format string, args ...any) error {
	if len(args) == 0 {
		return fmt.Errorf(format, args...) // makes go vet check the calls of this function
	}
	return fmt.Errorf(format, safely(format, args, func(arg any) any {
		if err, ok := arg.(error); ok {
			return Error(err)
		}
		return show{arg}
	})...)
}

// safely returns the arguments of a format. It passes arguments that may contain untrusted text
// through safe, unless the format uses only their type.
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

// needed reports whether a value may contain untrusted text.
func needed(v any) bool {
	switch v.(type) {
	case nil, bool, int, int64, uint64, uint8, float64:
		return false
	}
	return true
}

// show is a fmt.Formatter that formats a value safely.
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

// types returns the indexes of the arguments whose type or address a format uses. These must stay
// unchanged.
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
