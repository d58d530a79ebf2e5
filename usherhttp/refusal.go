package usherhttp

import "net/http"

// refusal is the error of a refused command (account.Refusal), or of a batch that the
// client must change (engine.ErrKeyReused, engine.ErrChanged).
type refusal interface {
	error
	Refused() string // the code
}

// refusalProblem returns the problem for a code.
func refusalProblem(code string) Problem {
	p, known := refusals[code]
	if !known {
		return Problem{Status: http.StatusConflict, Detail: "This is not possible in the current state of the account."}
	}
	p.Type = TypeRefused + code
	return p
}

// refusals are the problems for the codes of commands and batches.
var refusals = map[string]Problem{
	"unknown-user":          {Status: http.StatusNotFound, Detail: "There is no such user."},
	"unknown-team":          {Status: http.StatusNotFound, Detail: "There is no such team."},
	"unknown-role":          {Status: http.StatusNotFound, Detail: "There is no such role."},
	"unknown-pool":          {Status: http.StatusNotFound, Detail: "There is no such seat pool."},
	"unknown-grant":         {Status: http.StatusNotFound, Detail: "There is no such grant."},
	"unknown-setting":       {Status: http.StatusNotFound, Detail: "There is no such setting."},
	"unknown-field":         {Status: http.StatusNotFound, Detail: "There is no such field."},
	"unknown-scheduled":     {Status: http.StatusNotFound, Detail: "This change is not scheduled."},
	"unknown-request":       {Status: http.StatusNotFound, Detail: "There is no such open request."},
	"invalid":               {Status: http.StatusUnprocessableEntity, Detail: "The request is not valid."},
	"key-reused":            {Status: http.StatusUnprocessableEntity, Detail: "This idempotency key was already used for a different request."},
	"changed-meanwhile":     {Status: http.StatusConflict, Detail: "This has changed in the meantime. Load it again, and repeat the change."},
	"store-refused":         {Status: http.StatusUnprocessableEntity, Detail: "The service does not accept this change."},
	"exists":                {Status: http.StatusConflict, Detail: "This already exists."},
	"not-member":            {Status: http.StatusConflict, Detail: "This user is not in the team."},
	"team-not-empty":        {Status: http.StatusConflict, Detail: "This team still has teams below it."},
	"unique-role":           {Status: http.StatusConflict, Detail: "Only the user who has this role can hand it over."},
	"team-role-not-allowed": {Status: http.StatusConflict, Detail: "Users with this role can't have a role on a team."},
	"grant-not-allowed":     {Status: http.StatusConflict, Detail: "Users with this role can't have permissions of their own."},
	"escalation":            {Status: http.StatusForbidden, Detail: "You can't grant more than you have yourself, or take something from a user who outranks you."},
	"schedule-full":         {Status: http.StatusConflict, Detail: "Too many changes are scheduled already."},
	"too-many-roles":        {Status: http.StatusConflict, Detail: "There are too many roles on resources already."},
	"not-offered":           {Status: http.StatusUnprocessableEntity, Detail: "Roles of the account can't have this permission."},
	"too-many-custom-roles": {Status: http.StatusConflict, Detail: "The account already has as many roles of its own as it can have."},
	"role-in-use":           {Status: http.StatusConflict, Detail: "Users have this role. Name another role for them."},
	"inactive":              {Status: http.StatusConflict, Detail: "This user is not active."},
	"seat-not-allowed":      {Status: http.StatusConflict, Detail: "Users with this role can't have a seat."},
	"seat-required":         {Status: http.StatusConflict, Detail: "Users with this role need a seat."},
	"too-many-requests":     {Status: http.StatusConflict, Detail: "There are too many open requests. Withdraw one, or wait until some are decided."},
	"role-full":             {Status: http.StatusConflict, Detail: "This role already has as many users as it can have."},
	"last-holder":           {Status: http.StatusConflict, Detail: "This role can't have fewer users."},
	"no-seats-left":         {Status: http.StatusConflict, Detail: "All seats are taken."},
	"seats-in-use":          {Status: http.StatusConflict, Detail: "More seats than that are in use."},
}
