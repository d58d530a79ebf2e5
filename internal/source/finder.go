package source

import (
	"bytes"
	"unicode/utf8"
)

// finder looks up places in a file. It goes on from the last one, so that a file
// is walked through once and not once for each place.
type finder struct {
	src       []byte
	at        int // the offset of line and col
	line, col int
}

// stands reports whether the node's text is in the file as it is, without
// escapes or line breaks that were folded.
func (f *finder) isVerbatim(n *Node) bool {
	if !f.seek(n.Line, n.Col) {
		return false
	}
	rest := f.src[f.at:]
	if n.Quoted {
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return false // a block of text
		}
		rest = rest[1:]
	}
	return bytes.HasPrefix(rest, []byte(n.Text))
}

// seek goes to a place that is not before the last one.
func (f *finder) seek(line, col int) bool {
	for f.line < line {
		i := bytes.IndexByte(f.src[f.at:], '\n')
		if i < 0 {
			return false
		}
		f.at, f.line, f.col = f.at+i+1, f.line+1, 1
	}
	for f.line == line && f.col < col {
		if f.at == len(f.src) || f.src[f.at] == '\n' {
			return false
		}
		_, size := utf8.DecodeRune(f.src[f.at:])
		f.at, f.col = f.at+size, f.col+1
	}
	return f.line == line && f.col == col
}
