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

// stream is where text goes. It keeps the first error, after which it writes
// nothing more.
type stream struct {
	w       io.Writer
	colored bool
	err     error
}

// Write writes to the stream; it never fails, since the end of the run looks at
// what went wrong.
func (s *stream) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, s.safe(string(p)))
	}
	return len(p), nil
}

// inks are what paint writes.
var inks = regexp.MustCompile(`\x1b\[(0|1|31|32|33)m`)

// safe keeps what files, ids and errors say from moving a terminal's cursor, or turning
// the direction of its text, wherever it was not seen to before.
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

// json writes a value for machines. Whatever is written is made of texts,
// numbers, lists and structs, which all can be. Escapes stand for what is not safe to
// print, so that the value is exact and a terminal shows it as it is.
func (s *stream) json(v any) error {
	var encoded bytes.Buffer
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	_, _ = s.Write(printable.JSON(encoded.Bytes()))
	return err
}

// ink is how a text stands out on a terminal.
type ink string

const (
	bold   ink = "1"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
)

// paint returns the text in an ink, or as it is where there are no colours.
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

// colored says whether to use colours: auto does on a terminal, unless NO_COLOR is
// set or the terminal says that it is dumb.
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

// defaultWidth is how wide tables are that no terminal shows.
const defaultWidth = 100

// width returns how many letters a line has room for.
func (s *stream) width() int {
	if fd, ok := s.terminal(); ok {
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			return width
		}
	}
	return defaultWidth
}

// count writes a number of things: "1 role", "2 roles".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// texts makes a list that is no null in JSON.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
