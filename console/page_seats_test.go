package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/seat"
)

func noShop(o *console.Options) { o.BuySeats = nil }

// acceptsChange reports whether the engine accepts a command of a viewer now, and it changes
// something.
func (w *world) acceptsChange(by viewer, c account.Command) bool {
	p, err := w.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: w.facts(by), Commands: []account.Command{c}})
	return err == nil && len(p.Changes) > 0
}

// offers returns the forms of a page as texts, sorted.
func (w *world) offers(by viewer, target string) (list []string) {
	for _, o := range offeredBy(body(w.get(by, target)), fill) {
		list = append(list, o.String())
	}
	slices.Sort(list)
	return list
}

// The lists have exactly the users that the viewer may see, and offer exactly the seats that the
// engine gives and takes; the number of seats can be set by those who may buy.
func TestSeatsOfferWhatTheEngineAccepts(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset, noShop)
		for _, pool := range w.Policy().Pools() {
			holders, without := "/seats?pool="+string(pool.Name), "/seats?list=without&pool="+string(pool.Name)
			rec := w.get(by, holders)
			var want []string
			if w.acceptsChange(by, account.SetSeats{Pool: pool.Name, Total: 9}) {
				want = append(want, fmt.Sprintf("seats/set?pool=%s&total=9", pool.Name))
			}
			for _, id := range w.visible(by) {
				if w.acceptsChange(by, account.AssignSeat{User: id, Pool: pool.Name}) {
					want = append(want, fmt.Sprintf("seats/assign?pool=%s&user=%s", pool.Name, id))
				}
				if w.acceptsChange(by, account.UnassignSeat{User: id, Pool: pool.Name}) {
					want = append(want, fmt.Sprintf("seats/unassign?pool=%s&user=%s", pool.Name, id))
				}
			}
			if rec.Code != http.StatusOK {
				assert.Empty(t, want, "the page is locked")
				continue
			}
			got := append(w.offers(by, holders), w.offers(by, without)...)
			slices.Sort(got)
			slices.Sort(want)
			assert.Equal(t, slices.Compact(want), slices.Compact(got))
			var ids []usher.UserID
			type list struct{ People []struct{ ID usher.UserID } }
			for _, at := range []string{holders, without} {
				for _, u := range data[list](t, w, by, at).Data.People {
					ids = append(ids, u.ID)
				}
			}
			slices.Sort(ids)
			assert.Equal(t, w.visible(by), ids)
		}
	})
}

func TestSetSeats(t *testing.T) {
	w := newWorld(t, "oncehub", noShop)
	total := func() int {
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		return v.Seats()[0].Total
	}
	page := body(w.get(adam, "/seats"))
	assert.Contains(t, page, `<label for="total-0">Seats of <bdi>booking</bdi></label><input id="total-0" name="total" type="number" min="0" inputmode="numeric" required value="4">`)
	rec := w.post(adam, "/seats/set", "pool", "booking", "total", "6", "version", "1")
	assert.Contains(t, body(rec), "<bdi>booking</bdi>: <bdi>4</bdi> seats become <bdi>6</bdi>")
	assert.Equal(t, 4, total())
	rec = w.post(adam, "/seats/set", "pool", "booking", "total", "6", "version", "1", "confirmed", "yes")
	assert.Equal(t, "../seats?at=2&done=seats%2Fset&pool=booking", rec.Header().Get("Location"))
	assert.Equal(t, 6, total())

	rec = w.post(adam, "/seats/set", "pool", "booking", "total", "1", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "More seats than that are in use. Free some first.")
	assert.Contains(t, body(rec), `required value="1">`, "the viewer sees what the viewer had entered")
	for _, bad := range []string{"-1", "many", ""} {
		assert.Equal(t, http.StatusUnprocessableEntity, w.post(adam, "/seats/set", "pool", "booking", "total", bad).Code, bad)
	}
	rec = w.post(adam, "/seats/set", "pool", "booking", "total", "8", "version", "1", "confirmed", "yes")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Changed by <bdi>Name of adam</bdi> meanwhile")
	assert.Equal(t, http.StatusForbidden, w.post(tom, "/seats/set", "pool", "booking", "total", "8", "confirmed", "yes").Code)
	assert.Equal(t, 6, total())
}

// A host that sells seats on a page of its own has a link to it, and the number cannot be set
// past it.
func TestSeatsAreBoughtElsewhere(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(adam, "/seats"))
	assert.Contains(t, page, `<a href="https://billing.example/">Buy more</a>`)
	assert.NotContains(t, page, `name="total"`)
	rec := w.post(adam, "/seats/set", "pool", "booking", "total", "9", "confirmed", "yes")
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Seats are bought on another page.")
	assert.NotContains(t, body(w.get(tom, "/seats")), "billing.example", "tom does not buy seats")
}

func TestSeatsAreGivenAndTaken(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(adam, "/seats/assign", "user", "max", "pool", "booking", "confirmed", "yes", "back", "list=without")
	assert.Equal(t, "../seats?at=2&done=seats%2Fassign&list=without&pool=booking", rec.Header().Get("Location"))
	assert.Contains(t, body(w.get(adam, "/seats")), "Name of max")
	assert.NotContains(t, body(w.get(adam, "/seats?list=without")), "Name of max")
	w.post(adam, "/seats/unassign", "user", "max", "pool", "booking", "confirmed", "yes")
	assert.NotContains(t, body(w.get(adam, "/seats")), "Name of max")

	w.must(account.SetSeats{Pool: "booking", Total: 2})
	page := body(w.get(adam, "/seats?list=without"))
	assert.Contains(t, page, `<button disabled>Give a seat</button> <span class="reason">All seats are taken. Free a seat, or buy more.</span>`)
	assert.Equal(t, http.StatusNotFound, w.get(adam, "/seats?pool=none").Code)
	assert.Equal(t, http.StatusNotFound, w.get(tom, "/seats?pool=none").Code)
}

// The lists have pages.
func TestHoldersHaveACursor(t *testing.T) {
	w := newWorld(t, "oncehub")
	w.must(account.SetSeats{Pool: "booking", Total: 100})
	var want []usher.UserID
	for i := range 60 {
		id := usher.UserID(fmt.Sprintf("n%02d", i))
		w.must(account.AddUser{User: id}, account.AssignSeat{User: id, Pool: seat.PoolName("booking")})
		want = append(want, id)
	}
	want = append([]usher.UserID{"mia"}, append(want, "tom")...)
	type list struct {
		People []struct{ ID usher.UserID }
		Next   string
	}
	var got []usher.UserID
	at := "/seats?pool=booking"
	for pages := 0; at != ""; pages++ {
		require.Less(t, pages, 3)
		page := data[list](t, w, adam, at).Data
		for _, u := range page.People {
			got = append(got, u.ID)
		}
		if page.Next == "" {
			break
		}
		assert.True(t, strings.Contains(body(w.get(adam, at)), `rel="next"`))
		at = "/seats?pool=booking&after=" + page.Next
	}
	assert.Equal(t, want, got)
}
