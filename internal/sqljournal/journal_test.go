package sqljournal

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

// countedDatabase counts how its transactions end.
type countedDatabase struct {
	Database
	commits, rollbacks int
}

func (d *countedDatabase) Begin(context.Context) (Transaction, error) {
	return countedTransaction{db: d}, nil
}

type countedTransaction struct {
	Transaction
	db *countedDatabase
}

func (t countedTransaction) Commit(context.Context) error   { t.db.commits++; return nil }
func (t countedTransaction) Rollback(context.Context) error { t.db.rollbacks++; return nil }

// A panic in a transaction ends it. Otherwise it would keep its connection and its locks.
func TestPanicInTransaction(t *testing.T) {
	ctx, db := context.Background(), &countedDatabase{}
	j := &Journal{db: db}
	assert.Panics(t, func() { _ = j.transaction(ctx, func(Transaction) error { panic("broken") }) })
	assert.Equal(t, 1, db.rollbacks)
	assert.NoError(t, j.transaction(ctx, func(Transaction) error { return nil }))
	assert.Equal(t, 1, db.rollbacks)
	assert.Equal(t, 1, db.commits)
}
