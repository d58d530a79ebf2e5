package console

import (
	"slices"
	"sync"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// maxPastViews limits the past versions that a Console keeps. Each one is a whole account.
const maxPastViews = 4

// pastViews keeps the versions that pages about the past showed last, because each one is read
// from the journal: a viewer turns its pages, and opens the users on them. It does not decide
// what a viewer may see. It is safe for concurrent use.
type pastViews struct {
	mu   sync.Mutex
	list []account.View // the last one used comes last
}

// view returns the account at a version, under the policy of the viewer.
func (c *pastViews) view(v *viewer, version uint64) (account.View, error) {
	if then, ok := c.find(v, version); ok {
		return then, nil
	}
	then, err := v.options.Engine.At(v.subject.Account, version).View(v.ctx, v.subject.Account)
	if err != nil {
		return account.View{}, err
	}
	c.keep(then, v.policy)
	return then, nil
}

func (c *pastViews) find(v *viewer, version uint64) (account.View, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.IndexFunc(c.list, func(then account.View) bool {
		return then.ID() == v.subject.Account && then.Version() == version && then.Policy().Base() == v.policy.Base()
	})
	if at < 0 {
		return account.View{}, false
	}
	then := c.list[at]
	c.list = append(slices.Delete(c.list, at, at+1), then)
	return then, true
}

// keep adds a version, and drops those of other policies and the one that was not used for the
// longest time.
func (c *pastViews) keep(then account.View, current *policy.Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.DeleteFunc(c.list, func(old account.View) bool {
		return old.Policy().Base() != current.Base() || old.ID() == then.ID() && old.Version() == then.Version()
	})
	if len(c.list) == maxPastViews {
		c.list = slices.Delete(c.list, 0, 1)
	}
	c.list = append(c.list, then)
}
