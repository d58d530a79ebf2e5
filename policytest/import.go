package policytest

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// Import creates the account of the file in an Engine, with the values of its custom
// fields. The id must not exist yet. The Engine should have the policy of the suite;
// names that another policy does not declare are refused. Import returns the errors of
// [engine.Engine.Do]. On the zero Suite, which has no account, it returns
// usher.ErrUnknownAccount.
func (s *Suite) Import(ctx context.Context, e *engine.Engine, id usher.AccountID) error {
	if s.world == nil {
		return usher.ErrUnknownAccount
	}
	_, err := e.Do(ctx, worldActor, id, account.Import{Seed: s.world.seed})
	return err
}
