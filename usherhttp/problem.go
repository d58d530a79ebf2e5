package usherhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// TypeDenied is the type of the problem that a denial is, and TypeRefused, followed by
// a code such as no-seats-left, of one that a command was refused for. All other
// problems are of the type about:blank: their status says it all.
const (
	TypeDenied  = TypeRefused + "denied"
	TypeRefused = "tag:usher-go.github.io,2026:"
)

// Problem is the body of a refusal, as RFC 9457 has it. As an error of a host's
// function it says how to answer.
type Problem struct {
	Type       string   `json:"type"`                 // TypeDenied, TypeRefused and a code, or about:blank, which an empty one becomes
	Title      string   `json:"title"`                // the text of the status, which an empty one becomes
	Status     int      `json:"status"`               // of the response
	Detail     string   `json:"detail,omitempty"`     // a sentence for the user
	Permission string   `json:"permission,omitempty"` // that was denied
	Reason     string   `json:"reason,omitempty"`     // a usher.Reason; none for who is no user of the account
	Unmet      []string `json:"unmet,omitempty"`      // of condition-unmet: those in Guard.Disclose
}

func (p *Problem) Error() string {
	text := strconv.Itoa(p.Status) + " " + http.StatusText(p.Status)
	if p.Detail != "" {
		text += ": " + printable.Text(p.Detail)
	}
	return text
}

// defaultRetryAfter gives a store time to come back, and users no cause to reload.
const defaultRetryAfter = 5 * time.Second

// sentences are for users, by status.
var sentences = map[int]string{
	http.StatusUnauthorized:          "Please sign in.",
	http.StatusForbidden:             "You may not do this.",
	http.StatusNotFound:              "There is nothing here that you may see.",
	http.StatusMethodNotAllowed:      "This cannot be done here.",
	http.StatusRequestEntityTooLarge: "That is more than can be asked for at a time.",
	http.StatusInternalServerError:   "Something is wrong on our side.",
	http.StatusServiceUnavailable:    "This cannot be done right now. Please try again in a moment.",
}

// denials are sentences for users, by the reason of a denial.
var denials = map[usher.Reason]string{
	usher.ReasonInactive:       "Your access to this account is not active.",
	usher.ReasonForbidden:      "This may not be done here.",
	usher.ReasonConditionUnmet: "You may do this only if more conditions are met.",
	usher.ReasonOutOfScope:     "You may do this elsewhere, but not here.",
	usher.ReasonNoPermission:   "You do not have the permission to do this.",
}

// write answers with a problem. What a handler further out has said of another body
// does not hold for this one, and no cache may keep it: what is refused now may be
// allowed to somebody else.
func (g *Guard) write(w http.ResponseWriter, r *http.Request, p Problem) {
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	if p.Detail == "" {
		p.Detail = sentences[p.Status]
	}
	if g.Localize != nil {
		if s := g.Localize(r, p); s != "" {
			p.Detail = s
		}
	}
	body, err := json.Marshal(p)
	if err != nil { // not with these types of fields
		body = fmt.Appendf(nil, `{"status":%d}`, p.Status)
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	if p.Status == http.StatusUnauthorized && g.Challenge != "" {
		h.Set("WWW-Authenticate", g.Challenge)
	}
	if p.Status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", strconv.Itoa(g.retryAfter()))
	}
	h.Set("Content-Type", "application/problem+json")
	writeBody(w, r, p.Status, append(printable.JSON(body), '\n'))
}

// retryAfter returns after how many seconds a client may send a request again.
func (g *Guard) retryAfter() int {
	after := g.RetryAfter
	if after <= 0 {
		after = defaultRetryAfter
	}
	return int((after + time.Second - 1) / time.Second)
}

// writeBody sends a body that is for this client only, none to HEAD.
func writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client who is gone needs no answer
	}
}
