package decision_test

import (
	"context"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
)

// Maintenance is an Authorizer that forbids everything during maintenance of a service.
type Maintenance struct {
	usher.Authorizer
	Repairing bool
}

func (m *Maintenance) Check(ctx context.Context, r usher.Request) (usher.Decision, error) {
	if m.Repairing {
		return decision.New(m, usher.ReasonForbidden, 0, r.Time), nil
	}
	return m.Authorizer.Check(ctx, r)
}

// Detail implements decision.Basis.
func (m *Maintenance) Detail(usher.Reason, uint64) usher.Detail {
	return usher.Detail{Rule: usher.Rule{Source: usher.SourceBuiltIn, Text: "nothing changes during repairs"}}
}

func Example() {
	az := &Maintenance{Repairing: true}
	d, err := az.Check(context.Background(), usher.Request{
		Account: "acme", Subject: "mia", Permission: permission.MustParse("calendar.edit"),
	})
	fmt.Println(d, err)
	// Output: denied (forbidden) by the built-in protection that nothing changes during repairs <nil>
}
