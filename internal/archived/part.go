package archived

import (
	"bytes"
	"strconv"

	"github.com/usher-go/usher/store"
)

// The object of a part has for each commit a line with the length of its data in bytes, the data, and a
// line break. The commits of usher are JSON, so that people can read it.

func appendCommit(part, data []byte) []byte {
	part = strconv.AppendInt(part, int64(len(data)), 10)
	part = append(part, '\n')
	part = append(part, data...)
	return append(part, '\n')
}

// commits returns the commits in the object of a part.
func (p Part) commits(object []byte) (all []store.Commit, err error) {
	for version := p.First; version <= p.Last; version++ {
		digits, rest, found := bytes.Cut(object, []byte("\n"))
		n, err := strconv.Atoi(string(digits))
		if !found || err != nil || n < 0 || n >= len(rest) || rest[n] != '\n' {
			return nil, damaged("commit %d in object %s cannot be read", version, p.name())
		}
		all = append(all, store.Commit{Version: version, Data: rest[:n:n]})
		object = rest[n+1:]
	}
	if len(object) > 0 {
		return nil, damaged("object %s has %d bytes after its last commit", p.name(), len(object))
	}
	return all, nil
}
