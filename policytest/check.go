package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/testfile"
)

// check is a Check with its names looked up.
type check struct {
	*testfile.Check
	request usher.Request // without the subject
	want    map[usher.UserID]want
	visitor want
}

// want is the expected decision for a user. The zero want is a denial for any reason.
type want struct {
	allow  bool
	reason usher.Reason // 0 for any
	hidden []string     // sorted; nil for any
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
			l.Problems.Add(d.User.Pos, "%s is under both allow and deny", d.User.Text)
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
			l.Problems.Add(h.User.Pos, "%s is not under allow; only an allowed user has hidden fields", id)
			continue
		}
		c.want[id] = want{allow: true, hidden: l.Hidden(h.Fields, &c.Question, types)}
	}
	if c.Visitor != nil {
		c.visitor.allow = true
		if c.Visitor.Hidden != nil {
			c.visitor.hidden = l.Hidden(c.Visitor.Hidden, &c.Question, types)
		}
	}
	return c
}
