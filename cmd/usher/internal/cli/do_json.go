package cli

import (
	"encoding/json"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

type doneJSON struct {
	File    string          `json:"file"`
	Account string          `json:"account"`
	Version uint64          `json:"version"` // 0 for a refusal
	Outcome string          `json:"outcome"` // done, unchanged, repeated, preview or refused
	Changes []changeJSON    `json:"changes"`
	Seats   []seatsJSON     `json:"seats"`
	Users   []gainsJSON     `json:"users,omitempty"`   // of a preview
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
	for _, p := range o.seats {
		out.Seats = append(out.Seats, seatsJSON{string(p.Pool), poolOf(p.Before), poolOf(p.After)})
	}
	for _, u := range o.users {
		out.Users = append(out.Users, gainsJSON{string(u.User), entitlements(u.Gains), entitlements(u.Loses)})
	}
	if o.commit != nil {
		// Encode cannot fail: the commit is in the journal.
		out.Commit, _ = o.commit.Encode()
	}
	if o.refusal != nil {
		out.Refusal = refusalOf(o)
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
