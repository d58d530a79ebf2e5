package sqlstore

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// RebuildMembers implements store.MembersStore. In SQLite, no other writer runs while an account is
// rebuilt.
func (s *Store) RebuildMembers(ctx context.Context, accounts ...usher.AccountID) error {
	return s.members.Rebuild(ctx, s.journal, accounts...)
}

// CheckMembers implements store.MembersStore.
func (s *Store) CheckMembers(ctx context.Context) iter.Seq2[store.MembersDifference, error] {
	return s.members.CheckAll(ctx, s.journal)
}
