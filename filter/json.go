package filter

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IDs returns the ids that a condition in SQLite finds in the text of the column. The Party method
// of the application's resource can use it. IDs returns none for a text that is not a JSON array,
// and an empty id for each element that is not an id of the Kind.
func (a Array) IDs(text string) []string {
	var elements []json.RawMessage
	if err := json.Unmarshal([]byte(text), &elements); err != nil || depth(text) > maxDepth {
		return nil
	}
	var ids []string
	for _, e := range elements {
		id, isText := element(e, a.Kind)
		if id == "" && isText && a.EmptyMeansNone {
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// maxDepth is the maximum depth of nested arrays and objects in SQLite.
const maxDepth = 1000

// depth returns the depth of nested arrays and objects in a JSON text.
func depth(text string) (most int) {
	open, inText := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '[' || c == '{':
			open++
			most = max(most, open)
		case c == ']' || c == '}':
			open--
		}
	}
	return most
}

// element returns the id in an element of a JSON array, or "" if it is not an id.
func element(e json.RawMessage, k Kind) (id string, isText bool) {
	if e[0] != '"' {
		n, err := strconv.ParseInt(string(e), 10, 64)
		if k != Integer || err != nil {
			return "", false
		}
		return strconv.FormatInt(n, 10), false
	}
	if err := json.Unmarshal(e, &id); err != nil {
		return "", false
	}
	// Go replaces invalid bytes and surrogates, and SQLite does not.
	replaced := strings.ContainsRune(id, utf8.RuneError) && !strings.ContainsRune(string(e), utf8.RuneError)
	if replaced || !utf8.Valid(e) || k == Integer {
		return "", id == ""
	}
	return id, true
}
