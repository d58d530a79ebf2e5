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

// The types of problems. TypeDenied is the type of a denial. TypeRefused, followed by a
// code such as no-seats-left, is the type of a refused command. Other problems have the
// type about:blank, because their status is sufficient.
const (
	TypeDenied  = TypeRefused + "denied"
	TypeRefused = "tag:usher-go.github.io,2026:"
)

// Problem is the body of a refusal, as in RFC 9457. If a host's function returns a *Problem
// as an error, it is sent as the response. Default of Type: about:blank; of Title: the text
// of the status; of Detail: a sentence for the status.
type Problem struct {
	Type       string   `json:"type"`                 // TypeDenied, TypeRefused and a code, or about:blank
	Title      string   `json:"title"`                // the text of the status
	Status     int      `json:"status"`               // the status of the response
	Detail     string   `json:"detail,omitempty"`     // a sentence for the user
	Permission string   `json:"permission,omitempty"` // the permission that was denied
	Reason     string   `json:"reason,omitempty"`     // an usher.Reason; empty for users who do not belong to the account
	Unmet      []string `json:"unmet,omitempty"`      // for condition-unmet: the conditions that Guard.Disclose contains
}

func (p *Problem) Error() string {
	text := strconv.Itoa(p.Status) + " " + http.StatusText(p.Status)
	if p.Detail != "" {
		text += ": " + printable.Text(p.Detail)
	}
	return text
}

// defaultRetryAfter gives a store time to recover, and is too short for users to reload.
const defaultRetryAfter = 5 * time.Second

// statusSentences are the texts for users, by status.
var statusSentences = map[int]string{
	http.StatusUnauthorized:          "Please sign in.",
	http.StatusForbidden:             "You are not allowed to do this.",
	http.StatusNotFound:              "This item does not exist, or you cannot see it.",
	http.StatusMethodNotAllowed:      "This method is not supported here.",
	http.StatusRequestEntityTooLarge: "The request is too large.",
	http.StatusInternalServerError:   "Something went wrong on our side.",
	http.StatusServiceUnavailable:    "This is not possible right now. Please try again in a moment.",
}

// denialSentences are the texts for users, by the reason of a denial.
var denialSentences = map[usher.Reason]string{
	usher.ReasonInactive:       "Your access to this account is not active.",
	usher.ReasonForbidden:      "This is not allowed here.",
	usher.ReasonConditionUnmet: "You can do this only if more conditions are met.",
	usher.ReasonOutOfScope:     "You don't have access to this item.",
	usher.ReasonNoPermission:   "You don't have permission to do this.",
}

// complete sets the parts of a problem that have a default.
func (g *Guard) complete(r *http.Request, p Problem) Problem {
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	if p.Detail == "" {
		p.Detail = statusSentences[p.Status]
	}
	if g.Localize != nil {
		if s := g.Localize(r, p); s != "" {
			p.Detail = s
		}
	}
	return p
}

// write sends a problem. It removes headers that an outer handler has set for another body.
// No cache may store the response, because another user's request may be allowed.
func (g *Guard) write(w http.ResponseWriter, r *http.Request, p Problem) {
	p = g.complete(r, p)
	body, err := json.Marshal(p)
	if err != nil { // impossible with these types of fields
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

// retryAfter returns the number of seconds after which a client may retry.
func (g *Guard) retryAfter() int {
	after := g.RetryAfter
	if after <= 0 {
		after = defaultRetryAfter
	}
	return int((after + time.Second - 1) / time.Second)
}

// writeBody sends a body that is only for this client. A response to HEAD has no body.
func writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have disconnected
	}
}
