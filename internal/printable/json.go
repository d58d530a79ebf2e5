package printable

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns an encoded JSON value with escapes for the characters that are not safe to print.
// The value does not change. Line breaks between values stay unchanged. The result may be the slice
// encoded.
func JSON(encoded []byte) []byte {
	at := 0
	for at < len(encoded) {
		r, size := utf8.DecodeRune(encoded[at:])
		if !plain(r) {
			break
		}
		at += size
	}
	if at == len(encoded) {
		return encoded
	}
	out := append(make([]byte, 0, len(encoded)+64), encoded[:at]...)
	for at < len(encoded) {
		r, size := utf8.DecodeRune(encoded[at:])
		switch {
		case plain(r):
			out = append(out, encoded[at:at+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		at += size
	}
	return out
}

// plain reports whether a character of an encoded value needs no escape. Control characters below
// the space occur only between values.
func plain(r rune) bool { return r < ' ' || Safe(r) }
