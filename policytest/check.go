package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/testfile"
)

// check is a Check whose names were found.
type check struct {
	*testfile.Check
	request usher.Request // without who asks
	want    map[usher.UserID]want
}

// want is what a check expects of a user; the zero want is a denial for any
// reason.
type want struct {
	allow  bool
	reason usher.Reason
	hidden []string // sorted; nil where anything may be hidden
}

func (l *lookup) check(written *testfile.Check) check {
	c := check{Check: written, want: map[usher.UserID]want{}}
	request, types := l.Question(&c.Question)
	c.request = request
	for _, n := range c.Allow {
		if l.Find(n, "user", l.users) {
			c.want[usher.UserID(n.Text)] = want{allow: true}
		}
	}
	for _, d := range c.Deny {
		if c.want[usher.UserID(d.User.Text)].allow {
			l.Problems.Add(d.User.Pos, "%s stands under allow and under deny", d.User.Text)
		} else if l.Find(d.User, "user", l.users) {
			c.want[usher.UserID(d.User.Text)] = want{reason: d.Reason}
		}
	}
	for _, h := range c.Hidden {
		id := usher.UserID(h.User.Text)
		if !l.Find(h.User, "user", l.users) {
			continue
		}
		if !c.want[id].allow {
			l.Problems.Add(h.User.Pos, "%s does not stand under allow; a denial hides nothing, since it shows nothing", id)
			continue
		}
		c.want[id] = want{allow: true, hidden: l.Hidden(h.Fields, &c.Question, types)}
	}
	return c
}
