package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/usher-go/usher"
)

// adam pays for fewer seats from the end of the month on. Until then nothing changes; then users keep
// their seats, and no further user gets one. An invitation ends at the same time.
func TestStoryOfTheEndOfAPeriod(t *testing.T) {
	now := time.Date(2035, time.January, 17, 9, 0, 0, 0, time.UTC)
	s, err := openAt(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler, err := s.handler()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, server: s}
	w.serve(handler)
	nina := string(invitationKey("acme", "nina@acme.example"))
	w.play([]step{
		{"mia", "PUT ~/seats/booking", `{"total": 3, "from": "2035-02-01T00:00:00Z"}`, 403, nil},
		{"adam", "PUT ~/seats/booking", `{"total": 3, "from": "2035-02-01T00:00:00Z"}`, 200, has("2035-02-01")},
		{"adam", "POST ~/invitations", `{"email": "nina@acme.example", "until": "2035-02-01T00:00:00Z"}`, 201, nil},
		{"adam", "GET ~/people", "", 200, has(`"total":4,"held":4,"left":0`, nina)},
		{"mia", "PUT ~/calendars/intro/shares/users/sam", `{"role": "editor", "until": "2035-02-01T00:00:00Z"}`, 200, has("2035-02-01")},
		{"mia", "GET ~/calendars/intro/shares", "", 200, has(`{"user":"sam","roles":[{"role":"editor","until":"2035-02-01T00:00:00Z"}]}`)},
		{"sam", "GET ~/calendars/intro", "", 200, nil},
	})
	now = time.Date(2035, time.February, 1, 0, 0, 0, 0, time.UTC)
	w.play([]step{
		{"adam", "GET ~/people", "", 200, has(`"total":3,"held":4,"left":0`, "not "+nina)},
		{"mia", "GET ~/calendars/intro/shares", "", 200, has(`{"shares":[]}`)},
		{"sam", "GET ~/calendars/intro", "", 404, nil},
		{"nina", "POST ~/invitations/" + nina + "?token=" + invitationToken("acme", usher.UserID(nina)), "", 404, nil},
		{"adam", "DELETE ~/seats/booking/max", "", 200, nil},
		{"adam", "PUT ~/seats/booking/ned", "", 409, has(":no-seats-left")},
	})
}
