package pgstore

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// RebuildMembers implements store.MembersStore. While an account is rebuilt, commits to it wait.
func (s *Store) RebuildMembers(ctx context.Context, accounts ...usher.AccountID) error {
	return s.members.Rebuild(ctx, s.journal, accounts...)
}

// CheckMembers implements store.MembersStore. While an account is checked, commits to it wait.
func (s *Store) CheckMembers(ctx context.Context) iter.Seq2[store.MembersDifference, error] {
	return s.members.CheckAll(ctx, s.journal)
}
