package pgstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/store/pgstore"
)

// Settings of connections change neither what is stored nor what is read.
func TestMembersSettings(t *testing.T) {
	ctx := context.Background()
	for _, settings := range []string{
		"default_query_exec_mode=exec",
		"default_query_exec_mode=simple_protocol",
		"default_query_exec_mode=cache_describe",
		"default_query_exec_mode=describe_exec",
		"bytea_output=escape",
		"standard_conforming_strings=off backslash_quote=on",
		"datestyle='German,DMY' timezone=Asia/Kathmandu",
		"default_transaction_isolation=serializable",
		"plan_cache_mode=force_generic_plan",
	} {
		t.Run(settings, func(t *testing.T) {
			s := open(t, pgstore.Options{Schema: newSchema(), Members: true}, settings)
			journals, err := mirrortest.Fill(ctx, s, *membersSeed, 4, 12)
			require.NoError(t, err)
			for d, err := range s.CheckMembers(ctx) {
				require.NoError(t, err)
				t.Error(d.Text)
			}
			for _, j := range journals {
				assert.Len(t, journal(t, s, j.State.ID()), int(j.State.Version()))
			}
		})
	}
}

// Open rejects settings with which ids would be changed, or could not be read.
func TestOpenChecksSettings(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), Members: true}
	require.NoError(t, pgstore.Migrate(ctx, connect(t), o.Schema))
	for settings, want := range map[string]string{
		"client_encoding=latin1":                                      "the client_encoding of the database is LATIN1, and the tables of members require UTF8",
		"bytea_output=escape default_query_exec_mode=exec":            "want the setting bytea_output = hex",
		"bytea_output=escape default_query_exec_mode=simple_protocol": "want the setting bytea_output = hex",
	} {
		_, err := pgstore.Open(ctx, connect(t, settings), o)
		require.ErrorContains(t, err, want, settings)
	}
}
