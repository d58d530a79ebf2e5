// Package hostile contains texts that must not be printed unchanged, and finds them in output. It
// is for tests. It does not use package printable, which these tests check.
package hostile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts contains one text for each kind of unsafe text. Tests use them as ids, file names and other
// untrusted input.
var Texts = []string{
	"a\x1b[31mred\x1b[0m",
	"a\x1b]0;title\x07",
	"two\nlines",
	"two\r\nlines",
	"back\rward",
	"tab\tstop",
	"nul\x00byte",
	"del\x7fete",
	"c1\u0085next\u009b31m",
	"rtl\u202egnp.exe",
	"embed\u202a\u202b\u202c\u202d",
	"isolate\u2066\u2067\u2068\u2069",
	"marks\u200e\u200f\u061c",
	"zero\u200bwidth\u200c\u200d\u2060",
	"\ufeffbom",
	"line\u2028paragraph\u2029",
	"tags\U000e0001\U000e0041",
	"private\ue000",
	"utf8\xff\xfe\xc3",
	"surrogate\xed\xa0\x80",
	strings.Repeat("long", 2048),
	strings.Repeat("\u202e", 3000),
	strings.Repeat("\x1b", 5000),
}

// maxLine is the maximum length of an output line, in bytes.
const maxLine = 16 << 10

// Fault returns the reason why a text is not safe to print, or "". With severalLines, line breaks
// are allowed, and Fault checks each line.
func Fault(text string, severalLines bool) string {
	if severalLines {
		for line := range strings.SplitSeq(text, "\n") {
			if fault := Fault(line, false); fault != "" {
				return fault
			}
		}
		return ""
	}
	if len(text) > maxLine {
		return fmt.Sprintf("it has %d bytes: %q…", len(text), text[:200])
	}
	if !utf8.ValidString(text) {
		return fmt.Sprintf("it is not UTF-8: %q", text)
	}
	for _, r := range text {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return fmt.Sprintf("it has %U: %q", r, text)
		}
	}
	return ""
}
