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
	"unknown-setting": account.ErrUnknownSetting, "unknown-field": account.ErrUnknownField, "unknown-scheduled": account.ErrUnknownScheduled, "schedule-full": account.ErrScheduleFull, "unknown-request": account.ErrUnknownRequest, "too-many-requests": account.ErrTooManyRequests, "invalid": account.ErrInvalid,
	"exists": account.ErrExists, "not-member": account.ErrNotMember, "too-many-roles": account.ErrTooManyRoles, "team-not-empty": account.ErrTeamNotEmpty,
	"team-role-not-allowed": account.ErrTeamRoleNotAllowed, "grant-not-allowed": account.ErrGrantNotAllowed,
	"unique-role": account.ErrUniqueRole, "escalation": account.ErrEscalation, "inactive": account.ErrInactive,
	"seat-not-allowed": account.ErrSeatNotAllowed, "seat-required": account.ErrSeatRequired, "role-full": account.ErrRoleFull,
	"not-offered": account.ErrNotOffered, "too-many-custom-roles": account.ErrTooManyCustomRoles, "role-in-use": account.ErrRoleInUse,
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

func TestCodes(t *testing.T) {
	names := account.Codes()
	for i, name := range names {
		code, err := account.ParseCode(name)
		require.NoError(t, err)
		assert.Equal(t, account.Code(i+1), code)
		assert.Equal(t, name, code.String())
	}
	assert.Equal(t, "none", account.Code(0).String())
	_, err := account.ParseCode("none")
	assert.EqualError(t, err, `unknown code "none"`)
	_, err = account.ParseCode("no-seat-left")
	assert.EqualError(t, err, `unknown code "no-seat-left"; did you mean "no-seats-left"?`)
	assert.Equal(t, "Code(32)", account.Code(len(names)+1).String())
}

func TestFieldTypes(t *testing.T) {
	for of, name := range map[account.FieldType]string{
		account.TextField: "text", account.NumberField: "number", account.DateField: "date", account.BoolField: "bool",
	} {
		assert.Equal(t, name, of.String())
		text, err := of.MarshalText()
		require.NoError(t, err)
		var read account.FieldType
		require.NoError(t, read.UnmarshalText(text))
		assert.Equal(t, of, read)
	}
	_, err := account.ParseFieldType("")
	assert.ErrorContains(t, err, `unknown field type ""`)
	for of, name := range map[account.FieldType]string{0: "", account.BoolField + 1: "FieldType(5)"} {
		assert.Equal(t, name, of.String())
		_, err := of.MarshalText()
		assert.ErrorContains(t, err, "unknown field type")
	}
}

func TestActorString(t *testing.T) {
	assert.Equal(t, "mia", account.AsUser("mia").String())
	assert.Equal(t, "host billing", account.AsHost("billing").String())
	assert.Equal(t, "no actor", account.Actor{}.String())
}

// A refusal has its code and, for a denial only, what usher.Require would have returned.
func TestRefusal(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	_, err := propose(p, s, account.AsUser("max"), account.SetSeats{Pool: "booking", Total: 9})
	var denied *usher.DeniedError
	require.ErrorAs(t, err, &denied)
	assert.Equal(t, usher.UserID("max"), denied.Request.Subject)
	assert.Equal(t, usher.ReasonNoPermission, denied.Decision.Reason())
	var refusal *account.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "denied", refusal.Refused())

	_, err = propose(p, s, account.AsUser("olga"), account.SetSeats{Pool: "booking", Total: -1})
	assert.EqualError(t, err, "set-seats booking -1: invalid: the number of seats must be at least 0, got -1", "a single command has no number")
	assert.False(t, errors.As(err, &denied))
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "invalid", refusal.Refused())

	for as, want := range map[string]usher.Reason{"nobody": usher.ReasonUnknownUser, "ina": usher.ReasonInactive, "max": usher.ReasonNoPermission} {
		_, err := propose(p, s, actor(as), account.DeclineInvitation{})
		require.ErrorAs(t, err, &denied, as)
		assert.Equal(t, want, denied.Decision.Reason(), as)
	}

	refusal = nil
	assert.Equal(t, "none", refusal.Refused())
	assert.False(t, refusal.As(&denied))
}
