package strictjson

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

var errInString = errors.New("unexpected end in a string")

// Bytes reads a string, which may be empty. The result is valid until the next string is read.
func (r *Reader) Bytes() []byte {
	if r.take('"'); r.err != nil {
		return nil
	}
	begin := r.at
	ascii := true
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			text := r.data[begin:r.at]
			r.at++
			return r.valid(text, ascii)
		case c == '\\':
			r.text = append(r.text[:0], r.data[begin:r.at]...)
			return r.escaped()
		case c < ' ':
			r.failControl(c)
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.Fail(errInString)
	return nil
}

func (r *Reader) failControl(c byte) {
	r.Fail(printable.Errorf("unescaped control character %q in a string", c))
}

// valid returns text, or nil after an error if it is not UTF-8.
func (r *Reader) valid(text []byte, ascii bool) []byte {
	if !ascii && !utf8.Valid(text) {
		r.Fail(printable.Errorf("%s is not UTF-8", printable.Word(string(text))))
		return nil
	}
	return text
}

// escaped reads the rest of a string, from its first backslash on.
func (r *Reader) escaped() []byte {
	for r.at < len(r.data) {
		c := r.data[r.at]
		r.at++
		switch {
		case c == '"':
			return r.valid(r.text, false)
		case c == '\\':
			r.escape()
		case c < ' ':
			r.failControl(c)
		default:
			r.text = append(r.text, c)
		}
		if r.err != nil {
			return nil
		}
	}
	r.Fail(errInString)
	return nil
}

// escape reads the rest of an escape, after its backslash.
func (r *Reader) escape() {
	if r.at == len(r.data) {
		return
	}
	c := r.data[r.at]
	r.at++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r.text = utf8.AppendRune(r.text, r.codePoint())
		return
	default:
		r.Fail(printable.Errorf("unknown escape %q", `\`+string(rune(c))))
		return
	}
	r.text = append(r.text, c)
}

// codePoint reads the digits after \u. If they are the first half of a surrogate pair, it reads a
// second \u escape too.
func (r *Reader) codePoint() rune {
	c := r.hex()
	if !utf16.IsSurrogate(c) {
		return c
	}
	if r.at+2 <= len(r.data) && string(r.data[r.at:r.at+2]) == `\u` {
		r.at += 2
		c = utf16.DecodeRune(c, r.hex())
	}
	if c == utf8.RuneError || utf16.IsSurrogate(c) {
		r.Fail(errors.New(`half of a surrogate pair in a \u escape`))
	}
	return c
}

// hex reads four hexadecimal digits.
func (r *Reader) hex() rune {
	if r.at+4 > len(r.data) {
		r.Fail(errInString)
		return 0
	}
	n, err := strconv.ParseUint(string(r.data[r.at:r.at+4]), 16, 16)
	if err != nil {
		r.Fail(printable.Errorf(`invalid digits %q in a \u escape`, string(r.data[r.at:r.at+4])))
		return 0
	}
	r.at += 4
	return rune(n)
}
