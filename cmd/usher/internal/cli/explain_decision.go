package cli

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

type explained struct {
	sceneJSON
	As       string         `json:"as"`
	Can      string         `json:"can"`
	Resource *objectJSON    `json:"resource"` // null where none was asked about
	At       time.Time      `json:"at"`
	Allowed  bool           `json:"allowed"`
	Reason   string         `json:"reason"`
	Sentence string         `json:"sentence"`
	Rule     usher.Rule     `json:"rule"`    // null where none decided
	Unmet    []string       `json:"unmet"`   // the conditions that failed
	Unknown  []string       `json:"unknown"` // those that forbid, since nobody said whether they hold
	Hidden   []string       `json:"hidden"`
	Ways     []usher.Remedy `json:"remedies"` // to yes, the nearest first
	Digest   string         `json:"digest"`
}

type objectJSON struct {
	Type       string              `json:"type"`
	Parties    map[string][]string `json:"parties"`
	Attributes map[string]bool     `json:"attributes"`
}

func (r *run) explainDecision(s *target, request usher.Request) error {
	x, err := s.policy.Explain(s.facts, &request)
	if err != nil {
		return err
	}
	detail := x.Decision.Detail()
	if r.json() {
		ways := append([]usher.Remedy{}, x.Remedies...)
		return r.stdout.json(explained{
			sceneJSON: s.json(), As: string(request.Subject), Can: request.Permission.String(),
			Resource: objectOf(request.Resource), At: request.Time,
			Allowed: x.Decision.Allowed(), Reason: x.Decision.Reason().String(), Sentence: x.Sentence,
			Rule: detail.Rule, Unmet: texts(detail.Unmet), Unknown: texts(detail.Unknown), Hidden: texts(detail.Hidden),
			Ways: ways, Digest: detail.Digest,
		})
	}
	sentence := printable.Text(x.Sentence)
	if x.Decision.Allowed() {
		r.stdout.line("%s", r.stdout.paintPart(green, sentence, "allowed"))
	} else {
		r.stdout.line("%s", r.stdout.paintPart(red, sentence, "denied ("+x.Decision.Reason().String()+")"))
	}
	writeRemedies(r.stdout, x.Remedies)
	return nil
}

func writeRemedies(s *stream, ways []usher.Remedy) {
	if len(ways) == 0 {
		return
	}
	s.line("what would help, the nearest first:")
	for _, w := range ways {
		s.line("  - %s", printable.Text(w.Text))
	}
}

// objectOf returns nil for no resource.
func objectOf(res usher.Resource) *objectJSON {
	o, _ := res.(*usher.Object)
	if o == nil {
		return nil
	}
	return &objectJSON{o.Type, o.Parties, o.Attributes}
}
