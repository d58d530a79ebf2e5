package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// Scenario is a story that begins with the facts of the account.
type Scenario struct {
	Pos   syntax.Pos
	Name  string
	Steps []Step
}

// Step is a [Do], an [Ask] or a [State].
type Step interface {
	step()
}

// Do is a step that changes the account: its commands are one commit.
type Do struct {
	Pos      syntax.Pos
	As       syntax.Name       // zero for the host
	Commands []account.Command // do, with the arguments of one command beside it, or a list of them
	With     []Flag
	At       time.Time    // zero: the time of the file
	Fails    account.Code // 0 where the step should succeed
}

// Ask is a step that asks as one user.
type Ask struct {
	Pos syntax.Pos
	As  syntax.Name
	Question
	Allow  bool          // expect: allow
	Reason usher.Reason  // zero where any will do
	Hidden []syntax.Name // nil where the file does not say
}

// State is a step that looks at the account. Only what is written is compared:
// not a list that is nil, nor anything else that is zero or nil.
type State struct {
	Pos      syntax.Pos
	Seats    []PoolState
	Users    []User
	Teams    []Team
	Settings []Flag
	Fields   []FieldDefinition // all that the account has, in their order
}

// PoolState says how many seats of a pool are held, and how many were bought.
type PoolState struct {
	Pool        syntax.Name
	Held, Total *int
}

func (Do) step()    {}
func (Ask) step()   {}
func (State) step() {}
