package policytest

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// Import makes the account of the file, with the values of its custom fields, under
// an id that no account of the Engine has. It is right for an Engine with the policy
// of the suite; what another policy lacks is refused. The error is what
// [engine.Engine.Do] returns. The zero Suite has no account, and makes none: it is
// usher.ErrUnknownAccount.
func (s *Suite) Import(ctx context.Context, e *engine.Engine, id usher.AccountID) error {
	if s.world == nil {
		return usher.ErrUnknownAccount
	}
	_, err := e.Do(ctx, worldActor, id, account.Import{Seed: s.world.contents})
	return err
}
