package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/usher-go/usher/internal/printable"

	"golang.org/x/term"
)

// stream writes text to stdout or stderr. It keeps the first error, and writes nothing
// after it.
type stream struct {
	w       io.Writer
	colored bool
	err     error
}

// Write writes to the stream. It always returns a nil error; Run checks s.err at the end.
func (s *stream) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, s.safe(string(p)))
	}
	return len(p), nil
}

// inks matches the escape sequences that paint writes.
var inks = regexp.MustCompile(`\x1b\[(0|1|31|32|33)m`)

// safe escapes text from files, ids and errors, so that it cannot move the cursor of a
// terminal or change the direction of text. It is the last line of defense: callers
// escape such text too.
func (s *stream) safe(text string) string {
	if !s.colored {
		return printable.Lines(text)
	}
	var b strings.Builder
	at := 0
	for _, ink := range inks.FindAllStringIndex(text, -1) {
		b.WriteString(printable.Lines(text[at:ink[0]]) + text[ink[0]:ink[1]])
		at = ink[1]
	}
	return b.String() + printable.Lines(text[at:])
}

// line writes one line.
func (s *stream) line(format string, args ...any) {
	fmt.Fprintf(s, format+"\n", args...)
}

// json writes a value as JSON. Characters that are not safe to print are written as
// JSON escapes, so the value is exact and safe on a terminal.
func (s *stream) json(v any) error {
	var encoded bytes.Buffer
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	_, _ = s.Write(printable.JSON(encoded.Bytes()))
	return err
}

// ink is a color or weight of text on a terminal.
type ink string

const (
	bold   ink = "1"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
)

// paint returns the text in an ink, or the text itself if the stream has no colors.
func (s *stream) paint(i ink, text string) string {
	if !s.colored || i == "" || text == "" {
		return text
	}
	return "\x1b[" + string(i) + "m" + text + "\x1b[0m"
}

// paintPart paints the first occurrence of a part of the text.
func (s *stream) paintPart(i ink, text, part string) string {
	return strings.Replace(text, part, s.paint(i, part), 1)
}

// chooseColor applies --color.
func (s *stream) chooseColor(when string, getenv func(string) string) {
	_, terminal := s.terminal()
	s.colored = colored(when, terminal, getenv)
}

// colored reports whether to use colors. With auto, it does so on a terminal, unless
// NO_COLOR is set or TERM is dumb.
func colored(when string, terminal bool, getenv func(string) string) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	default:
		return terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	}
}

func (s *stream) terminal() (fd int, ok bool) {
	f, ok := s.w.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// defaultWidth is the width of tables that are not written to a terminal.
const defaultWidth = 100

// width returns the number of characters in a line.
func (s *stream) width() int {
	if fd, ok := s.terminal(); ok {
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			return width
		}
	}
	return defaultWidth
}

// count returns a number with its noun: "1 role", "2 roles".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// texts returns a list of strings that is never nil, so JSON has [] and not null.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
