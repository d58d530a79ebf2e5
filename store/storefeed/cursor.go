package storefeed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Cursor is how far a reader has read each account. A nil Cursor has read nothing. It takes about
// 100 bytes for each account and its id, however long the journals are.
type Cursor map[usher.AccountID]Mark

// Mark is how far a reader has read an account. The zero Mark has read nothing.
type Mark struct {
	// Head is the last commit that was read. If its Hash is zero, Read cannot compare the commit with
	// the store, and only verifies that the store has the version.
	Head account.Head

	Erased bool // the reader knows that the account was erased
}

// Note adds an entry that the reader has stored. It ignores a problem. The Cursor must not be nil.
func (c Cursor) Note(e Entry) {
	switch {
	case e.Erased:
		c[e.Account] = Mark{Erased: true}
	case e.Commit != nil:
		c[e.Account] = Mark{Head: e.Head}
	}
}

// Add adds the marks of another cursor. Of two marks of an account, that with the later version is
// kept, and that of an erasure wins. Two different commits with the same version are an error: they
// are of different stores. The Cursor must not be nil.
func (c Cursor) Add(other Cursor) error {
	for _, id := range slices.Sorted(maps.Keys(other)) {
		if err := c.add(id, other[id]); err != nil {
			return err
		}
	}
	return nil
}

func (c Cursor) add(id usher.AccountID, m Mark) error {
	is, known := c[id]
	switch {
	case m.Erased:
		m = Mark{Erased: true}
	case known && (is.Erased || is.Head.Version > m.Head.Version):
		return nil
	case known && is.Head.Version == m.Head.Version && !is.Head.Hash.IsZero():
		if !m.Head.Hash.IsZero() && m.Head.Hash != is.Head.Hash {
			return printable.Errorf("there are two commits with the version %d of %q, so they are of different stores", m.Head.Version, id)
		}
		return nil
	}
	c[id] = m
	return nil
}

// cursorLine is a mark in JSON.
type cursorLine struct {
	Account usher.AccountID `json:"account"`
	Version uint64          `json:"version,omitempty"`
	Hash    string          `json:"hash,omitempty"`
	Erased  bool            `json:"erased,omitempty"`
}

// Write writes the cursor as lines of JSON, sorted by account:
//
//	{"account":"acme","version":17,"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
//	{"account":"beta","erased":true}
func (c Cursor) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, id := range slices.Sorted(maps.Keys(c)) {
		_, _ = out.Write(append(markLine(id, c[id]), '\n')) // Flush returns the error
	}
	return out.Flush()
}

// ErrTorn means that the last line has no line break at its end. The cursor that comes with it is
// that of the lines before.
var ErrTorn = errors.New("the last line is incomplete and was ignored")

// ReadCursor makes a cursor from lines: those of Entry.Line, those of Cursor.Write, or a mixture.
// Lines of one account may be in any order; the hash of a line of Write may be missing, and empty
// lines are skipped. Without lines the cursor is empty and not nil.
//
// A last line without a line break was cut off when its writer was stopped. ReadCursor ignores it,
// and returns the cursor of the other lines with ErrTorn. A caller may use that cursor: the entry
// of the line then comes again. With any other error, which states the line, the cursor is nil.
func ReadCursor(r io.Reader) (Cursor, error) {
	c := Cursor{}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) > 0:
			return c, ErrTorn
		case errors.Is(err, io.EOF):
			return c, nil
		case err != nil:
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		id, m, err := parseMark(line)
		if err == nil {
			err = c.add(id, m)
		}
		if err != nil {
			return nil, printable.Errorf("line %d: %w", n, err)
		}
	}
}

var errWant = errors.New(`want a line of usher export, or {"account":"acme","version":17}`)

// parseMark parses a line.
func parseMark(line []byte) (usher.AccountID, Mark, error) {
	if bytes.HasPrefix(line, []byte(`{"usher":`)) {
		c, err := account.DecodeCommit(line)
		if err != nil {
			return "", Mark{}, err
		}
		m := Mark{Head: account.Head{Version: c.Version}}
		if data, err := c.Encode(); err == nil {
			m.Head.Hash = account.HashOf(data)
		}
		return c.Account, m, nil
	}
	var l cursorLine
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return "", Mark{}, printable.Errorf("%w (%w)", err, errWant)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", Mark{}, printable.Errorf("trailing data (%w)", errWant)
	}
	if err := store.CheckAccount(l.Account); err != nil {
		return "", Mark{}, err
	}
	switch {
	case l.Erased && (l.Version != 0 || l.Hash != ""):
		return "", Mark{}, errors.New("an erased account has no version and no hash")
	case l.Erased:
		return l.Account, Mark{Erased: true}, nil
	case l.Version == 0:
		return "", Mark{}, printable.Errorf("the version is missing or 0 (%w)", errWant)
	}
	m := Mark{Head: account.Head{Version: l.Version}}
	if l.Hash != "" {
		var err error
		if m.Head, err = account.ParseHead(strconv.FormatUint(l.Version, 10) + ":" + l.Hash); err != nil {
			return "", Mark{}, err
		}
	}
	return l.Account, m, nil
}
