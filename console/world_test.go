package console_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

var ctx = context.Background()

// world is a Console over an account of a preset.
type world struct {
	testing.TB
	*engine.Engine
	console *console.Console
	log     *strings.Builder
	account usher.AccountID            // that the Console shows
	clock   *atomic.Pointer[time.Time] // of the engine; the system's until it is set
}

// viewers are the kinds of viewers. The zero value is not logged in.
type viewer struct {
	name string
	user usher.UserID
	mfa  bool
}

// onceHub is an account with an owner, an administrator, a manager of the team sales, and
// members.
var onceHub = []account.Command{
	account.CreateAccount{Owner: "olivia"},
	account.SetSeats{Pool: "booking", Total: 4},
	account.AddUser{User: "adam", Role: "admin"},
	account.CreateTeam{Team: "sales"},
	account.CreateTeam{Team: "emea", Parent: "sales"},
	account.CreateTeam{Team: "support"},
	account.AddUser{User: "tom", Teams: []usher.TeamID{"sales"}},
	account.SetTeamRole{Team: "sales", User: "tom", Role: "manager"},
	account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
	account.AddUser{User: "max", Teams: []usher.TeamID{"support"}},
	account.AddUser{User: "ian", Status: usher.Invited},
	account.AddUser{User: "eve"},
	account.SetStatus{User: "eve", Status: usher.Inactive},
	account.AssignSeat{User: "mia", Pool: "booking"},
	account.AssignSeat{User: "tom", Pool: "booking"},
	account.DefineField{Field: "phone", Type: account.TextField},
	account.DefineField{Field: "start", Type: account.DateField},
	account.SetField{User: "mia", Field: "phone", Value: "+41 1"},
	account.GiveGrant{User: "mia", Grant: "chatbots"},
}

// calCom is an account with an admin-only user.
var calCom = []account.Command{
	account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 4}},
	account.AddUser{User: "adam", Role: "admin"},
	account.AddUser{User: "ada", Role: "admin-only"},
	account.AddUser{User: "mia"},
}

var staffDirectory = []account.Command{
	account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"staff": 3}},
	account.AddUser{User: "sam"},
	account.GiveGrant{User: "sam", Grant: "staff.manage"},
	account.AddUser{User: "mia"},
}

// groupCal is an account with settings.
var groupCal = []account.Command{
	account.CreateAccount{Owner: "olivia"},
	account.AddUser{User: "adam", Role: "admin"},
	account.AddUser{User: "mia"},
	account.ChangeSetting{Setting: "add-members", Value: false},
}

// office is a policy with fields that members do not see, a setting, and users who may leave.
const office = `
usher: 1
name: office
seats: {desk: {holds: [active]}}
settings: {open: {title: an open office, default: false}, plan: {default: false, set-by: host}}
features: [parking]
conditions:
  open: {setting: open}
  parks: {feature: parking}
  seated: {seat: desk, title: a desk}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {at-least: 1}
  member: {default: true}
  lead:   {held-on: team}
resources:
  account: {permissions: {configure: {admin: any}, transfer: {owner: any}, delete: {owner: any}}}
  user:
    fields: {private: [phone, email, last-active]}
    permissions:
      view: {title: see people, admin: any, member: any hiding private}
      create: {admin: any, lead: team}
      edit: {admin: any, member: own as user hiding private}
      set-role: {admin: any}
      set-status: {admin: any}
      delete: {admin: any}
      leave: {everyone: own}
      admit: {admin: any}
  team: {permissions: {create: {admin: any}, edit: {admin: any}, delete: {admin: any}, set-members: {admin: any, lead: team}, set-role: {admin: any}, join: {admin: any}, leave: {everyone: own as team}}}
  seat: {permissions: {assign: {admin: any}, unassign: {admin: any}, purchase: {owner: any}}}
  grant: {permissions: {give: {admin: any}, revoke: {admin: any}}}
  field: {permissions: {manage: {admin: any}}}
  audit: {permissions: {view: {admin: any}}}
  door: {permissions: {open: {title: open the door, admin: any, member: any if open, everyone: any if parks and seated}}}
`

var officeAccount = []account.Command{
	account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2}},
	account.AddUser{User: "adam", Role: "admin"},
	account.CreateTeam{Team: "sales"},
	account.CreateTeam{Team: "support"},
	account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
	account.AddUser{User: "lea", Teams: []usher.TeamID{"sales"}},
	account.SetTeamRole{User: "lea", Team: "sales", Role: "lead"},
	account.RequestToJoin{User: "rita"},
	account.AssignSeat{User: "mia", Pool: "desk"},
	account.DefineField{Field: "phone", Type: account.TextField},
	account.DefineField{Field: "room", Type: account.NumberField},
	account.SetField{User: "mia", Field: "phone", Value: "a-secret-value"},
	account.SetField{User: "mia", Field: "room", Value: "17"},
}

// studioAccount is an account of the policy studio.
var studioAccount = []account.Command{
	account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2}},
	account.AddUser{User: "adam", Role: "admin"},
	account.CreateTeam{Team: "photo"},
	account.CreateTeam{Team: "print"},
	account.AddUser{User: "lena", Teams: []usher.TeamID{"photo"}},
	account.SetTeamRole{User: "lena", Team: "photo", Role: "lead"},
	account.AddUser{User: "mia", Teams: []usher.TeamID{"photo"}},
	account.AddUser{User: "max", Teams: []usher.TeamID{"print"}},
	account.AssignSeat{User: "mia", Pool: "desk"},
	account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "album", ID: "spring"}},
	account.GiveRoleOn{User: "mia", Role: "reader", On: usher.Ref{Type: "album", ID: "autumn"}},
	account.GiveRoleOn{Team: "photo", Role: "reader", On: usher.Ref{Type: "album", ID: "spring"}},
}

// albums are the resources of the host: mia edits the album spring, and max the album autumn.
func albums(_ context.Context, in usher.AccountID, refs []usher.Ref) (map[usher.Ref]console.Item, error) {
	found := map[usher.Ref]console.Item{}
	for _, ref := range refs {
		if editor := map[string]string{"spring": "mia", "autumn": "max"}[ref.ID]; editor != "" && ref.Type == "album" {
			found[ref] = console.Item{
				Resource: &usher.Object{Type: "album", ID: ref.ID, Account: in, Parties: map[string][]string{"editor": {editor}}},
				Title:    "Album of " + ref.ID, Link: "/albums/" + ref.ID,
			}
		}
	}
	return found, nil
}

// albumsOf returns all of them as resources.
func albumsOf(in usher.AccountID) (list []usher.Resource) {
	found, _ := albums(ctx, in, []usher.Ref{spring, autumn})
	for _, item := range found {
		list = append(list, item.Resource)
	}
	return list
}

// kinds are the viewers of each preset.
var kinds = map[string][]viewer{
	"oncehub": {
		{"owner", "olivia", false},
		{"admin", "adam", false},
		{"team manager", "tom", false},
		{"member", "mia", false},
		{"invited", "ian", false},
		{"inactive", "eve", false},
		{"stranger", "zoe", false},
		{name: "not logged in"},
	},
	"calcom": {
		{"owner", "olivia", false},
		{"admin", "adam", true},
		{"admin-only without mfa", "ada", false},
		{"admin-only", "ada", true},
		{"member", "mia", false},
		{"stranger", "zoe", true},
		{name: "not logged in"},
	},
	"groupcal":       {{"owner", "olivia", false}, {"admin", "adam", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
	"staffdirectory": {{"owner", "olivia", false}, {"staff.manage", "sam", false}, {"staff", "mia", false}, {"stranger", "zoe", false}},
	"office":         {{"owner", "olivia", false}, {"admin", "adam", false}, {"lead", "lea", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
	"agency":         {{"owner", "olivia", false}, {"admin", "adam", false}, {"lead of a team of others", "lena", false}, {"deputy", "mia", false}, {"guest", "gus", false}, {"stranger", "zoe", false}},
	"studio":         {{"owner", "olivia", false}, {"admin", "adam", false}, {"lead", "lena", false}, {"member", "mia", false}, {"stranger", "zoe", false}},
}

var accounts = map[string][]account.Command{"oncehub": onceHub, "calcom": calCom, "staffdirectory": staffDirectory, "office": officeAccount, "groupcal": groupCal, "agency": agencyAccount, "studio": studioAccount}

// policyOf returns a preset, or a policy of these tests.
func policyOf(name string) (*policy.Policy, error) {
	switch name {
	case "office":
		return policyfile.Load("office.yaml", []byte(office))
	case "agency":
		return policyfile.Load("agency.yaml", agency)
	case "studio":
		return policyfile.Load("studio.yaml", studio)
	}
	return preset.Load(name)
}

func newWorld(t testing.TB, name string, options ...func(*console.Options)) *world {
	p, err := policyOf(name)
	require.NoError(t, err)
	clock := new(atomic.Pointer[time.Time])
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store), Clock: func() time.Time {
		if at := clock.Load(); at != nil {
			return *at
		}
		return time.Now()
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	w := &world{TB: t, Engine: e, log: new(strings.Builder), clock: clock, account: "acme"}
	w.must(accounts[name]...)
	o := console.Options{
		Engine: e, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		Subject: func(r *http.Request) (usherhttp.Subject, error) {
			user := r.Header.Get("X-User")
			if user == "" {
				return usherhttp.Subject{}, nil
			}
			s := usherhttp.Subject{Account: w.account, User: usher.UserID(user)}
			if name == "calcom" {
				s.Context = usher.Context{"mfa": r.Header.Get("X-Mfa") != ""}
			}
			return s, nil
		},
		People: func(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
			found := map[usher.UserID]console.Profile{}
			for _, id := range ids {
				found[id] = console.Profile{Name: "Name of " + string(id), Email: string(id) + "@acme.example"}
			}
			return found, nil
		},
		Resources: albums,
		BuySeats:  func(usher.AccountID, seat.PoolName) string { return "https://billing.example/" },
		Disclose:  []string{"mfa"},
	}
	for _, set := range options {
		set(&o)
	}
	w.console, err = console.New(o)
	require.NoError(t, err)
	return w
}

func (w *world) must(commands ...account.Command) {
	w.Helper()
	_, err := w.Do(ctx, account.AsHost("test"), "acme", commands...)
	require.NoError(w, err)
}

// send sends a request as a viewer. Body is a form or, if it begins with a brace, JSON.
func (w *world) send(by viewer, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-User", string(by.user))
	if by.mfa {
		r.Header.Set("X-Mfa", "yes")
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if body[0] == '{' {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.console.ServeHTTP(rec, r)
	return rec
}

func (w *world) get(by viewer, target string) *httptest.ResponseRecorder {
	return w.send(by, "GET", target, "")
}

func (w *world) post(by viewer, target string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return w.send(by, "POST", target, form.Encode())
}

// addMany adds so many users, and returns their ids.
func (w *world) addMany(n int) (ids []usher.UserID) {
	var all []account.Command
	for i := range n {
		ids = append(ids, usher.UserID(fmt.Sprintf("n%03d", i)))
		all = append(all, account.AddUser{User: ids[i]})
	}
	w.must(all...)
	return ids
}

func escaped(text string) string { return url.QueryEscape(text) }

func body(rec *httptest.ResponseRecorder) string { return rec.Body.String() }

var (
	olivia = viewer{user: "olivia"}
	adam   = viewer{user: "adam"}
	tom    = viewer{user: "tom"}
	mia    = viewer{user: "mia"}
)

func (w *world) teams() (ids []usher.TeamID) {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	for t := range v.Teams("") {
		ids = append(ids, t.ID)
	}
	return ids
}

var auditView = permission.MustParse("audit.view")

// searchFor returns a host's search that knows one query.
func searchFor(query string, found ...usher.UserID) func(context.Context, usher.AccountID, string) ([]usher.UserID, error) {
	return func(_ context.Context, _ usher.AccountID, q string) ([]usher.UserID, error) {
		if q != query {
			return nil, nil
		}
		return found, nil
	}
}

// failing is a response whose client disconnects after some bytes.
type failing struct {
	http.ResponseWriter
	left int
}

func (f *failing) Write(data []byte) (int, error) {
	if f.left -= len(data); f.left < 0 {
		return 0, errors.New("the client has disconnected")
	}
	return f.ResponseWriter.Write(data)
}

// hostilePeople returns names that no viewer can type.
func hostilePeople(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
	found := map[usher.UserID]console.Profile{}
	for _, id := range ids {
		found[id] = console.Profile{Name: "<script>alert(1)</script>" + strings.Repeat("x", 10000), Email: "\u202e"}
	}
	return found, nil
}
