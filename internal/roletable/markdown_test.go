package roletable_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/roletable"
	"github.com/usher-go/usher/policy/policyfile"
)

const rooms = `usher: 1
title: "Rooms | \e[1mwith\e[0m a *view*"
conditions:
  seated: {seat: chair}
  mfa:    {context: mfa}
seats: {chair: {}}
roles:
  keeper: {title: Keeper of the Keys, unique: true, hands-over-to: guest, requires: [mfa]}
  guest:  {title: Guest, default: true}
  helper: {held-on: team}
resources:
  room:
    parties: {host: users, team: teams}
    fields: {details: [topic]}
    permissions:
      see:
        keeper: any
        helper: shared
        everyone: [own as host if seated, any hiding details]
      book: {keeper: any, helper: team, guest: sole if seated}
  door:
    permissions:
      lock: {keeper: any}
never:
  room.book: any if not seated
`

const tables = `# Rooms \| \\x1b\[1mwith\\x1b\[0m a \*view\*

## room

| | Keeper of the Keys | Guest | helper | Everyone |
|---|---|---|---|---|
| see | any if mfa | – | shared | own as host if seated<br>or any hiding details |
| book | any if mfa | sole if seated | team | – |

- never book: any if not seated

## door

| | Keeper of the Keys | Guest | helper |
|---|---|---|---|
| lock | any if mfa | – | – |

## Words

| | |
|---|---|
| any | every resource |
| own | resources of the user or of the user's teams; others may share them |
| sole | resources of the user alone |
| team | resources that belong only to the user, the user's teams, and their members |
| shared | resources of the user, of the user's teams, or of their members; others may share them |
| as | looks only at the named parties: in own as host, at the hosts |
| if | only if that condition holds |
| hiding | without those fields |
| never | forbidden to all users, whatever a role or a grant says |
| – | not allowed |
| helper | held on a team; team and shared refer to that team and the teams below it |
`

func TestMarkdown(t *testing.T) {
	p, err := policyfile.Load("rooms.yaml", []byte(rooms))
	require.NoError(t, err)
	assert.Equal(t, tables, roletable.Markdown(p))
}

func TestTitle(t *testing.T) {
	const roles = "roles: {keeper: {unique: true, hands-over-to: guest}, guest: {default: true}}\n"
	for head, want := range map[string]string{
		"name: rooms\ntitle: \"Room\\nService\"\n": "Room Service",
		"name: rooms\n": "rooms",
		"":              `a/ro\noms.yaml`,
	} {
		p, err := policyfile.Load("a/ro\noms.yaml", []byte("usher: 1\n"+head+roles))
		require.NoError(t, err)
		assert.Equal(t, want, roletable.Title(p))
	}
}

func TestLines(t *testing.T) {
	assert.Equal(t, []string{"–"}, roletable.Lines(nil))
	assert.Equal(t, []string{"own", "or any if mfa"}, roletable.Lines([]string{"own", "any if mfa"}))
}
