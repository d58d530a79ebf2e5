package account

import (
	"encoding/binary"
	"math"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/strictjson"
)

// requests writes the highest number of a request so far, and the open requests in the order of
// their numbers.
func (w *snapshotWriter) requests(r *requests) {
	w.uint(int(r.last()))
	w.uint(len(r.list()))
	for _, open := range r.list() {
		w.uint(int(open.ID))
		w.text(string(open.User))
		commands := strictjson.NewWriter(0)
		writeCommands(commands, open.Commands) // Apply accepts only commands that can be written
		w.text(string(commands.Bytes()))
		w.text(open.Note)
		w.time(open.Until)
		w.buf = binary.AppendUvarint(w.buf, open.Version)
	}
}

func (r *snapshotReader) requests(version uint64) *requests {
	list := &requests{lastID: RequestID(r.int(math.MaxInt))}
	last := RequestID(0)
	for range r.count(8) {
		open := OpenRequest{ID: RequestID(r.int(int(list.lastID) + 1)), User: usher.UserID(r.name())}
		commands := strictjson.NewReader([]byte(r.text()))
		open.Commands = readCommands(commands)
		commands.End()
		open.Note, open.Until, open.Version = r.text(), r.time(), r.uint()
		switch {
		case commands.Err() != nil:
			r.fail("the commands of the request %d: %w", open.ID, commands.Err())
		case len(open.Commands) == 0:
			r.fail("the request %d has no commands", open.ID)
		case open.ID <= last:
			r.fail("the requests are not in order")
		case open.Version == 0 || open.Version > version:
			r.fail("the request %d has the version %d, which is out of range", open.ID, open.Version)
		}
		last = open.ID
		list.open = append(list.open, open)
	}
	if list.lastID == 0 {
		return nil
	}
	return list
}
