package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// wish is an open request.
type wish struct {
	ID       account.RequestID `json:"request"`
	User     usher.UserID      `json:"user"`
	Commands []string          `json:"commands"`
	Note     string            `json:"note,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
}

// makeRequest stores commands that the subject would like to have done, as account.EncodeCommand writes
// them. Nothing happens until another user approves them.
//
//	POST /accounts/acme/requests {"commands": [{"do": "assign-seat", "user": "ned", "pool": "booking"}], "note": "I take over the demo"}
func (s *server) makeRequest(r *http.Request) (any, error) {
	body, err := read[struct {
		Commands []json.RawMessage `json:"commands"`
		Note     string            `json:"note"`
		Until    time.Time         `json:"until"`
	}](r)
	if err != nil {
		return nil, err
	}
	request := account.Request{Note: body.Note, Until: body.Until}
	for _, data := range body.Commands {
		c, err := account.DecodeCommand(data)
		if err != nil {
			return nil, badRequest("%v.", err)
		}
		request.Commands = append(request.Commands, c)
	}
	return s.do(r, request)
}

// listRequests lists the open requests that the subject made. Users who may decline the requests of a
// user see these, too.
//
//	GET /accounts/acme/requests?after=7
func (s *server) listRequests(r *http.Request) (any, error) {
	view, err := s.engine.View(r.Context(), subject(r).Account)
	if err != nil {
		return nil, err
	}
	visible, err := s.visible(r, declineRequest)
	if err != nil {
		return nil, err
	}
	after := 0
	if text := r.URL.Query().Get("after"); text != "" {
		if after, err = strconv.Atoi(text); err != nil {
			return nil, badRequest("The number of a request is a number.")
		}
	}
	list := []wish{}
	for q := range view.Requests(s.clock(), account.RequestID(after)) {
		selected, err := visible.Match(personal("request", view.ID(), string(q.User)))
		switch {
		case err != nil:
			return nil, err
		case !selected && q.User != subject(r).User:
			continue
		}
		w := wish{ID: q.ID, User: q.User, Note: q.Note, Until: q.Until}
		for _, c := range q.Commands {
			w.Commands = append(w.Commands, account.Describe(c))
		}
		if list = append(list, w); len(list) == page {
			break
		}
	}
	return map[string]any{"requests": list}, nil
}

// approveRequest runs the commands of a request as the subject's own. declineRequest and withdrawRequest
// close it; only its author withdraws it.
//
//	POST   /accounts/acme/requests/1/approval
//	DELETE /accounts/acme/requests/1?note=not+now
//	POST   /accounts/acme/requests/1/withdrawal
func (s *server) approveRequest(r *http.Request) (any, error) {
	approve := account.Approve{Request: requestIn(r)}
	b, err := batch(r, account.AsUser(subject(r).User), subject(r).Account, approve)
	if err != nil {
		return nil, err
	}
	if b.Resources, err = s.requested(r, approve.Request); err != nil {
		return nil, err
	}
	result, err := s.engine.Submit(r.Context(), b)
	return describe(b, result, err)
}

// requested returns the calendars that the commands of a request share: who may share them depends on their
// hosts, who may be others than when the request was made. The error is that of a calendar that does not exist, if it
// was deleted since.
func (s *server) requested(r *http.Request, id account.RequestID) (list []usher.Resource, err error) {
	in := subject(r).Account
	view, err := s.engine.View(r.Context(), in)
	if err != nil {
		return nil, err
	}
	open, _ := view.Request(id, s.clock())
	for _, c := range open.Commands {
		share, ok := c.(account.GiveRoleOn)
		if !ok || share.On.Type != "calendar" {
			continue
		}
		c, err := s.store.calendar(r.Context(), in, share.On.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (s *server) declineRequest(r *http.Request) (any, error) {
	return s.do(r, account.Decline{Request: requestIn(r), Note: r.URL.Query().Get("note")})
}

func (s *server) withdrawRequest(r *http.Request) (any, error) {
	return s.do(r, account.Withdraw{Request: requestIn(r)})
}

// requestIn returns the number in the path, and 0 for something else: no request has the number 0, and the
// engine says so only to users who may know.
func requestIn(r *http.Request) account.RequestID {
	id, err := strconv.Atoi(r.PathValue("request"))
	if err != nil {
		return 0
	}
	return account.RequestID(id)
}
