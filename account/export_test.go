package account

import (
	"fmt"

	"github.com/usher-go/usher/internal/table"
)

// CommandList and ChangeList list all commands and changes.
var CommandList, ChangeList = commands, changes

// KeyCount returns how many keys a state remembers, and checks that three ways of counting
// agree.
func KeyCount(s *State) int {
	n := s.keys.byKey.Len()
	if rooms := s.keys.users.count + s.keys.parts.count; rooms != n {
		panic(fmt.Sprintf("%d keys, and the rooms count %d", n, rooms))
	}
	held := 0
	for _, room := range []keyGroup{s.keys.users, s.keys.parts} {
		for _, h := range room.actors.All() {
			held += h.count
		}
	}
	if held != n {
		panic(fmt.Sprintf("%d keys, and actors have %d", n, held))
	}
	return n
}

// WithKeys returns a snapshot of the state with n keys of an actor, without the bound for
// each actor.
func WithKeys(s *State, actor Actor, n int) []byte {
	next := *s
	next.version = uint64(n)
	e := (*table.Table[keyed])(nil).Edit()
	for i := range n {
		e.Set(scopedKey(actor, fmt.Sprint("key ", i)), keyed{uint64(i + 1), "r"})
	}
	next.keys = keys{byKey: e.Table()}
	return next.Encode()
}
