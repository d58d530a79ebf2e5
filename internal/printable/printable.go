// Package printable makes untrusted text safe to print. An id, a name, a path or an error text of
// another library may contain terminal escapes, line breaks, marks that change the direction of
// text, invisible characters, and bytes that are not UTF-8. The functions of this package replace
// them with escapes, and limit the length.
//
//	Word   an id or a name inside a sentence: mia, "mia smith", "mia\u202e"
//	Value  text that stands alone, such as a log attribute or a path: mia smith
//	Quote  text that is always quoted, instead of %q
//	Text   a sentence from another source
//	Error  an error from another source
//	JSON   an encoded JSON value
//
// Safe text stays unchanged, so applying a function twice has no further effect. The exception is
// Quote, which quotes its own result again.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Maximum lengths in characters.
const (
	maxWord  = 64   // by Word
	MaxQuote = 256  // by Quote and Value
	MaxText  = 1024 // by Text and Error
)

// more marks text that was truncated.
const more = "…"

// Word returns an id or a name for use in a sentence. It quotes an empty text and a text that could
// be read as more than one word, and truncates after maxWord characters.
func Word[T ~string](s T) string {
	if s != "" && fits(string(s), maxWord, isWord) {
		return string(s)
	}
	return quote(string(s), maxWord)
}

// Value returns text that stands alone, such as a log attribute or the path of a file. It quotes a
// text with characters that are not safe to print, and truncates after MaxQuote characters.
func Value[T ~string](s T) string {
	if fits(string(s), MaxQuote, Safe) {
		return string(s)
	}
	return quote(string(s), MaxQuote)
}

// Ref returns the type and the id of a resource, such as "calendar c1". It omits an empty part.
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

// Quote returns text in double quotes, like %q, and truncates after MaxQuote characters.
func Quote[T ~string](s T) string { return quote(string(s), MaxQuote) }

// Text returns a sentence from another source as one line. It replaces characters that are not safe
// to print with escapes, and truncates after MaxText characters.
func Text(s string) string {
	if fits(s, MaxText, Safe) {
		return s
	}
	var b strings.Builder
	escape(&b, s, MaxText, "")
	return b.String()
}

// Lines returns text with escapes for characters that are not safe to print, except line breaks and
// tabs. It does not truncate.
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

// Safe reports whether a character is visible, and changes neither the line nor the direction of
// text. The replacement character is not safe, since it also stands for bytes that are not UTF-8.
func Safe(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r < 0x7f
	}
	return r != utf8.RuneError && strconv.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// isWord reports whether a character needs no quotes in a Word.
func isWord(r rune) bool { return r != ' ' && r != '"' && r != '\\' && Safe(r) }

// fits reports whether a text has at most limit characters, all of one kind.
func fits(s string, limit int, kind func(rune) bool) bool {
	n := 0
	for _, r := range s {
		if n++; n > limit || !kind(r) {
			return false
		}
	}
	return true
}

func quote(s string, limit int) string {
	var b strings.Builder
	b.WriteByte('"')
	cut := escape(&b, s, limit, `"\`)
	if cut {
		return strings.TrimSuffix(b.String(), more) + `"` + more
	}
	return b.String() + `"`
}

// escape writes up to limit characters of a text, and reports whether it truncated the text. It
// writes an escape for each character that is not safe, and a backslash before each character in
// special.
func escape(b *strings.Builder, s string, limit int, special string) (cut bool) {
	n := 0
	for i := 0; i < len(s); {
		if n++; n > limit {
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
