package console

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

// eachRow calls a function with every row that a request selects, newest first.
func (v *viewer) eachRow(r *http.Request, each func(recordRow) error) error {
	s, err := v.recordSearch(r)
	if err != nil {
		return err
	}
	return s.chunks(func(k chunk) (bool, error) {
		v.lookUpCommits(k.commits, math.MaxInt)
		for _, c := range k.commits {
			row := v.recordRow(c, s.decision, math.MaxInt)
			if v.err != nil {
				return false, v.err
			}
			if err := each(row); err != nil {
				return false, err
			}
		}
		return true, v.ctx.Err()
	})
}

// recordColumns is the first line of the CSV file. Programs read it, so it is not translated.
var recordColumns = []string{"version", "time", "actor", "actor name", "host", "changes", "users", "text", "note", "by"}

// writeRecordCSV writes the rows as CSV (RFC 4180), one line for each commit. Lists within a
// cell are separated by semicolons.
func writeRecordCSV(v *viewer, r *http.Request, w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(recordColumns); err != nil {
		return err
	}
	err := v.eachRow(r, func(row recordRow) error {
		name, by := row.Actor.Name, ""
		if row.Actor.By != nil {
			by = string(row.Actor.By.ID)
		}
		if row.Actor.Host != "" {
			name = ""
		}
		var changes, users, texts []string
		for _, c := range row.Changes {
			changes, texts = append(changes, c.Change), append(texts, c.Text)
			for _, id := range c.Users {
				users = append(users, string(id))
			}
		}
		cells := []string{
			formatUint(row.Version), row.Time.Format(time.RFC3339Nano), string(row.Actor.ID), name, row.Actor.Host,
			strings.Join(changes, "; "), strings.Join(users, "; "), strings.Join(texts, "; "), row.Note, by,
		}
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		return out.Write(cells)
	})
	if err != nil {
		return err // without Flush, so that an early error can still become a page
	}
	out.Flush()
	return out.Error()
}

// cell returns a text that no spreadsheet evaluates: it has an apostrophe before each character
// that could begin a formula. That is at the start, where spreadsheets ignore blanks and invisible
// characters, and after a semicolon, a tab or a line break, where programs of some languages
// begin a new cell.
func cell(text string) string {
	var b strings.Builder
	copied, start := 0, true
	for i, r := range text {
		switch {
		case strings.ContainsRune(";\t\r\n", r):
			start = true
		case start && strings.ContainsRune("=+-@＝＋－＠", r):
			b.WriteString(text[copied:i] + "'")
			copied, start = i, false
		case unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '"' && r != utf8.RuneError:
			start = false
		}
	}
	return b.String() + text[copied:]
}

// writeRecordJSON writes the rows as a JSON array, with the rows of the page's document.
func writeRecordJSON(v *viewer, r *http.Request, w io.Writer) error {
	separator := "[\n"
	err := v.eachRow(r, func(row recordRow) error {
		data, err := json.Marshal(row)
		if err != nil {
			return err
		}
		_, err = w.Write(append([]byte(separator), printable.JSON(data)...))
		separator = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	if separator == "[\n" {
		_, err = io.WriteString(w, "[]\n")
		return err
	}
	_, err = io.WriteString(w, "\n]\n")
	return err
}
