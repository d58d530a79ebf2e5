package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/usherhttp"
)

// past is the account at an earlier version. What the viewer may see of it is decided on the
// newest version: a former administrator sees none of it, and a new one all of it.
type past struct {
	*viewer
	then   account.View
	commit *account.Commit // the one that made the version
}

// seesThen reports whether the viewer may see the account as it was: a viewer who may read the
// changes in the journal and see users.
func (v *viewer) seesThen() bool {
	return !v.check(auditView, nil).Hides(auditChanges) && v.mayAny(userView)
}

func (v *viewer) lacksThen() missing {
	if !v.may(auditView, nil) {
		return v.lacks(auditView)
	}
	return v.lacks(userView)
}

// past returns the account at the version in the parameter of a request.
func (v *viewer) past(r *http.Request) (*past, error) {
	version, err := strconv.ParseUint(r.URL.Query().Get("version"), 10, 64)
	if err != nil || version == 0 || version > v.view.Version() {
		return nil, usherhttp.ErrNotFound
	}
	p := &past{viewer: v}
	if p.then, err = v.pastViews.view(v, version); err != nil {
		return nil, err
	}
	p.commit, err = v.commitAt(version)
	return p, err
}

// moment is the banner of a page about the past, in the JSON form, too.
type moment struct {
	Version uint64    `json:"version"`
	Time    time.Time `json:"time"`
	Newest  bool      `json:"newest,omitempty"`
	Commit  recordRow `json:"commit"` // the change that led to it
	Before  uint64    `json:"before,omitempty"`
	After   uint64    `json:"after,omitempty"`
}

func (p *past) moment() moment {
	version := p.then.Version()
	p.lookUpCommits([]*account.Commit{p.commit}, maxChanges)
	m := moment{
		Version: version, Time: p.then.Time().In(p.zone), Newest: version == p.view.Version(),
		Commit: p.recordRow(p.commit, p.check(auditView, nil), maxChanges), Before: version - 1,
	}
	if !m.Newest {
		m.After = version + 1
	}
	return m
}
