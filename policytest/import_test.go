package policytest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

func TestImport(t *testing.T) {
	suite, err := policytest.Load("x.yaml", []byte(staff+"      - {do: leave}"), nil)
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: suite.Policy(), Store: new(memstore.Store)})
	require.NoError(t, err)
	defer e.Close()

	for _, id := range []usher.AccountID{"acme", "globex"} {
		require.NoError(t, suite.Import(t.Context(), e, id))
		view, err := e.View(t.Context(), id)
		require.NoError(t, err)
		for _, user := range suite.World().Users() {
			want, _ := suite.World().User(user)
			got, err := view.State().User(user)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		values, err := e.Values(t.Context(), id, "mia")
		require.NoError(t, err)
		assert.Equal(t, map[string]account.Value{"phone": "12"}, values)
		values, err = e.ArchivedValues(t.Context(), id, "mia")
		require.NoError(t, err)
		assert.Equal(t, map[string]account.Value{"shoe": "44"}, values)
	}

	assert.ErrorIs(t, suite.Import(t.Context(), e, "acme"), account.CodeExists)
	assert.Error(t, suite.Import(t.Context(), e, ""))
	assert.ErrorIs(t, new(policytest.Suite).Import(t.Context(), e, "nobodys"), usher.ErrUnknownAccount)

	other, err := preset.Load("groupcal")
	require.NoError(t, err)
	wrong, err := engine.Open(engine.Options{Policy: other, Store: new(memstore.Store)})
	require.NoError(t, err)
	defer wrong.Close()
	assert.Error(t, suite.Import(t.Context(), wrong, "acme"), "another policy has other roles")
}

func TestTime(t *testing.T) {
	suite, err := policytest.Load("x.yaml", []byte(staff+"      - {do: leave}"), nil)
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC), suite.Time())
	suite, err = policytest.Load("x.yaml", []byte("usher: 1\npolicy: oncehub\naccount: {users: {o: {role: owner}}}"), nil)
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), suite.Time())
	assert.True(t, new(policytest.Suite).Time().IsZero())
}

// LoadWith tests another policy than the file names.
func TestLoadWith(t *testing.T) {
	file := []byte(`usher: 1
policy: no-such-policy
account: {users: {olivia: {role: owner}, adam: {role: admin}}}
checks:
  - {can: sms-credit.purchase, allow: [olivia, adam]}
`)
	for name, passed := range map[string]int{"oncehub": 1, "groupcal": 0} {
		p, err := preset.Load(name)
		require.NoError(t, err)
		suite, err := policytest.LoadWith("x.yaml", file, p)
		if passed == 0 {
			assert.ErrorContains(t, err, `x.yaml:5:11: `)
			assert.Nil(t, suite)
			continue
		}
		require.NoError(t, err)
		assert.Same(t, p, suite.Policy())
		assert.Equal(t, passed, suite.Run().Passed)
	}
	for _, src := range [][]byte{file, nil} {
		suite, err := policytest.LoadWith("x.yaml", src, nil)
		assert.Error(t, err)
		assert.Nil(t, suite)
	}
}
