package cli

import (
	"encoding/json"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

type doneJSON struct {
	File    string        `json:"file"`
	Account string        `json:"account"`
	Version uint64        `json:"version"` // 0 for a refusal
	Outcome string        `json:"outcome"` // done, unchanged, repeated, preview or refused
	Changes []changeJSON  `json:"changes"`
	Seats   []seatsJSON   `json:"seats"`
	Users   []gainsJSON   `json:"users,omitempty"`    // of a preview
	Roles   []effectsJSON `json:"roles,omitempty"`    // of a preview: roles of the account that change
	RolesOn []gainsOnJSON `json:"roles_on,omitempty"` // of a preview
	Later   []laterJSON   `json:"later,omitempty"`    // of a preview

	LaterFrom time.Time `json:"later_from,omitzero"` // of a preview: the first later time that later does not consider

	Commit  json.RawMessage `json:"commit,omitempty"`  // as stored in the journal
	Refusal *refusalJSON    `json:"refusal,omitempty"` // of a refused batch
}

type changeJSON struct {
	Type     string `json:"type"`
	Sentence string `json:"sentence"`
}

type seatsJSON struct {
	Pool   string   `json:"pool"`
	Before poolJSON `json:"before"`
	After  poolJSON `json:"after"`
}

type poolJSON struct {
	Held  int `json:"held"`
	Total int `json:"total"`
}

type gainsJSON struct {
	User  string            `json:"user"`
	Gains []entitlementJSON `json:"gains"`
	Loses []entitlementJSON `json:"loses"`
}

// effectsJSON is what the users who hold a role of the account gain and lose by its change.
type effectsJSON struct {
	Role    string       `json:"role"`
	Holders int          `json:"holders"` // before the change
	Gains   []effectJSON `json:"gains"`
	Loses   []effectJSON `json:"loses"`
}

type effectJSON struct {
	entitlementJSON
	Users int `json:"users"` // how many of the holders
}

func effectsOf(list []account.RoleEffect) []effectJSON {
	out := []effectJSON{}
	for _, e := range list {
		out = append(out, effectJSON{entitlements([]policy.Entitlement{e.Entitlement})[0], e.Users})
	}
	return out
}

// laterJSON is what differs from a later time on between the account with the commands and without them,
// otherwise than before that time.
type laterJSON struct {
	At      time.Time     `json:"at"`
	Seats   []seatsJSON   `json:"seats,omitempty"` // before: without the commands
	Users   []gainsJSON   `json:"users,omitempty"`
	RolesOn []gainsOnJSON `json:"roles_on,omitempty"`
}

// gainsOnJSON is what a user, or a team, gains and loses on a resource.
type gainsOnJSON struct {
	User  string            `json:"user,omitempty"`
	Team  string            `json:"team,omitempty"`
	Type  string            `json:"type"`
	ID    string            `json:"id"`
	Gains []entitlementJSON `json:"gains"`
	Loses []entitlementJSON `json:"loses"`
}

type refusalJSON struct {
	Code     string         `json:"code"`
	Index    int            `json:"index"` // of the command
	Command  string         `json:"command"`
	Sentence string         `json:"sentence"`
	Reason   string         `json:"reason,omitempty"`   // of a denial
	Rule     *usher.Rule    `json:"rule,omitempty"`     // of a denial
	Remedies []usher.Remedy `json:"remedies,omitempty"` // of a denial, the nearest first
}

func (o outcome) json(d *doFlags) doneJSON {
	out := doneJSON{
		File: d.path, Account: d.account, Version: o.version, Outcome: o.kind,
		Changes: []changeJSON{}, Seats: []seatsJSON{},
	}
	for _, c := range o.changes {
		out.Changes = append(out.Changes, changeJSON{account.NameOfChange(c), account.DescribeChange(c)})
	}
	out.Seats = append(out.Seats, seatsOf(o.seats)...)
	out.Users = gainsOf(o.users)
	for _, c := range o.roles {
		out.Roles = append(out.Roles, effectsJSON{string(c.Role), c.Holders, effectsOf(c.Gains), effectsOf(c.Loses)})
	}
	out.RolesOn = gainsOnOf(o.rolesOn)
	for _, l := range o.later {
		out.Later = append(out.Later, laterJSON{l.At.UTC(), seatsOf(l.Seats), gainsOf(l.Users), gainsOnOf(l.RolesOn)})
	}
	out.LaterFrom = o.from
	if o.commit != nil {
		// Encode cannot fail: the commit is in the journal.
		out.Commit, _ = o.commit.Encode()
	}
	if o.refusal != nil {
		out.Refusal = refusalOf(o)
	}
	return out
}

func seatsOf(list []account.SeatsPreview) (out []seatsJSON) {
	for _, p := range list {
		out = append(out, seatsJSON{string(p.Pool), poolOf(p.Before), poolOf(p.After)})
	}
	return out
}

func gainsOf(list []account.UserPreview) (out []gainsJSON) {
	for _, u := range list {
		out = append(out, gainsJSON{string(u.User), entitlements(u.Gains), entitlements(u.Loses)})
	}
	return out
}

func gainsOnOf(list []account.RolesOnPreview) (out []gainsOnJSON) {
	for _, h := range list {
		out = append(out, gainsOnJSON{string(h.User), string(h.Team), h.On.Type, h.On.ID, entitlements(h.Gains), entitlements(h.Loses)})
	}
	return out
}

func poolOf(p seat.Pool) poolJSON { return poolJSON{p.Held, p.Total} }

func refusalOf(o outcome) *refusalJSON {
	r := &refusalJSON{
		Code: o.refusal.Code.String(), Index: o.refusal.Index, Command: account.Describe(o.refusal.Command),
		Sentence: o.refusal.Error(),
	}
	if d := o.refusal.Decision; d.Reason() != 0 {
		r.Reason = d.Reason().String()
		if rule := d.Detail().Rule; rule.Source != 0 {
			r.Rule = &rule
		}
	}
	r.Remedies = o.remedies
	return r
}
