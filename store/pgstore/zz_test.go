package pgstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/store/pgstore"
)

func TestZZ(t *testing.T) {
	ctx := context.Background()
	for name, settings := range map[string][]string{
		"exec":           {"default_query_exec_mode=exec"},
		"simple":         {"default_query_exec_mode=simple_protocol"},
		"cache_describe": {"default_query_exec_mode=cache_describe"},
		"describe_exec":  {"default_query_exec_mode=describe_exec"},
		"escape":         {"bytea_output=escape"},
		"escape exec":         {"bytea_output=escape default_query_exec_mode=exec"},
		"escape simple":  {"bytea_output=escape default_query_exec_mode=simple_protocol"},
		"strings":        {"standard_conforming_strings=off", "backslash_quote=on"},
		"datestyle":      {"datestyle='German,DMY'", "intervalstyle=sql_standard", "timezone=Asia/Kathmandu"},
		"serializable":   {"default_transaction_isolation=serializable"},
		"latin1":         {"client_encoding=latin1"},
		"plan":           {"plan_cache_mode=force_generic_plan"},
		"nogeqo":         {"enable_hashjoin=off", "enable_mergejoin=off", "enable_indexscan=off", "enable_bitmapscan=off", "jit_above_cost=0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, pgstore.Options{Schema: newSchema(), Members: true}, settings...)
			_, err := mirrortest.Fill(ctx, s, 7, 4, 15)
			if !assert.NoError(t, err) { return }
			for d, err := range s.CheckMembers(ctx) {
				require.NoError(t, err)
				t.Error(d.Text)
			}
			for id, err := range s.Accounts(ctx, "") {
				require.NoError(t, err)
				n := 0
				for _, err := range s.Commits(ctx, id, 0) { require.NoError(t, err); n++ }
				v, err := s.Versions(ctx, []usher.AccountID{id})
				require.NoError(t, err)
				assert.EqualValues(t, n, v[0])
			}
		})
	}
}
