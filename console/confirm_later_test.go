package console_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A confirmation says what differs at later times.
func TestConfirmLater(t *testing.T) {
	w := newWorld(t, "oncehub")
	from, until := time.Now().AddDate(0, 0, 3).Format(time.DateOnly), time.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	page := body(w.post(adam, "/person/set-role", "id", "max", "role", "admin", "from", from, "until", until))
	assert.Equal(t, 2, strings.Count(page, "<h2>From "), page)
	assert.Equal(t, 1, strings.Count(page, "The permissions are then the same as without this change."))
	rec := w.send(adam, "POST", "/person/set-role", `{"id": "max", "role": "admin", "from": "`+from+`", "until": "`+until+`"}`)
	var doc struct {
		Data struct {
			Users []struct{}
			Later []struct {
				At    time.Time
				Users []struct {
					Person struct{ ID string }
					Gains  []string
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &doc), body(rec))
	assert.Empty(t, doc.Data.Users)
	require.Len(t, doc.Data.Later, 2)
	assert.Equal(t, "max", doc.Data.Later[0].Users[0].Person.ID)
	assert.NotEmpty(t, doc.Data.Later[0].Users[0].Gains)
	assert.Empty(t, doc.Data.Later[1].Users[0].Gains)
	page = body(w.post(adam, "/person/set-role", "id", "max", "role", "admin"))
	assert.NotContains(t, page, "<h2>From ")
}
