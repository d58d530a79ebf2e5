package accountproof_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// The model of time: each fact of the account has a value at each of some hours. It knows no entries of a
// schedule. The commands come from the host, so that only the times matter.

const (
	modelHours = 64
	timePolicy = `
usher: 1
roles:
  owner:  {unique: true, hands-over-to: member}
  admin:  {}
  guest:  {}
  member: {default: true}
  extra:  {beside: true}
  lead:   {held-on: team}
settings: {open: false}
`
	memberName = "member"
)

// hourly is the value of a fact at each hour. Later than the last hour, the value stays.
type hourly struct {
	values    [modelHours]string
	byDefault string
}

func constant(value, byDefault string) *hourly {
	h := &hourly{byDefault: byDefault}
	for i := range h.values {
		h.values[i] = value
	}
	return h
}

// set gives the fact a value from one hour up to another one, which is modelHours for no end. "If it has the same
// value at the end of the term, it has the next other one, or the default." It returns false if the value
// cannot end.
func (h *hourly) set(value string, from, until int) bool {
	next := *h
	for i := from; i < until; i++ {
		next.values[i] = value
	}
	if until < modelHours && h.values[until] == value {
		other, end := h.byDefault, modelHours
		for i := until; i < modelHours; i++ {
			if h.values[i] != value {
				other, end = h.values[i], i
				break
			}
		}
		if other == value {
			return false
		}
		for i := until; i < end; i++ {
			next.values[i] = other
		}
	}
	*h = next
	return true
}

// timeFacts reads the same facts from a state.
func timeFacts(s *account.State) []string {
	mia, _ := s.User("mia")
	max, _ := s.User("max")
	facts := []string{string(mia.Role), string(max.Role), "", "", "", "false"}
	if len(mia.Beside) > 0 {
		facts[2] = "held"
	}
	if len(mia.Teams) > 0 {
		facts[3] = "held"
	}
	if len(max.Teams[0].Roles) > 0 {
		facts[4] = "held"
	}
	if open, _ := s.Setting("open"); open {
		facts[5] = "true"
	}
	return facts
}

func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// TestTimeAgainstModel gives facts values for random terms, at advancing hours, and compares every later hour
// with the model, on the state, on a copy of its snapshot, and after a replay of the journal.
func TestTimeAgainstModel(t *testing.T) {
	p, err := policyfile.Load("time.yaml", []byte(timePolicy))
	require.NoError(t, err)
	done, invalid, due := 0, 0, 0
	histories := raced.Part(600, 40)
	for seed := range uint64(histories) {
		d := rand.New(rand.NewPCG(seed, 1))
		facts := []*hourly{constant(memberName, memberName), constant("guest", memberName), constant("", ""), constant("", ""), constant("", ""), constant("false", "false")}
		s := account.New("acme")
		var journal []*account.Commit
		send := func(now int, c account.Command) error {
			o, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: hour(now), Commands: []account.Command{c}})
			if err != nil || len(o.Changes) == 0 {
				return err
			}
			commit := &account.Commit{Account: "acme", Version: s.Version() + 1, ID: fmt.Sprint(len(journal)), Time: hour(now), Actor: account.AsHost("test"), Policy: "p", Changes: o.Changes}
			due += o.Due
			data, err := commit.Encode()
			require.NoError(t, err)
			read, err := account.DecodeCommit(data)
			require.NoError(t, err)
			next, err := s.ApplyEncoded(read, data)
			require.NoError(t, err)
			same, err := s.ApplyOutcome(o, commit, data)
			require.NoError(t, err)
			require.Equal(t, next.Encode(), same.Encode(), "seed %d", seed)
			s, journal = next, append(journal, read)
			if d.IntN(3) == 0 {
				s = s.At(p, hour(now)) // an engine goes on with such a state
			}
			return nil
		}
		require.NoError(t, send(0, account.Import{Seed: account.Seed{
			Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
			Users: map[usher.UserID]policy.User{"olivia": {Role: "owner"}, "mia": {Role: memberName}, "max": {Role: "guest", Teams: []policy.Membership{{Team: "sales"}}}},
		}}))
		now := 0
		for range 2 + d.IntN(10) {
			now += d.IntN(4)
			from, until := now, modelHours
			var starts, ends time.Time
			if d.IntN(2) == 0 {
				from = now + 1 + d.IntN(8)
				starts = hour(from)
			}
			if d.IntN(3) > 0 {
				until = from + 1 + d.IntN(8)
				ends = hour(until)
			}
			which, value := d.IntN(len(facts)), "held"
			var c account.Command
			switch which {
			case 0, 1:
				value = []string{"admin", "guest", memberName}[d.IntN(3)]
				c = account.SetRole{User: []usher.UserID{"mia", "max"}[which], Role: role.Name(value), From: starts, Until: ends}
			case 2:
				c = account.SetRoleBeside{User: "mia", Role: "extra", From: starts, Until: ends}
				if d.IntN(4) == 0 {
					c, value, from, until = account.UnsetRoleBeside{User: "mia", Role: "extra"}, "", now, modelHours
				}
			case 3:
				from = now
				if until < modelHours {
					until = min(until, modelHours-1)
				}
				c = account.AddToTeam{Team: "sales", User: "mia", Until: ends}
				if d.IntN(4) == 0 && facts[3].values[now] == "held" {
					c, value, until = account.RemoveFromTeam{Team: "sales", User: "mia"}, "", modelHours
				}
			case 4:
				c = account.SetTeamRole{Team: "sales", User: "max", Role: "lead", From: starts, Until: ends}
				if d.IntN(4) == 0 {
					c, value, from, until = account.UnsetTeamRole{Team: "sales", User: "max", Role: "lead"}, "", now, modelHours
				}
			case 5:
				value = fmt.Sprint(d.IntN(2) == 0)
				c = account.ChangeSetting{Setting: "open", Value: value == "true", From: starts, Until: ends}
			}
			err := send(now, c)
			if facts[which].set(value, from, until) {
				require.NoError(t, err, "seed %d: %s", seed, account.Describe(c))
				done++
			} else {
				require.ErrorIs(t, err, account.ErrInvalid, "seed %d: %s", seed, account.Describe(c))
				invalid++
			}
			snapshot, err := account.DecodeState(s.Encode())
			require.NoError(t, err)
			for h := now; h < modelHours; h++ {
				var want []string
				for _, f := range facts {
					want = append(want, f.values[h])
				}
				require.Equal(t, want, timeFacts(s.At(p, hour(h))), "seed %d: after %s, at hour %d (now %d)", seed, account.Describe(c), h, now)
				require.Equal(t, want, timeFacts(snapshot.At(p, hour(h))), "seed %d, from a snapshot", seed)
				require.Equal(t, want, timeFacts(s.At(p, hour(h-1)).At(p, hour(h))), "seed %d, in two steps", seed)
			}
		}
		replayed := account.New("acme")
		for _, c := range journal {
			data, err := c.Encode()
			require.NoError(t, err)
			replayed, err = replayed.ApplyEncoded(c, data)
			require.NoError(t, err)
		}
		require.Equal(t, replayed.Encode(), s.Encode(), "seed %d", seed)
		require.Equal(t, replayed.At(p, hour(modelHours)).Due(), s.AtCommit().At(p, hour(modelHours)).Due(), "seed %d: the same changes become due on every machine", seed)
	}
	t.Logf("%d commands were done, %d were invalid, %d changes became due before a commit", done, invalid, due)
	require.Greater(t, invalid, histories/12)
	require.Greater(t, due, histories/2)
}
