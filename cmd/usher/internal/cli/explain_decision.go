package cli

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

type explained struct {
	targetJSON
	As       string         `json:"as"`
	By       string         `json:"by,omitempty"`
	Visitor  bool           `json:"visitor,omitempty"` // a caller who is not logged in; as is then empty
	Can      string         `json:"can"`
	Resource *objectJSON    `json:"resource"`        // null for none
	Gives    string         `json:"gives,omitempty"` // the role that the command gives, or - for none; absent if it is unknown
	At       time.Time      `json:"at"`
	Allowed  bool           `json:"allowed"`
	Reason   string         `json:"reason"`
	Sentence string         `json:"sentence"`
	Rule     usher.Rule     `json:"rule"`    // null if no rule decided
	Unmet    []string       `json:"unmet"`   // the conditions that failed
	Unknown  []string       `json:"unknown"` // conditions of a never rule whose value is unknown, so the rule applies
	Hidden   []string       `json:"hidden"`
	Remedies []usher.Remedy `json:"remedies"`        // the nearest first
	Until    *time.Time     `json:"until,omitempty"` // of an allowance: from when on it is denied, as far as the account knows
	Digest   string         `json:"digest"`
}

type objectJSON struct {
	Type       string              `json:"type"`
	Parties    map[string][]string `json:"parties"`
	Teams      map[string][]string `json:"teams,omitempty"` // of parties of users and teams
	Attributes map[string]bool     `json:"attributes"`
	In         *objectJSON         `json:"in,omitempty"` // what contains it
}

func (r *run) explainDecision(s *target, request usher.Request) error {
	x, err := s.policy.Explain(s.facts, &request)
	if err != nil {
		return err
	}
	request.Time = x.Decision.Time()
	until, err := s.view.AllowedUntil(request)
	if err != nil {
		return err
	}
	detail := x.Decision.Detail()
	if r.json() {
		remedies := append([]usher.Remedy{}, x.Remedies...)
		out := explained{
			targetJSON: s.json(), As: string(request.Subject), By: string(request.By), Visitor: request.Visitor, Can: request.Permission.String(),
			Resource: objectOf(request.Resource), Gives: request.Gives, At: request.Time,
			Allowed: x.Decision.Allowed(), Reason: x.Decision.Reason().String(), Sentence: x.Sentence,
			Rule: detail.Rule, Unmet: texts(detail.Unmet), Unknown: texts(detail.Unknown), Hidden: texts(detail.Hidden),
			Remedies: remedies, Digest: detail.Digest,
		}
		if !until.IsZero() {
			out.Until = &until
		}
		return r.stdout.json(out)
	}
	sentence := printable.Text(x.Sentence)
	if x.Decision.Allowed() {
		r.stdout.line("%s", r.stdout.paintPart(green, sentence, "allowed"))
	} else {
		r.stdout.line("%s", r.stdout.paintPart(red, sentence, "denied ("+x.Decision.Reason().String()+")"))
	}
	if !until.IsZero() {
		r.stdout.line("until %s", until.UTC().Format(time.RFC3339Nano))
	}
	writeRemedies(r.stdout, x.Remedies)
	return nil
}

func writeRemedies(s *stream, remedies []usher.Remedy) {
	if len(remedies) == 0 {
		return
	}
	s.line("what would help, the nearest first:")
	for _, w := range remedies {
		s.line("  - %s", printable.Text(w.Text))
	}
}

// objectOf returns nil for a nil resource.
func objectOf(res usher.Resource) *objectJSON {
	o, _ := res.(*usher.Object)
	if o == nil {
		return nil
	}
	return &objectJSON{o.Type, o.Parties, o.Teams, o.Attributes, objectOf(o.In)}
}
