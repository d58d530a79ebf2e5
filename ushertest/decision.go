package ushertest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
)

// Decision returns a decision with a reason, for tests of what is made of one: a
// ReasonGranted with the fields in Detail.Hidden masked, and so on. It panics
// without a test.
func Decision(t testing.TB, reason usher.Reason, detail usher.Detail) usher.Decision {
	only(t)
	detail.Hidden, detail.Unmet = slices.Clone(detail.Hidden), slices.Clone(detail.Unmet)
	return decision(time.Time{}, reason, detail)
}

func decision(at time.Time, reason usher.Reason, detail usher.Detail) usher.Decision {
	return usher.NewDecision(&basis{detail}, usher.Outcome(reason), at)
}

// basis spells each outcome out in the same way.
type basis struct{ detail usher.Detail }

func (b *basis) Detail(usher.Outcome) usher.Detail {
	d := b.detail
	d.Hidden, d.Unmet = slices.Clone(d.Hidden), slices.Clone(d.Unmet)
	return d
}
