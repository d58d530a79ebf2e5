package usherhttp

import "net/http"

// refusal is the error of a command that was refused, an account.Refusal, or of a batch
// that its sender must change: engine.ErrKeyReused.
type refusal interface {
	error
	Refused() string // the code
}

// refused says of a code what the user may know.
func refused(code string) Problem {
	p, known := refusals[code]
	if !known {
		return Problem{Status: http.StatusConflict, Detail: "This cannot be done as things are."}
	}
	p.Type = TypeRefused + code
	return p
}

// refusals are how the codes of commands and of batches are answered.
var refusals = map[string]Problem{
	"unknown-user":     {Status: http.StatusNotFound, Detail: "There is no such user."},
	"unknown-team":     {Status: http.StatusNotFound, Detail: "There is no such team."},
	"unknown-role":     {Status: http.StatusNotFound, Detail: "There is no such role."},
	"unknown-pool":     {Status: http.StatusNotFound, Detail: "There are no such seats."},
	"unknown-grant":    {Status: http.StatusNotFound, Detail: "There is no such grant."},
	"unknown-setting":  {Status: http.StatusNotFound, Detail: "There is no such setting."},
	"unknown-field":    {Status: http.StatusNotFound, Detail: "There is no such field."},
	"invalid":          {Status: http.StatusUnprocessableEntity, Detail: "This makes no sense as it was sent."},
	"key-reused":       {Status: http.StatusUnprocessableEntity, Detail: "Something else was sent under the same key before."},
	"store-refused":    {Status: http.StatusUnprocessableEntity, Detail: "The service does not accept this change."},
	"exists":           {Status: http.StatusConflict, Detail: "There is one already."},
	"not-member":       {Status: http.StatusConflict, Detail: "This user is not in the team."},
	"team-not-empty":   {Status: http.StatusConflict, Detail: "There are still teams below this one."},
	"unique-role":      {Status: http.StatusConflict, Detail: "This role can only be handed over, by whoever has it."},
	"escalation":       {Status: http.StatusForbidden, Detail: "You can't give more than you have yourself, or take something from a user who outranks you."},
	"inactive":         {Status: http.StatusConflict, Detail: "This user is not active."},
	"seat-not-allowed": {Status: http.StatusConflict, Detail: "Whoever has this role takes no seat."},
	"seat-required":    {Status: http.StatusConflict, Detail: "Whoever has this role needs a seat."},
	"role-full":        {Status: http.StatusConflict, Detail: "No more users may have this role."},
	"last-holder":      {Status: http.StatusConflict, Detail: "Not so few users may have this role."},
	"no-seats-left":    {Status: http.StatusConflict, Detail: "All seats are taken."},
	"seats-in-use":     {Status: http.StatusConflict, Detail: "More seats than that are taken."},
}
