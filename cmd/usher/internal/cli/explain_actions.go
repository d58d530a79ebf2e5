package cli

import (
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

type actions struct {
	targetJSON
	As       string       `json:"as"`
	By       string       `json:"by,omitempty"`
	Visitor  bool         `json:"visitor,omitempty"` // a caller who is not logged in; as is then empty
	Resource *objectJSON  `json:"resource"`
	Gives    string       `json:"gives,omitempty"` // the role that the command gives, or - for none; absent if it is unknown
	At       time.Time    `json:"at"`
	May      []actionJSON `json:"may"`
	MayNot   []string     `json:"may_not"`
}

type actionJSON struct {
	Can    string     `json:"can"`
	Hidden []string   `json:"hidden"`
	Rule   usher.Rule `json:"rule"`
}

func (r *run) explainActions(s *target, request usher.Request) error {
	p := s.policy
	may, err := p.Actions(s.facts, &request)
	if err != nil {
		return err
	}
	kind := request.Resource.Ref().Type
	mayNot := without(p, kind, may)
	if r.json() {
		list := []actionJSON{}
		for _, a := range may {
			detail := a.Decision.Detail()
			list = append(list, actionJSON{a.Permission.String(), texts(detail.Hidden), detail.Rule})
		}
		return r.stdout.json(actions{
			targetJSON: s.json(), As: string(request.Subject), By: string(request.By), Visitor: request.Visitor, Resource: objectOf(request.Resource),
			Gives: request.Gives, At: request.Time, May: list, MayNot: texts(mayNot),
		})
	}
	subject := request.Requester()
	if len(may) == 0 {
		r.stdout.line("%s may do nothing on this %s", subject, kind)
		return nil
	}
	r.stdout.line("on this %s, %s may:", kind, subject)
	t := table{}
	for _, a := range may {
		t.rows = append(t.rows, []cell{{a.Permission.String()}, {printable.Text(a.Decision.String())}})
	}
	t.write(r.stdout, "  ", wide)
	if len(mayNot) > 0 {
		r.stdout.line("may not: %s", strings.Join(mayNot, ", "))
	}
	return nil
}

// wide is the width of tables whose last column may be longer than the line.
const wide = 1 << 12

// without returns the permissions of a type that are not among the actions.
func without(p *policy.Policy, kind string, may []policy.Action) []string {
	allowed := map[string]bool{}
	for _, a := range may {
		allowed[a.Permission.String()] = true
	}
	var rest []string
	for _, q := range p.Permissions() {
		if q.Resource() == kind && !allowed[q.String()] {
			rest = append(rest, q.String())
		}
	}
	return rest
}
