package account_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// firm is a policy whose bounds and pools staff reaches exactly.
const firm = `
usher: 1
name: firm
seats: {editor: {}, viewer: {holds: [active]}}
conditions: {editing: {seat: editor}}
roles:
  owner:     {unique: true, includes: [admin], hands-over-to: admin, seats: {editor: required}}
  admin:     {at-least: 2, includes: [clerk], seat: optional}
  treasurer: {at-least: 1, at-most: 1}
  editor:    {seats: {editor: required}}
  viewer:    {default: true, seats: {viewer: required}}
  clerk:     {at-most: 1, seat: none}
resources:
  account: {permissions: {transfer: {owner: any}, delete: {owner: any}}}
  user:
    fields: {private: [phone]}
    permissions:
      create: {admin: any}
      edit: {admin: [any hiding private, any if editing]}
      delete: {admin: any}
      set-role: {admin: any}
      set-status: {admin: any}
  seat: {permissions: {assign: {admin: any}, unassign: {admin: any}, purchase: {admin: any if editing}}}
`

func staff() account.Seed {
	return account.Seed{
		Seats:  map[seat.PoolName]int{"editor": 2, "viewer": 2},
		Fields: []account.Field{{Name: "phone", Type: account.TextField}},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "adam": user("admin"), "tess": user("treasurer"),
			"eve": user("editor"), "vic": user("viewer"), "vera": user("viewer"), "carl": user("clerk"),
		},
	}
}

var (
	adamPays   = account.SetRole{User: "adam", Role: "treasurer"}
	tessRuns   = account.SetRole{User: "tess", Role: "admin"}
	eveViews   = account.SetRole{User: "eve", Role: "viewer"}
	veraEdits  = account.SetRole{User: "vera", Role: "editor"}
	moreEditor = account.SetSeats{Pool: "editor", Total: 3}
)

// Counts between two commands do not matter, in either order of the commands.
func TestBatchIsCountedAsAWhole(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	host := account.AsHost("test")
	for name, row := range map[string]struct {
		as       account.Actor
		commands []account.Command
		alone    []account.Code // the code that rejects each command if it comes first
		oneWay   bool           // the other order has another meaning
	}{
		"a role with one holder changes hands": {host, []account.Command{adamPays, tessRuns}, []account.Code{account.CodeRoleFull, account.CodeLastHolder}, false},
		"two users swap seats of full pools":   {account.AsUser("adam"), []account.Command{eveViews, veraEdits}, []account.Code{account.CodeNoSeatsLeft, account.CodeNoSeatsLeft}, false},
		"the seats are bought as well": {host, []account.Command{
			moreEditor, account.SetRole{User: "carl", Role: "editor"},
		}, []account.Code{0, account.CodeNoSeatsLeft}, false},
		"seats go before there are fewer": {host, []account.Command{
			account.SetSeats{Pool: "viewer", Total: 1}, account.RemoveUser{User: "vic"},
		}, []account.Code{account.CodeSeatsInUse, 0}, false},
		"one leaves and one comes": {account.AsUser("adam"), []account.Command{
			account.AddUser{User: "zoe"}, account.RemoveUser{User: "vic"},
		}, []account.Code{account.CodeNoSeatsLeft, 0}, false},
		"an administrator is away for a moment": {host, []account.Command{
			account.SetStatus{User: "adam", Status: usher.Inactive}, account.SetStatus{User: "adam", Status: usher.Active},
		}, []account.Code{account.CodeLastHolder, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for i, c := range row.commands {
				_, err := propose(p, s, row.as, c)
				assert.Equal(t, row.alone[i], codeOf(t, err), "%s alone: %v", account.Describe(c), err)
			}
			forward := do(t, p, s, row.as, row.commands...)
			require.NoError(t, forward.Fits(p))
			if !row.oneWay {
				back := do(t, p, s, row.as, row.commands[1], row.commands[0])
				assert.Equal(t, string(forward.Encode()), string(back.Encode()))
			}
		})
	}
}

// While a role has too many holders within a batch, its holders can act, and others can act
// on them.
func TestHoldersOfAFullRoleMeanwhile(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner:  {unique: true, includes: [chief], hands-over-to: chief}
  chief:  {at-most: 1}
  member: {default: true}
resources: {user: {permissions: {set-role: {chief: any}, set-status: {chief: any}, delete: {chief: any}}}}
`)
	s := account.New("acme")
	create := []account.Command{account.CreateAccount{Owner: "olga"}, account.AddUser{User: "cy", Role: "chief"}, account.AddUser{User: "dan"}}
	second, back := account.SetRole{User: "dan", Role: "chief"}, account.SetRole{User: "dan", Role: "member"}
	meanwhile := []account.Command{
		account.SetStatus{User: "cy", Status: usher.Inactive},
		account.SetStatus{User: "cy", Status: usher.Active},
		account.SetStatus{User: "dan", Status: usher.Inactive},
	}
	batch := slices.Concat([]account.Command{second}, meanwhile, []account.Command{back})
	do(t, p, s, account.AsHost("test"), slices.Concat(create, batch)...)
	s = do(t, p, s, account.AsHost("test"), create...)
	do(t, p, s, account.AsHost("test"), batch...)
	do(t, p, s, account.AsUser("olga"), batch...)
	do(t, p, s, account.AsUser("cy"), second, meanwhile[2], back)
	_, err := propose(p, s, account.AsUser("cy"), second, meanwhile[2])
	assert.Equal(t, account.CodeRoleFull, codeOf(t, err), "%v", err)
}

// Refusals contain what is counted, the counts before and after, and the limit. Their index
// is that of the last command that moved the count in the wrong direction.
func TestCountsThatRefuse(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	open := account.DefineField{Field: "note", Type: account.TextField} // changes no count
	for name, row := range map[string]struct {
		commands []account.Command
		code     account.Code
		index    int
		says     string
	}{
		"seats, with a command behind": {
			[]account.Command{account.AddUser{User: "zoe"}, open},
			account.CodeNoSeatsLeft, 0,
			"command 1 of 2: add-user zoe: no seats left: 2 of 2 seats in viewer are held, and 3 would be, and the role viewer requires one; set-seats buys more",
		},
		"the last of several": {
			[]account.Command{account.AddUser{User: "zoe"}, account.AddUser{User: "zac"}, account.RemoveUser{User: "zoe"}},
			account.CodeNoSeatsLeft, 1,
			"2 of 2 seats in viewer are held, and 3 would be",
		},
		"too few were bought": {
			[]account.Command{account.SetSeats{Pool: "viewer", Total: 3}, account.AddUser{User: "zoe"}, account.AddUser{User: "zac"}},
			account.CodeNoSeatsLeft, 2,
			"2 of 2 seats in viewer are held, and 4 of 3 would be",
		},
		"too many are given back": {
			[]account.Command{account.RemoveUser{User: "vic"}, account.SetSeats{Pool: "viewer"}},
			account.CodeSeatsInUse, 1,
			"2 of 2 seats in viewer are held, and 1 of 0 would be; free 1 with unassign-seat first, or in the same batch",
		},
		"given back last": {
			[]account.Command{account.AddUser{User: "zoe"}, account.SetSeats{Pool: "viewer", Total: 1}},
			account.CodeSeatsInUse, 1,
			"2 of 2 seats in viewer are held, and 3 of 1 would be; free 2 with unassign-seat",
		},
		"a transfer that frees no seat": {
			[]account.Command{open, account.TransferOwnership{To: "adam"}},
			account.CodeNoSeatsLeft, 1,
			"command 2 of 2: transfer-ownership to adam: no seats left: 2 of 2 seats in editor are held, and 3 would be, and the role owner requires one",
		},
		"a seat that is given": {
			[]account.Command{account.AssignSeat{User: "adam", Pool: "editor"}},
			account.CodeNoSeatsLeft, 0,
			"assign-seat adam editor: no seats left: 2 of 2 seats in editor are held, and 3 would be; set-seats buys more, unassign-seat frees one",
		},
		"a role is full": {
			[]account.Command{adamPays, account.AddUser{User: "zoe", Role: "treasurer"}, account.RemoveUser{User: "zoe"}, open},
			account.CodeRoleFull, 1,
			"at most 1 user may have the role treasurer; 1 has it, and 2 would",
		},
		"who includes a role does not fill it": {
			[]account.Command{account.AddUser{User: "zoe", Role: "clerk"}},
			account.CodeRoleFull, 0,
			"at most 1 user may have the role clerk; 1 has it, and 2 would",
		},
		"nobody is left": {
			[]account.Command{account.RemoveUser{User: "tess"}, open},
			account.CodeLastHolder, 0,
			"at least 1 user must be active with the role treasurer; 1 is, and 0 would be",
		},
		"too few of a role and of those that include it": {
			[]account.Command{account.SetStatus{User: "adam", Status: usher.Inactive}},
			account.CodeLastHolder, 0,
			"at least 2 users must be active with the role admin, or with owner, which includes it; 2 are, and 1 would be",
		},
		"bounds come before seats": {
			[]account.Command{account.AddUser{User: "zoe"}, account.AddUser{User: "zac", Role: "treasurer"}}, account.CodeRoleFull, 1, "",
		},
		"too many come before too few": {
			[]account.Command{account.SetStatus{User: "adam", Status: usher.Inactive}, account.AddUser{User: "zac", Role: "treasurer"}}, account.CodeRoleFull, 1, "",
		},
		"seats to be had come before seats to be kept": {
			[]account.Command{account.SetSeats{Pool: "editor", Total: 1}, account.AddUser{User: "zoe"}}, account.CodeNoSeatsLeft, 1, "in viewer",
		},
		"any other refusal comes first": {
			[]account.Command{account.AddUser{User: "zoe"}, account.RemoveUser{User: "nobody"}}, account.CodeUnknownUser, 1, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(p, s, account.AsHost("test"), row.commands...)
			var r *account.Refusal
			require.ErrorAs(t, err, &r)
			assert.Equal(t, row.code, r.Code, "%v", err)
			assert.Equal(t, row.index, r.Index, "%v", err)
			assert.Equal(t, row.commands[row.index], r.Command)
			assert.Equal(t, len(row.commands), r.Of)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// If an account violates a bound of a new policy, commands may reduce the violation, but not
// increase it.
func TestBoundsThatAreBroken(t *testing.T) {
	s := open(t, compile(t, firm), staff())
	p := compile(t, `
usher: 1
name: firm
seats: {editor: {}, viewer: {holds: [active]}}
roles:
  owner:     {unique: true, hands-over-to: admin}
  admin:     {at-least: 3}
  treasurer: {}
  editor:    {}
  viewer:    {default: true, at-most: 1}
  clerk:     {}
`)
	host := account.AsHost("test")
	for name, row := range map[string]struct {
		code     account.Code
		commands []account.Command
	}{
		"fewer of too many":      {0, []account.Command{account.SetRole{User: "vic", Role: "clerk"}}},
		"as many, but others":    {0, []account.Command{account.AddUser{User: "zoe"}, account.SetRole{User: "vic", Role: "clerk"}}},
		"more of too many":       {account.CodeRoleFull, []account.Command{account.AddUser{User: "zoe"}}},
		"more of too few":        {0, []account.Command{account.SetRole{User: "carl", Role: "admin"}}},
		"as few, but others":     {0, []account.Command{account.SetRole{User: "adam", Role: "clerk"}, account.SetRole{User: "carl", Role: "admin"}}},
		"fewer of too few":       {account.CodeLastHolder, []account.Command{account.SetRole{User: "adam", Role: "clerk"}}},
		"something else at once": {0, []account.Command{account.RemoveUser{User: "eve"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(p, s, host, row.commands...)
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
		})
	}
}

// A seat that is not bought allows nothing in a batch, and a seat that is bought allows
// everything.
func TestNoSeatIsLent(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	adam := account.AsUser("adam")
	take, give := account.AssignSeat{User: "adam", Pool: "editor"}, account.UnassignSeat{User: "adam", Pool: "editor"}
	phone := account.SetField{User: "vic", Field: "phone", Value: "1"}
	free := account.SetRole{User: "eve", Role: "clerk"}
	spare := do(t, p, s, account.AsHost("test"), moreEditor)
	for name, row := range map[string]struct {
		state    *account.State
		code     account.Code
		commands []account.Command
	}{
		"seats are bought with it":              {s, account.CodeDenied, []account.Command{take, moreEditor}},
		"and given back":                        {s, account.CodeDenied, []account.Command{take, account.SetSeats{Pool: "viewer", Total: 9}, give}},
		"a field that it shows is set":          {s, account.CodeDenied, []account.Command{take, phone, give}},
		"though room is made later":             {s, account.CodeDenied, []account.Command{take, phone, account.RemoveUser{User: "eve"}}},
		"room is made first":                    {s, 0, []account.Command{account.RemoveUser{User: "eve"}, take, phone}},
		"room is made in between":               {s, 0, []account.Command{take, account.RemoveUser{User: "eve"}, phone, moreEditor}},
		"there was room":                        {spare, 0, []account.Command{take, phone, give}},
		"other things are done meanwhile":       {s, 0, []account.Command{take, account.AddUser{User: "zoe", Role: "editor"}, account.RemoveUser{User: "eve"}, give}},
		"the pool is full of others' new seats": {spare, account.CodeDenied, []account.Command{take, account.AddUser{User: "zoe", Role: "editor"}, phone}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(p, row.state, adam, row.commands...)
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
		})
	}
	_, err := propose(p, s, account.AsUser("olga"), account.AddUser{User: "zoe", Role: "editor"}, phone, free)
	assert.Equal(t, account.CodeRoleFull, codeOf(t, err), "who held a seat before is not asked again: %v", err)
	_, err = propose(p, s, account.AsUser("olga"), account.AddUser{User: "zoe", Role: "editor"}, phone, account.RemoveUser{User: "eve"})
	assert.NoError(t, err, "who held a seat before keeps what it opens")
}

// An outcome's Next is the result of applying its changes. Changes that cannot be proposed
// cannot be committed.
func TestCommitsAreCounted(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	commit := func(changes ...account.Change) (*account.State, error) {
		return s.Apply(&account.Commit{Account: "club", Version: 2, Time: noon, Actor: account.AsHost("test"), Changes: changes})
	}
	give := account.SeatAssigned{User: "adam", Pool: "editor"}
	take := account.SeatUnassigned{User: "eve", Pool: "editor"}
	fewer := account.SeatsSet{Pool: "editor", From: 2, To: 1}
	other := account.SettingChanged{Setting: "night"}
	for _, changes := range [][]account.Change{
		{give, take}, {take, give}, {fewer, take}, {take, fewer}, {fewer, other, take},
	} {
		next, err := commit(changes...)
		require.NoError(t, err)
		pool := next.Pool("editor")
		assert.GreaterOrEqual(t, pool.Left(), 0)
	}
	for says, changes := range map[string][]account.Change{
		"change 1: seat-assigned: editor: no seats left (2 of 2 held)":    {give, other},
		"change 2: seat-assigned: editor: no seats left (2 of 2 held)":    {other, give},
		"change 1: seats-set: editor: seats in use (2 held, 1 requested)": {fewer, other},
		"change 2: seats-set: editor: seats in use (3 held, 1 requested)": {give, fewer, take},
		"change 3: seat-assigned: editor: no seats left (1 of 1 held)":    {take, fewer, give},
		"change 1: seat-assigned: nowhere: no seats left (0 of 0 held)":   {account.SeatAssigned{User: "adam", Pool: "nowhere"}, other},
		"change 2: seat-assigned: editor: no seats left (3 of 2 held)":    {give, account.SeatAssigned{User: "carl", Pool: "editor"}, take},
	} {
		next, err := commit(changes...)
		assert.Nil(t, next)
		var corrupt *account.CorruptError
		require.ErrorAs(t, err, &corrupt, says)
		assert.ErrorContains(t, err, says)
	}
	next, err := commit(give, account.AccountDeleted{})
	require.NoError(t, err, "nothing is held in an account that is gone")
	assert.True(t, next.Deleted())
}

// A preview shows the pools before and after the whole batch, and nothing in between.
func TestPreviewOfABatch(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	o, err := propose(p, s, account.AsUser("adam"), eveViews, veraEdits)
	require.NoError(t, err)
	preview, err := s.Preview(p, o, noon)
	require.NoError(t, err)
	assert.Empty(t, preview.Seats, "as many are held as before")
	o, err = propose(p, s, account.AsHost("test"), account.SetRole{User: "carl", Role: "editor"}, moreEditor)
	require.NoError(t, err)
	preview, err = s.Preview(p, o, noon)
	require.NoError(t, err)
	assert.Equal(t, []account.SeatsPreview{{Pool: "editor", Before: seat.Pool{Total: 2, Held: 2}, After: seat.Pool{Total: 3, Held: 3}}}, preview.Seats)
}

// The order of a batch's commands does not matter for the counts at the end.
func TestOrderOfABatch(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	commands := []account.Command{
		adamPays, tessRuns, eveViews, veraEdits,
		account.SetRole{User: "carl", Role: "admin"},
		account.SetRole{User: "vic", Role: "clerk"},
		account.AddUser{User: "zoe"},
		account.SetSeats{Pool: "viewer", Total: 2},
		account.AddUser{User: "zac", Role: "editor"},
		moreEditor,
	}
	want := do(t, p, s, account.AsHost("test"), commands...).Encode()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		r.Shuffle(len(commands), func(i, k int) { commands[i], commands[k] = commands[k], commands[i] })
		assert.Equal(t, string(want), string(do(t, p, s, account.AsHost("test"), commands...).Encode()), "%v", commands)
	}
	for i := range commands { // without any of the commands that make room, the batch is rejected
		without := append(append([]account.Command(nil), commands[:i]...), commands[i+1:]...)
		_, err := propose(p, s, account.AsHost("test"), without...)
		switch commands[i] {
		case adamPays, tessRuns, eveViews, account.Command(moreEditor):
			assert.NotZero(t, codeOf(t, err), "without %s", account.Describe(commands[i]))
		}
	}
}
