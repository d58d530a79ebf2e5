package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

const ceilingPolicy = `
usher: 1
seats: {desk: {}}
features: [bots, sms]
conditions:
  mfa:    {context: mfa}
  office: {context: office}
  bots:   {feature: bots}
  beta:   {feature: bots}
  sms:    {feature: sms}
  seated: {seat: desk}
roles:
  boss:    {unique: true, includes: [admin], hands-over-to: admin}
  admin:   {includes: [member]}
  member:  {default: true}
  guest:   {}
  careful: {includes: [member], requires: [mfa]}
  indoor:  {requires: [office]}
  botted:  {requires: [bots]}
  crew:    {}
  mate:    {}
  loner:   {}
  bots-ed: {}
  no-bots: {}
  any-bot: {}
  any-botted: {}
  paid:     {}
  standing: {}
  clerk:    {}
  desk-bound: {requires: [seated]}
  root:    {all: true}
  strict:  {all: true, requires: [mfa]}
  lead:    {held-on: team}
  manager: {held-on: team, includes: [lead]}
  head:    {held-on: team}
  scribe:  {held-on: team, requires: [seated]}
  solo:    {held-on: team}
  free:    {held-on: team}
bundles:
  kit: [page.view, page.print]
resources:
  page:
    parties: {author: users, group: teams}
    permissions:
      view:  {admin: any, member: own}
      edit:  {admin: own}
      print: {paid: any if seated}
      see:   {everyone: shared}
      plan:  {lead: team, head: shared, crew: team, mate: shared, scribe: team, solo: sole, free: any, loner: own}
      chat:  {bots-ed: own if bots, no-bots: own if not bots, any-bot: own if not beta and sms, any-botted: any if not bots}
      pay:   {standing: any}
      sign:  {clerk: any if seated}
never:
  page.sign:  any if seated
  page.print: any if bots
  page.pay:   any if not seated
`

func gives(t *testing.T, p *policy.Policy, by, before, after string) string {
	given, ok, err := ceilingOf(t, p, by).Gives(parseUser(before), parseUser(after))
	if err != nil {
		t.Errorf("%q makes %q of %q: %v", by, after, before, err)
	}
	return uncoveredText(given, ok)
}

// ceilingOf returns the ceiling of an actor at midnight, where emea is below sales. The word mfa
// sends the request with mfa.
func ceilingOf(t *testing.T, p *policy.Policy, by string) policy.Ceiling {
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "ops": "", "support": ""})
	if err != nil {
		t.Fatal(err)
	}
	by, mfa := strings.CutSuffix(by, " mfa")
	var context usher.Context
	if mfa {
		context = usher.Context{"mfa": true}
	}
	c, err := p.Ceiling(parseUser(by), &policy.Account{Teams: tree}, context, midnight)
	if err != nil {
		t.Errorf("the ceiling of %q: %v", by, err)
	}
	return c
}

// parseUser reads "member sales:lead:head ops +kit +page.view@2 /desk": the account role, teams with
// the roles held there, grants with the hour at which they end, seats; nil for "".
func parseUser(text string) *policy.User {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	u := &policy.User{Status: usher.Active, Role: role.Name(words[0])}
	for _, word := range words[1:] {
		if grant, ok := strings.CutPrefix(word, "+"); ok {
			name, until, ends := strings.Cut(grant, "@")
			g := policy.Grant{Name: name}
			if ends {
				var hours int
				if _, err := fmt.Sscan(until, &hours); err != nil {
					panic(err)
				}
				g.Until = midnight.Add(time.Duration(hours) * time.Hour)
			}
			u.Grants = append(u.Grants, g)
			continue
		}
		if pool, ok := strings.CutPrefix(word, "/"); ok {
			u.Seats = append(u.Seats, seat.PoolName(pool))
			continue
		}
		parts := strings.Split(word, ":")
		u.Teams = append(u.Teams, in(usher.TeamID(parts[0]), parts[1:]...)...)
	}
	return u
}

func uncoveredText(u policy.Uncovered, ok bool) string {
	if !ok {
		return ""
	}
	text := strings.Join(holdings([]policy.Entitlement{u.Entitlement}), "")
	if !u.From.IsZero() {
		text += " from " + u.From.Format("15:04") + " on"
	}
	return text
}
