package ushertest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
)

// Decision returns a decision with a reason, for tests of code that uses decisions. For
// example, a ReasonGranted masks the fields in Detail.Hidden. It panics without a test.
func Decision(t testing.TB, reason usher.Reason, detail usher.Detail) usher.Decision {
	requireTest(t)
	return decided(time.Time{}, reason, cloned(detail))
}

func decided(at time.Time, reason usher.Reason, detail usher.Detail) usher.Decision {
	return decision.New(&basis{detail}, reason, 0, at)
}

// basis describes every decision with the same Detail.
type basis struct{ detail usher.Detail }

func (b *basis) Detail(usher.Reason, uint64) usher.Detail {
	return cloned(b.detail)
}

func cloned(d usher.Detail) usher.Detail {
	d.Hidden, d.Unmet, d.Unknown = slices.Clone(d.Hidden), slices.Clone(d.Unmet), slices.Clone(d.Unknown)
	return d
}
