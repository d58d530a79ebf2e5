// Package usher is the adapter for usher's engine, used as its README recommends: handlers
// have an usher.Authorizer, permissions are parsed once, and the application's own types are
// resources, with methods on their pointers. The policy is the preset oncehub without
// changes. The engine has the journal, the commands and the clock of a normal application.
// Nothing is tuned.
//
// Prepare imports the company into a memstore, which stands for a file or a database. Load
// opens an engine on it, as a starting service does.
package usher

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/benchmarks/world"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

var permissions = func() (list [world.Kinds]permission.Permission) {
	for k := range list {
		list[k] = permission.MustParse(world.Kind(k).String())
	}
	return list
}()

// Peer uses usher. Callers must call Prepare before Load.
type Peer struct {
	authorizer usher.Authorizer
	engine     *engine.Engine
	store      memstore.Store
	account    usher.AccountID
}

func (p *Peer) open() (*engine.Engine, error) {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		return nil, err
	}
	return engine.Open(engine.Options{Policy: oncehub, Store: &p.store})
}

// Prepare implements peer.Preparer.
func (p *Peer) Prepare(w *world.World) error {
	c := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: make(map[usher.UserID]policy.User, w.Users)}
	for r := range w.Rows() {
		m := policy.Membership{Team: usher.TeamID(r.Team)}
		if r.Manages {
			m.Roles = []role.Name{"manager"}
		}
		c.Teams[m.Team] = ""
		c.Users[usher.UserID(r.User)] = policy.User{Role: role.Name(r.Role), Teams: []policy.Membership{m}}
	}
	e, err := p.open()
	if err != nil {
		return err
	}
	p.account = usher.AccountID(w.Account)
	if _, err := e.Do(context.Background(), account.AsHost("import"), p.account, account.Import{Seed: c}); err != nil {
		return err
	}
	return e.Close() // saves the snapshot that is due
}

// Load implements peer.Peer.
func (p *Peer) Load(*world.World) error {
	e, err := p.open()
	if err != nil {
		return err
	}
	p.engine, p.authorizer = e, e
	_, err = e.View(context.Background(), p.account) // loads the account
	return err
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	r := usher.Request{
		Account: usher.AccountID(q.Account), Subject: usher.UserID(q.User), Permission: permissions[q.Kind], Resource: resource(q),
	}
	d, err := p.authorizer.Check(context.Background(), r)
	return d.Allowed(), err
}

// SetRole implements peer.Peer with a command, which is checked, stored and journaled.
func (p *Peer) SetRole(user, name string) error {
	_, err := p.engine.Do(context.Background(), account.AsHost("bench"), p.account,
		account.SetRole{User: usher.UserID(user), Role: role.Name(name)})
	return err
}
