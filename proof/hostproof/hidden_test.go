package hostproof_test

import (
	"sync"

	"github.com/usher-go/usher"
)

// member is a user of an account.
type member struct {
	account usher.AccountID
	user    usher.UserID
}

// hidden contains the members that others must not see, because the transaction that adds them was
// not committed. A member is hidden until a COMMIT is sent that may succeed. A caller that has seen a
// member has seen too much if the member is hidden afterwards.
type hidden struct {
	mu  sync.Mutex
	all map[member]bool
}

func (h *hidden) hide(m member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[member]bool{}
	}
	h.all[m] = true
}

func (h *hidden) show(m member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, m)
}

func (h *hidden) has(m member) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[m]
}

// one returns a hidden member.
func (h *hidden) one() (m member, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.all {
		return m, true
	}
	return m, false
}
