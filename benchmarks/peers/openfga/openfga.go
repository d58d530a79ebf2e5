// Package openfga is the adapter for OpenFGA, with its server in this process, its
// in-memory store, and no network.
//
// Members and managers of teams, the administrators and the owner are stored tuples. The
// hosts and teams of a calendar, which the application has loaded, are contextual tuples,
// as the documentation describes ("Contextual and Time-Based Authorization", "Contextual
// Tuples"), and only those that the permission uses. OpenFGA's language has no "all of", so
// the application finds the team of all hosts in its own table, which counts for the heap,
// and passes it as a relation. Caches are off, as by default: with a cache, a role change
// applies only after an entry has expired. The server's logs and throughput limits have
// their defaults.
package openfga

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	fga "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage/memory"

	"github.com/usher-go/usher/benchmarks/peers/staff"
	"github.com/usher-go/usher/benchmarks/world"
)

//go:embed model.fga
var model string

var relations = [world.Kinds]string{
	world.CalendarView: "can_view", world.CalendarCreate: "can_create", world.CalendarEdit: "can_edit",
	world.CalendarDelete: "can_delete", world.CalendarSetHosts: "can_set_hosts",
	world.SeatAssign: "can_assign_seat", world.UserDelete: "can_delete",
	world.SubscriptionManage: "can_manage_subscription", world.AccountDelete: "can_delete",
}

// atOnce is the maximum number of tuples in one write to OpenFGA.
const atOnce = 100

// Peer uses OpenFGA.
type Peer struct {
	staff.Table
	server         *server.Server
	account        string
	store, modelID string
}

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	ctx := context.Background()
	var err error
	if p.server, err = server.NewServerWithOpts(server.WithDatastore(memory.New())); err != nil {
		return err
	}
	store, err := p.server.CreateStore(ctx, &fga.CreateStoreRequest{Name: "bench"})
	if err != nil {
		return err
	}
	m, err := transformer.TransformDSLToProto(model)
	if err != nil {
		return err
	}
	p.store, p.account = store.GetId(), "account:"+w.Account
	written, err := p.server.WriteAuthorizationModel(ctx, &fga.WriteAuthorizationModelRequest{
		StoreId: p.store, SchemaVersion: m.GetSchemaVersion(), TypeDefinitions: m.GetTypeDefinitions(), Conditions: m.GetConditions(),
	})
	if err != nil {
		return err
	}
	p.modelID = written.GetAuthorizationModelId()
	p.Table = staff.Load(w)
	var batch []*fga.TupleKey
	write := func(atLeast int) {
		if err == nil && len(batch) >= atLeast {
			_, err = p.server.Write(ctx, &fga.WriteRequest{
				StoreId: p.store, AuthorizationModelId: p.modelID, Writes: &fga.WriteRequestWrites{TupleKeys: batch},
			})
			batch = nil
		}
	}
	for r := range w.Rows() {
		user := "user:" + r.User
		batch = append(batch, tuple("team:"+r.Team, "member", user))
		if r.Manages {
			batch = append(batch, tuple("team:"+r.Team, "manager", user))
		}
		if r.Role != world.Member {
			batch = append(batch, tuple(p.account, r.Role, user))
		}
		if r.Role == world.Owner {
			batch = append(batch, tuple(user, "protected", "user:*"))
		}
		if write(atOnce - 4); err != nil {
			return err
		}
	}
	write(1)
	return err
}

func tuple(object, relation, user string) *fga.TupleKey {
	return &fga.TupleKey{Object: object, Relation: relation, User: user}
}

// SetRole implements peer.Peer.
func (p *Peer) SetRole(user, role string) error {
	if err := p.Table.SetRole(user, role); err != nil {
		return err
	}
	r := &fga.WriteRequest{StoreId: p.store, AuthorizationModelId: p.modelID}
	if role == world.Admin {
		r.Writes = &fga.WriteRequestWrites{TupleKeys: []*fga.TupleKey{tuple(p.account, world.Admin, "user:"+user)}}
	} else {
		r.Deletes = &fga.WriteRequestDeletes{TupleKeys: []*fga.TupleKeyWithoutCondition{
			{Object: p.account, Relation: world.Admin, User: "user:" + user},
		}}
	}
	_, err := p.server.Write(context.Background(), r)
	return err
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	var with []*fga.TupleKey
	object := p.account
	switch {
	case q.Calendar != nil:
		return p.onCalendar(q.User, q.Kind, q.Calendar)
	case q.Entry != nil:
		object = "user:" + q.Entry.ID[0]
		with = append(with, tuple(object, "account", p.account))
		if q.Kind == world.SeatAssign {
			with = append(with, tuple(object, "team", "team:"+p.Find(q.Entry.ID[0]).Team))
		}
	}
	return p.check(q.User, relations[q.Kind], object, with)
}

func (p *Peer) onCalendar(user string, k world.Kind, c *world.Calendar) (bool, error) {
	object := "calendar:" + c.ID
	return p.check(user, relations[k], object, p.context(object, k, c))
}

func (p *Peer) check(user, relation, object string, with []*fga.TupleKey) (bool, error) {
	if p.Find(user) == &staff.Unknown {
		return false, nil
	}
	a, err := p.server.Check(context.Background(), &fga.CheckRequest{
		StoreId:              p.store,
		AuthorizationModelId: p.modelID,
		TupleKey:             &fga.CheckRequestTupleKey{User: "user:" + user, Relation: relation, Object: object},
		ContextualTuples:     &fga.ContextualTupleKeys{TupleKeys: with},
	})
	return a.GetAllowed(), err
}

// context returns the contextual tuples of a calendar that a permission uses.
func (p *Peer) context(object string, k world.Kind, c *world.Calendar) []*fga.TupleKey {
	with := []*fga.TupleKey{tuple(object, "account", p.account)}
	var room [4]string
	reach := p.Reach(room[:0], c)
	if k == world.CalendarView {
		for _, host := range c.Hosts {
			with = append(with, tuple(object, "host", "user:"+host))
		}
		for _, team := range c.Teams {
			with = append(with, tuple(object, "party", "team:"+team))
		}
		for i, team := range reach {
			if !slices.Contains(reach[:i], team) {
				with = append(with, tuple(object, "reach", "team:"+team))
			}
		}
		return with
	}
	if len(c.Hosts) == 1 && len(c.Teams) == 0 && k != world.CalendarSetHosts {
		with = append(with, tuple(object, "sole", "user:"+c.Hosts[0]))
	}
	for _, team := range reach {
		if team == "" || team != reach[0] {
			return with
		}
	}
	switch {
	case len(reach) == 0:
	case k == world.CalendarEdit || k == world.CalendarDelete:
		with = append(with, tuple(object, "within", "team:"+reach[0]))
	case len(c.Teams) == 0:
		with = append(with, tuple(object, "exclusive", "team:"+reach[0]))
	}
	return with
}

// Actions implements peer.Peer with one BatchCheck.
func (p *Peer) Actions(user string, on *world.Calendar) (world.Actions, error) {
	object := "calendar:" + on.ID
	var items []*fga.BatchCheckItem
	for k := range world.OfCalendars {
		items = append(items, p.item(user, k, object, on, len(items)))
	}
	allowed, err := p.batch(items)
	var all world.Actions
	for k := range world.OfCalendars {
		if err == nil && allowed[k] {
			all = all.With(k)
		}
	}
	return all, err
}

// Editable implements peer.Peer with one BatchCheck, which accepts 50 calendars. (OpenFGA
// also has ListObjects, but that requires stored calendars, and returns all of them.)
func (p *Peer) Editable(user string, page []*world.Calendar) ([]*world.Calendar, error) {
	var items []*fga.BatchCheckItem
	for i, c := range page {
		items = append(items, p.item(user, world.CalendarEdit, "calendar:"+c.ID, c, i))
	}
	allowed, err := p.batch(items)
	if err != nil {
		return nil, err
	}
	var list []*world.Calendar
	for i, c := range page {
		if allowed[i] {
			list = append(list, c)
		}
	}
	return list, nil
}

func (p *Peer) item(user string, k world.Kind, object string, c *world.Calendar, i int) *fga.BatchCheckItem {
	return &fga.BatchCheckItem{
		TupleKey:         &fga.CheckRequestTupleKey{User: "user:" + user, Relation: relations[k], Object: object},
		ContextualTuples: &fga.ContextualTupleKeys{TupleKeys: p.context(object, k, c)},
		CorrelationId:    fmt.Sprint(i),
	}
}

func (p *Peer) batch(items []*fga.BatchCheckItem) ([]bool, error) {
	if len(items) == 0 {
		return nil, nil
	}
	a, err := p.server.BatchCheck(context.Background(), &fga.BatchCheckRequest{
		StoreId: p.store, AuthorizationModelId: p.modelID, Checks: items,
	})
	if err != nil {
		return nil, err
	}
	list := make([]bool, len(items))
	for i := range items {
		one := a.GetResult()[fmt.Sprint(i)]
		if e := one.GetError(); e != nil {
			return nil, fmt.Errorf("openfga: %s", e.GetMessage())
		}
		list[i] = one.GetAllowed()
	}
	return list, nil
}
