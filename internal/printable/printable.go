// Package printable makes text from outside safe to print. An id, a name, a path or an
// error text of another library may hold terminal escapes, line breaks, marks that turn
// the direction of text, characters that do not show, and bytes that are not UTF-8.
// What this package returns holds none of them, is bounded, and still shows which they
// were.
//
//	Word   an id or a name inside a sentence: mia, "mia smith", "mia\u202e"
//	Value  text that stands alone, as a log attribute or a path does: mia smith
//	Quote  text that is always quoted, in place of %q
//	Text   a sentence that is made elsewhere
//	Error  an error that is made elsewhere
//	JSON   a JSON value that is encoded already
//
// Text that is safe already stays as it is, so applying a function twice is harmless.
// The one exception is Quote, as it also quotes what is quoted.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters of a text are shown.
const (
	maxWord  = 64   // by Word
	MaxQuote = 256  // by Quote and Value
	MaxText  = 1024 // by Text and Error
)

// more follows text that was cut.
const more = "…"

// Word returns an id or a name as it stands in a sentence. It is quoted if it is empty
// or could be read as more than one word, and is cut after maxWord characters.
func Word[T ~string](s T) string {
	if s != "" && fits(string(s), maxWord, isWord) {
		return string(s)
	}
	return quote(string(s), maxWord)
}

// Value returns text that stands alone, such as a log attribute or the path of a file.
// It is quoted if it has a character that is not safe to print, and is cut after
// MaxQuote characters.
func Value[T ~string](s T) string {
	if fits(string(s), MaxQuote, Safe) {
		return string(s)
	}
	return quote(string(s), MaxQuote)
}

// Ref returns the type and the id of a resource, "calendar c1", or the one that is not
// empty.
func Ref(kind, id string) string {
	switch {
	case kind == "" && id == "":
		return ""
	case id == "":
		return Word(kind)
	case kind == "":
		return Word(id)
	}
	return Word(kind) + " " + Word(id)
}

// Quote returns text in double quotes, as %q does, and cuts it after MaxQuote
// characters.
func Quote[T ~string](s T) string { return quote(string(s), MaxQuote) }

// Text returns a sentence that is made elsewhere as one line, in which escapes stand for
// what is not safe to print. It is cut after MaxText characters.
func Text(s string) string {
	if fits(s, MaxText, Safe) {
		return s
	}
	var b strings.Builder
	escape(&b, s, MaxText, "")
	return b.String()
}

// Lines returns text with escapes in place of what is not safe to print, but for line
// breaks and tabs. It cuts nothing.
func Lines(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && !Safe(r) }) {
		return s
	}
	var b strings.Builder
	for s != "" {
		end := strings.IndexAny(s, "\n\t")
		if end < 0 {
			escape(&b, s, len(s), "")
			break
		}
		escape(&b, s[:end], end, "")
		b.WriteByte(s[end])
		s = s[end+1:]
	}
	return b.String()
}

// Safe reports whether a character shows, stays in its line and leaves the direction of
// the text alone. The replacement character is not safe, as it also stands for bytes
// that are not UTF-8.
func Safe(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r < 0x7f
	}
	return r != utf8.RuneError && strconv.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

func isWord(r rune) bool { return r != ' ' && r != '"' && r != '\\' && Safe(r) }

// fits reports whether a text has at most so many characters, all of one kind.
func fits(s string, most int, kind func(rune) bool) bool {
	n := 0
	for _, r := range s {
		if n++; n > most || !kind(r) {
			return false
		}
	}
	return true
}

func quote(s string, most int) string {
	var b strings.Builder
	b.WriteByte('"')
	cut := escape(&b, s, most, `"\`)
	if cut {
		return strings.TrimSuffix(b.String(), more) + `"` + more
	}
	return b.String() + `"`
}

// escape writes the first characters of a text. An escape stands for each one that is
// not safe, and a backslash before each one in special.
func escape(b *strings.Builder, s string, most int, special string) (cut bool) {
	n := 0
	for i := 0; i < len(s); {
		if n++; n > most {
			b.WriteString(more)
			return true
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i]), 16)) // two digits, as it is above 0x7f
		case strings.ContainsRune(special, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case !Safe(r) && r != utf8.RuneError:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return false
}
