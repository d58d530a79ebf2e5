package account_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// codeErrors contains the sentinel error of each code, by the code's name.
var codeErrors = map[string]error{
	"denied": usher.ErrDenied, "unknown-user": account.ErrUnknownUser, "unknown-team": account.ErrUnknownTeam,
	"unknown-role": account.ErrUnknownRole, "unknown-pool": account.ErrUnknownPool, "unknown-grant": account.ErrUnknownGrant,
	"unknown-setting": account.ErrUnknownSetting, "unknown-field": account.ErrUnknownField, "invalid": account.ErrInvalid,
	"exists": account.ErrExists, "not-member": account.ErrNotMember, "team-not-empty": account.ErrTeamNotEmpty,
	"unique-role": account.ErrUniqueRole, "escalation": account.ErrEscalation, "inactive": account.ErrInactive,
	"seat-not-allowed": account.ErrSeatNotAllowed, "seat-required": account.ErrSeatRequired, "role-full": account.ErrRoleFull,
	"last-holder": account.ErrLastHolder, "no-seats-left": account.ErrNoSeatsLeft, "seats-in-use": account.ErrSeatsInUse,
}

// A refusal matches the sentinel of its code and no other.
func TestCodeErrors(t *testing.T) {
	assert.Len(t, codeErrors, len(account.Codes()))
	for _, name := range account.Codes() {
		code, err := account.ParseCode(name)
		require.NoError(t, err)
		refusal := error(&account.Refusal{Code: code})
		for other, sentinel := range codeErrors {
			assert.Equal(t, name == other, errors.Is(refusal, sentinel), "%s and the sentinel of %s", name, other)
		}
	}
	for other, sentinel := range codeErrors {
		assert.NotErrorIs(t, &account.Refusal{}, sentinel, other)
	}
}
