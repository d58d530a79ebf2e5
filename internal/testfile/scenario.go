package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// Scenario is a list of steps that starts with the example account.
type Scenario struct {
	Pos   syntax.Pos
	Name  string
	Steps []Step
}

// Step is a [Do], an [Ask] or a [State].
type Step interface {
	step()
}

// Do is a step that changes the account. Its commands are one commit.
type Do struct {
	Pos      syntax.Pos
	As       syntax.Name       // zero for the host
	By       syntax.Name       // who acts on behalf of As; zero for As
	Commands []account.Command // key do: one command with its arguments beside it, or a list of commands
	With     []Flag
	At       time.Time    // zero for the time of the file
	Fails    account.Code // 0 if the step must succeed

	// Resources are those that the commands name, each once, with the facts beside the type and the
	// id.
	Resources []Resource
}

// Ask is a step that checks one decision for a user or a visitor.
type Ask struct {
	Pos     syntax.Pos
	As      syntax.Name // zero for a visitor
	By      syntax.Name // who acts on behalf of As; zero for As
	Visitor bool        // a caller who is not logged in
	Question
	Allow  bool          // key expect: allow
	Reason usher.Reason  // zero for any reason
	Hidden []syntax.Name // nil if not in the file
}

// State is a step that compares the account with expected values. Fields that are zero or
// nil are not compared.
type State struct {
	Pos      syntax.Pos
	Seats    []PoolState
	Users    []User
	Teams    []Team
	Settings []Flag
	Fields   []FieldDefinition // all custom fields of the account, in order
}

// PoolState is the number of held and bought seats of a pool. A nil number is not
// compared.
type PoolState struct {
	Pool        syntax.Name
	Held, Total *int
}

func (Do) step()    {}
func (Ask) step()   {}
func (State) step() {}
