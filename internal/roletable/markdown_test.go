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
| any | whoever it belongs to |
| own | what belongs to the user or to a team of theirs, perhaps to others too |
| sole | what belongs to the user alone |
| team | what belongs to nobody but the user, their teams, and people in those |
| shared | what belongs to one of these, perhaps to others too: the user, their teams, people in those |
| as | counts only those it names: in own as host, the hosts |
| if | only where that is so |
| hiding | without those fields |
| never | for nobody, whatever a role or a grant says |
| – | may not |
| helper | held on a team; what the table says of teams is then about that one and those below it |
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
