package source

import (
	"bytes"
	"unicode/utf8"
)

// finder finds positions in a file. It continues from the previous position, so it reads the
// file only once.
type finder struct {
	src       []byte
	at        int // the offset of line and col
	line, col int
}

// isVerbatim reports whether the file has the node's text unchanged, without escapes or
// folded line breaks.
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

// seek moves to a position that is not before the current one.
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
