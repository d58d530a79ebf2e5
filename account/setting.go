package account

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var accountConfigure = permission.MustParse("account.configure")

// ChangeSetting turns a setting of the account on or off. Requires the permission that the
// setting asks for in the policy, checked without a resource: account.configure, unless the
// policy names another. Only the host can change a setting with set-by: host. With an end, the setting
// has then the value that it would have without the command, or the default value if that is the same.
type ChangeSetting struct {
	Setting string `usher:"setting"`
	Value   bool
	From    time.Time `usher:"optional"` // default: now
	Until   time.Time `usher:"optional"` // default: no end
}

// asks returns for an unknown setting what most settings ask for, so that only users who may
// configure the account learn that it is unknown.
func (c ChangeSetting) asks(q *proposing) requirement {
	asks, byUsers := q.policy.SettingAsks(c.Setting)
	if !byUsers {
		if q.policy != nil && slices.Contains(q.policy.Settings(), c.Setting) {
			return requirement{hostOnly: "only the host can change the setting " + word(c.Setting)}
		}
		asks = accountConfigure
	}
	return needs(asks, parties{nothing: true})
}

func (c ChangeSetting) propose(q *proposing) error {
	value, ok := q.policy.Setting(c.Setting)
	if !ok {
		return q.unknownSetting(c.Setting)
	}
	byDefault := value
	if set, changed := q.next.Setting(c.Setting); changed {
		value = set
	}
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	o, ok := q.outlineOf(t, ChangeSetting{Setting: c.Setting, Value: c.Value}, ChangeSetting{Setting: c.Setting, Value: value}, ChangeSetting{Setting: c.Setting, Value: byDefault})
	if !ok {
		return q.refuse(CodeInvalid, "%s is %s after that too, because that is the default; leave out the end", c.Setting, onOff(c.Value))
	}
	if t.from.IsZero() && value != c.Value {
		if err := q.emit(SettingChanged{Setting: c.Setting, Value: c.Value}); err != nil {
			return err
		}
	}
	return q.emitOutline(o)
}

func (c ChangeSetting) slot() slot { return slot{kind: valueOfSetting, name: c.Setting} }

// happen also ends the value of a setting that the policy lacks.
func (c ChangeSetting) happen(q *proposing, ends bool, _ manner) error {
	if _, known := q.policy.Setting(c.Setting); known || !ends {
		return c.propose(q)
	}
	if value, set := q.next.Setting(c.Setting); !set || value == c.Value {
		return nil
	}
	return q.emit(SettingChanged{Setting: c.Setting, Value: c.Value})
}

func (c ChangeSetting) withPlanned(_ *proposing, u *policy.User) *policy.User { return u }

func (c ChangeSetting) describe() string {
	return word(c.Setting) + " " + onOff(c.Value) + during(c.From, c.Until)
}

// SettingChanged turns a setting on or off.
type SettingChanged struct {
	Setting string `json:"setting"`
	Value   bool   `json:"value"`
}

func (c SettingChanged) apply(d *draft) error {
	if c.Setting == "" {
		return errors.New("the name of the setting must not be empty")
	}
	if value, changed := d.next.Setting(c.Setting); changed && value == c.Value {
		return printable.Errorf("%s is already %t", c.Setting, value)
	}
	facts := &d.editConfig().facts
	if facts.Settings == nil {
		facts.Settings = map[string]bool{}
	}
	facts.Settings[c.Setting] = c.Value
	return nil
}

func (c SettingChanged) describe() string {
	return "the setting " + word(c.Setting) + " is turned " + onOff(c.Value)
}

func (q *proposing) unknownSetting(name string) error {
	return q.refuse(CodeUnknownSetting, "%s has no setting %q%s", q.policyName(), name, suggest.DidYouMean(name, q.policy.Settings()))
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
