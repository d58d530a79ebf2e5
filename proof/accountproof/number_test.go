package accountproof_test

import (
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// sameByNumber compares decisions on the state, for which the record of a user has the number of the
// user's class, with decisions on the facts of the model, which have no numbers. Two policies decide
// on the same records. They number the classes in another order, because they see the users in
// another order.
func (m *machine) sameByNumber(t *rapid.T) {
	t.Helper()
	book, facts, ids := m.model.book, m.model.facts(), append([]usher.UserID{"nora"}, userIDs...)
	const part = 16 // each version has another sixteenth of the permissions
	for range 2 {
		slices.Reverse(ids)
		p := book.compiled
		if ids[0] != "nora" {
			p = book.twin
		}
		b := m.state.Bind(p, m.state, p)
		for _, id := range ids {
			a, err := b.As(id, nil, noon)
			for i := int(m.state.Version() % part); i < len(book.actions); i += part {
				q := usher.Request{Subject: id, Permission: permission.MustParse(book.actions[i].name), Time: noon}
				want, wantErr := p.Decide(facts, &q)
				if err != nil {
					require.Error(t, wantErr, "%s: As returned %v", id, err)
					continue
				}
				got, gotErr := a.Check(q.Permission, nil)
				require.Equal(t, wantErr, gotErr)
				require.True(t, want == got, "%s of %s: %v by the number, %v by the contents", q.Permission, id, got.Detail(), want.Detail())
			}
		}
	}
}
