package account

import (
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
	"github.com/usher-go/usher/permission"
)

var (
	requestMake    = permission.MustParse("request.make")
	requestDecline = permission.MustParse("request.decline")
)

// Request stores commands that the actor would like to have done, until another user approves or declines
// them. It changes nothing else, and gives nothing. The actor is an active user of the account; the host
// application needs no requests. The same request again changes nothing. Requires request.make
// on {user: actor}.
//
// CodeInvalid rejects commands that cannot be approved: those that concern their actor alone,
// such as leave, because they would concern the approver; those for requests; create-account
// and import; and set-field, because the journal keeps requests, and values are personal data.
type Request struct {
	Commands []Command
	Note     string    `usher:"optional"` // free text for the approver; default: none
	Until    time.Time `usher:"optional"` // it cannot be approved from then on; default: no end
}

func (Request) asks(q *proposing) requirement {
	return requirement{permission: requestMake, on: of(q.actor.User()), own: true}
}

func (c Request) propose(q *proposing) error {
	author := q.actor.User()
	if author == "" {
		return q.deny(usher.ReasonUnknownUser, "the host cannot make a request; submit the commands instead")
	}
	stored, err := q.requestable(c)
	if err != nil {
		return err
	}
	made := RequestMade{User: author, Commands: stored, Note: c.Note, Until: c.Until.UTC().Round(0)}
	if c.Until.IsZero() {
		made.Until = time.Time{}
	}
	for r := range q.next.openRequests(q.at) {
		if r.User == author && r.Note == made.Note && r.Until.Equal(made.Until) && sameCommands(r.Commands, stored) {
			return nil
		}
	}
	if err := q.endRequests(); err != nil {
		return err
	}
	if err := q.checkRequests(author); err != nil {
		return err
	}
	made.Request = q.next.requests.last() + 1
	return q.emit(made)
}

func (c Request) describe() string {
	s := "for "
	for i, command := range c.Commands {
		switch {
		case i == maxTeamsNamed:
			return s + " and more"
		case i > 0:
			s += ", "
		}
		s += Describe(command)
	}
	return s
}

// requestable returns a copy of the commands of a request, or rejects the request if they cannot
// be stored or approved.
func (q *proposing) requestable(c Request) ([]Command, error) {
	switch n := len(c.Commands); {
	case n == 0:
		return nil, q.refuse(CodeInvalid, "a request needs at least one command")
	case n > MaxRequestCommands:
		return nil, q.refuse(CodeInvalid, "a request can have at most %d commands, and this one has %d", MaxRequestCommands, n)
	}
	if err := checkText("the note of a request", c.Note, MaxRequestNote); err != nil {
		return nil, q.refuse(CodeInvalid, "%v", err)
	}
	switch {
	case c.Until.IsZero():
	case !writable(c.Until):
		return nil, q.refuse(CodeInvalid, "the end of the request, %s, is not in the years 1 to 9999", written(c.Until))
	case !q.at.Before(c.Until):
		return nil, q.refuse(CodeInvalid, "the end of the request, %s, is not after the time of the command, %s; give a later end", written(c.Until), written(q.at))
	}
	w := strictjson.NewWriter(128 * len(c.Commands))
	writeCommands(w, c.Commands)
	if err := w.Err(); err != nil {
		return nil, q.refuse(CodeInvalid, "%v", err)
	}
	if n := len(w.Bytes()); n > MaxRequestBytes {
		return nil, q.refuse(CodeInvalid, "the commands of a request can have at most %d bytes as JSON, and these have %d", MaxRequestBytes, n)
	}
	r := strictjson.NewReader(w.Bytes())
	stored := readCommands(r)
	if err := r.Err(); err != nil {
		return nil, q.refuse(CodeInvalid, "%v", err)
	}
	for _, command := range stored {
		if why := q.notRequestable(command); why != "" {
			return nil, q.refuse(CodeInvalid, "%s cannot be requested: %s", NameOf(command), why)
		}
	}
	return stored, nil
}

// notRequestable returns why a command cannot be part of a request, or "".
func (q *proposing) notRequestable(c Command) string {
	switch c.(type) {
	case Request, Approve, Decline, Withdraw:
		return "a request contains no commands for requests"
	case SetField:
		return "the journal keeps requests, and values are personal data"
	case RequestToJoin, AcceptInvitation, DeclineInvitation, WithdrawRequest:
		return "it would concern the user who approves it"
	}
	switch want := c.asks(q); {
	case want.creates:
		return "the account exists"
	case want.own:
		return "it would concern the user who approves it"
	}
	return ""
}

// endRequests records the end of all requests that have ended, so that they do not count.
func (q *proposing) endRequests() error {
	var ended []Change
	for _, r := range q.next.requests.list() {
		if r.Ended(q.at) {
			ended = append(ended, RequestEnded{Request: r.ID, User: r.User})
		}
	}
	return q.emit(ended...)
}

// checkRequests rejects the command if the account or the author has too many open requests.
func (q *proposing) checkRequests(author usher.UserID) error {
	n := 0
	for _, r := range q.next.requests.list() {
		if r.User == author {
			n++
		}
	}
	switch {
	case n >= MaxRequestsPerUser:
		return q.refuse(CodeTooManyRequests, "%s has %d open requests, the most that a user can have; withdraw closes one", author, n)
	case len(q.next.requests.list()) >= MaxRequests:
		return q.refuse(CodeTooManyRequests, "the account has %d open requests, the most that an account can have; decline closes one", MaxRequests)
	}
	return nil
}

// Approve runs the commands of a request as the approver's own, and closes the request: all of them, or
// nothing. Each command requires the permissions of the approver, and is checked against the approver's
// ceiling and the rules of the account at this time; what the author of the request may do has no
// effect. A request never changes, except that rename-user replaces ids in it. So the commands that run are those
// that were shown. The author cannot approve the request.
type Approve struct {
	Request RequestID
}

func (Approve) asks(*proposing) requirement { return requirement{each: true} }

func (c Approve) propose(q *proposing) error {
	if q.authority != "" {
		if reason := q.visits(); reason != 0 {
			return q.deny(reason, "%s is not an active user of %s", q.authority, q.next.account)
		}
	}
	r, err := q.openRequest(c.Request)
	if err != nil {
		return err
	}
	if r.User == q.actor.user || r.User == q.actor.by {
		return q.deny(usher.ReasonNoPermission, "%s made the request %d, and another user approves it", r.User, r.ID)
	}
	if err := q.emit(RequestApproved{Request: r.ID, User: r.User}); err != nil {
		return err
	}
	for i, command := range r.Commands {
		if err := q.approve(c, r, i, command); err != nil {
			return err
		}
	}
	return nil
}

// approve runs one command of a request.
func (q *proposing) approve(c Approve, r OpenRequest, i int, command Command) error {
	defer func() { q.command = c }()
	if why := q.notRequestable(command); why != "" { // a journal that another library wrote
		return q.refuse(CodeInvalid, "%s cannot be requested: %s", NameOf(command), why)
	}
	q.command = command
	err := q.propose(command)
	refusal, ok := err.(*Refusal) //nolint:errorlint // propose returns it unwrapped
	if !ok {
		return err
	}
	inRequest := *refusal
	inRequest.Command = c
	inRequest.Text = Describe(command) + ": " + refusal.Text
	if len(r.Commands) > 1 {
		inRequest.Text = printable.Sprintf("command %d of %d of the request, ", i+1, len(r.Commands)) + inRequest.Text
	}
	return &inRequest
}

func (c Approve) describe() string { return strconv.Itoa(int(c.Request)) }

// Decline closes a request without running it. Requires request.decline on {user: the author of
// the request}. By default only the host application can decline.
type Decline struct {
	Request RequestID
	Note    string `usher:"optional"` // free text for the author; default: none
}

func (c Decline) asks(q *proposing) requirement {
	r, _ := q.next.Request(c.Request)
	return needs(requestDecline, of(r.User))
}

func (c Decline) propose(q *proposing) error {
	r, err := q.openRequest(c.Request)
	if err != nil {
		return err
	}
	if err := checkText("the note of a request", c.Note, MaxRequestNote); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	return q.emit(RequestDeclined{Request: r.ID, User: r.User, Note: c.Note})
}

func (c Decline) describe() string { return strconv.Itoa(int(c.Request)) }

// Withdraw closes a request of the actor without running it. Requires no permission.
type Withdraw struct {
	Request RequestID
}

func (Withdraw) asks(*proposing) requirement { return requirement{own: true} }

func (c Withdraw) propose(q *proposing) error {
	user := q.actor.User()
	if user == "" {
		return q.deny(usher.ReasonUnknownUser, "the host has no requests; decline closes one")
	}
	if reason := q.visits(); reason != 0 {
		return q.deny(reason, "%s is not an active user of %s", user, q.next.account)
	}
	if r, ok := q.next.Request(c.Request); ok && r.User != user {
		return q.deny(usher.ReasonNoPermission, "%s did not make the request %d", user, c.Request)
	}
	r, err := q.openRequest(c.Request)
	if err != nil {
		return err
	}
	return q.emit(RequestWithdrawn{Request: r.ID, User: r.User})
}

func (c Withdraw) describe() string { return strconv.Itoa(int(c.Request)) }

// openRequest returns a request that can be approved or declined, or rejects the command.
func (q *proposing) openRequest(id RequestID) (OpenRequest, error) {
	r, ok := q.next.Request(id)
	switch {
	case !ok:
		return OpenRequest{}, q.refuse(CodeUnknownRequest, "%s has no open request %d", q.next.account, id)
	case r.Ended(q.at):
		return OpenRequest{}, q.refuse(CodeUnknownRequest, "the request %d has ended at %s", id, r.Until.Format(time.RFC3339))
	}
	return r, nil
}
