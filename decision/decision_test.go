package decision_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
)

// fixed describes every decision with the same Detail.
type fixed usher.Detail

func (f *fixed) Detail(usher.Reason, uint64) usher.Detail { return usher.Detail(*f) }

// echo hides one field for each bit.
type echo uint64

func (e echo) Detail(_ usher.Reason, bits uint64) usher.Detail {
	d := usher.Detail{Version: uint64(e)}
	for i, field := range []string{"phone", "price", "title"} {
		if bits>>i&1 == 1 {
			d.Hidden = append(d.Hidden, field)
		}
	}
	return d
}

// seen records the arguments of Detail.
type seen struct {
	reason usher.Reason
	bits   uint64
}

func (s *seen) Detail(reason usher.Reason, bits uint64) usher.Detail {
	s.reason, s.bits = reason, bits
	return usher.Detail{}
}

func TestNew(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range usher.Reasons() {
		reason, err := usher.ParseReason(name)
		assert.NoError(t, err)
		for _, bits := range []uint64{0, 1, decision.MaxBits} {
			var s seen
			d := decision.New(&s, reason, bits, at)
			assert.Equal(t, reason, d.Reason())
			assert.Equal(t, reason == usher.ReasonGranted, d.Allowed())
			assert.Equal(t, at, d.Time())
			d.Detail()
			assert.Equal(t, seen{reason, bits}, s)
		}
	}
}

// Arguments that cannot be packed give the zero Decision.
func TestNewFailsClosed(t *testing.T) {
	zero := usher.Decision{}
	assert.Equal(t, zero, decision.New(nil, usher.ReasonGranted, 0, time.Time{}))
	assert.Equal(t, zero, decision.New(echo(1), usher.ReasonGranted, decision.MaxBits+1, time.Time{}))
	for reason := 0; reason < 256; reason++ {
		d := decision.New(echo(1), usher.Reason(reason), 0, time.Time{})
		assert.Equal(t, usher.Reason(reason) == usher.ReasonGranted, d.Allowed(), reason)
		if reason > int(usher.ReasonNoPermission) {
			assert.Equal(t, zero, d, reason)
		}
	}
}

// A decision about several permissions hides what any of them hides, on every Basis.
func TestJoin(t *testing.T) {
	d := decision.New(decision.Join(echo(1), 1, 0, 3), usher.ReasonGranted, 1, time.Time{})
	assert.Equal(t, usher.Detail{Hidden: []string{"phone", "price"}, Version: 1}, d.Detail())
	for version := range 3 {
		d = decision.On(d, echo(version))
		assert.Equal(t, usher.Detail{Hidden: []string{"phone", "price"}, Version: uint64(version)}, d.Detail())
		assert.True(t, d.Hides("price"))
	}
	assert.False(t, decision.On(d, nil).Allowed())
	assert.Nil(t, decision.Join(nil, 0))
	alone := decision.New(decision.Join(echo(1)), usher.ReasonGranted, 1, time.Time{})
	assert.Equal(t, []string{"phone"}, alone.Hidden(), "never less than the decision's own")
}

func TestOn(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	d := decision.New(&fixed{Digest: "d"}, usher.ReasonGranted, 0, at)
	moved := decision.On(d, &fixed{Digest: "d", Version: 7})
	assert.True(t, moved.Allowed())
	assert.Equal(t, at, moved.Time())
	assert.Equal(t, uint64(7), moved.Detail().Version)
	assert.Zero(t, d.Detail().Version, "the first one stays as it is")

	assert.Equal(t, usher.Decision{}, decision.On(d, nil))
	assert.Equal(t, usher.Decision{}, decision.On(usher.Decision{}, &fixed{}), "a decision that was not made is not made by this")
}

func TestDoesNotAllocate(t *testing.T) {
	var d usher.Decision
	at, basis, other := time.Unix(1, 0), &fixed{}, &fixed{}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		d = decision.On(decision.New(basis, usher.ReasonGranted, 7, at), other)
	}))
	assert.True(t, d.Allowed())
}
