package console

import (
	"net/http"
	"slices"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

var accountConfigure = permission.MustParse("account.configure")

// settingsPage turns the settings of the account on and off. Viewers of the record read them.
var settingsPage = page{
	Path: "settings", InMenu: true,
	Visible: func(v *viewer) bool {
		return len(v.view.Settings()) > 0 && (v.mayAny(accountConfigure) || v.mayAny(auditView) || v.mayChangeSetting())
	},
	Lacks: func(v *viewer) missing { return v.lacks(accountConfigure) },
	Load:  loadSettings,
	Model: settingsModel{},
	Actions: []action{
		{Name: "change", Inputs: []input{{Name: "setting", Kind: "setting", Must: true}, {Name: "value", Kind: "switch"}}, Commands: changeSetting, Notes: settingNotes},
	},
}

// settingsModel is the content of the page.
type settingsModel struct {
	Settings []settingRow `json:"settings"`
}

// settingRow is a setting with the form that turns it on or off.
type settingRow struct {
	Setting string  `json:"setting"`
	Title   string  `json:"title"`
	Value   bool    `json:"value"`
	Default bool    `json:"default"`
	Inert   bool    `json:"inert,omitempty"` // the policy lacks the setting
	Change  control `json:"change"`
	To      string  `json:"to,omitempty"` // the value that the form sets: on, off

	HostOnly bool `json:"hostOnly,omitempty"` // only the host can change it

	Effects []roleEffect `json:"effects,omitempty"` // what the form changes
}

func loadSettings(v *viewer, _ *http.Request) (any, error) {
	m := settingsModel{Settings: []settingRow{}}
	for _, s := range v.view.Settings() {
		row := settingRow{Setting: s.Name, Title: v.settingTitle(s.Name), Value: s.Value, Default: s.Default, Inert: s.Inert}
		if !s.Inert {
			row.Change = v.control("settings/change", account.ChangeSetting{Setting: s.Name, Value: !s.Value})
			row.To = onOff(!s.Value)
			_, byUsers := v.policy.SettingAsks(s.Name)
			row.HostOnly = !byUsers
			var err error
			if row.Effects, err = v.settingEffects(s.Name, !s.Value); err != nil {
				return nil, err
			}
		}
		m.Settings = append(m.Settings, row)
	}
	return m, nil
}

// mayChangeSetting reports whether the viewer has the permission that some setting asks for.
func (v *viewer) mayChangeSetting() bool {
	return slices.ContainsFunc(v.policy.Settings(), func(name string) bool {
		asks, byUsers := v.policy.SettingAsks(name)
		return byUsers && asks != accountConfigure && v.may(asks, nil)
	})
}

// settingTitle returns the title of a setting, or its name.
func (v *viewer) settingTitle(name string) string {
	if title := v.policy.SettingTitle(name); title != "" {
		return title
	}
	return name
}

// OnOff returns the name of a value: on, off.
func (f frame) OnOff(value bool) string { return onOff(value) }

func changeSetting(_ *viewer, f form) ([]account.Command, error) {
	command := account.ChangeSetting{Setting: f.raw("setting")}
	switch value := f.text("value"); {
	case value == "on" || value == "yes" || value == "true":
		command.Value = true
	case !f.has("value") || value != "off" && value != "no" && value != "false" && value != "":
		return nil, &inputError{Field: "value", Key: "input.choice"}
	}
	return []account.Command{command}, nil
}

// settingNotes returns what the users with each role gain and lose: "Member: gains …". The
// preview of a batch does not, because a setting names no users.
func settingNotes(v *viewer, commands []account.Command) (notes []string) {
	for _, c := range commands {
		change, ok := c.(account.ChangeSetting)
		if !ok {
			continue
		}
		effects, err := v.settingEffects(change.Setting, change.Value)
		if err != nil {
			v.fail(err)
			return nil
		}
		for _, e := range effects {
			for _, rule := range e.Gains {
				notes = append(notes, v.text.plain("settings.gains", "roles", v.list(e.Roles), "permission", rule))
			}
			for _, rule := range e.Loses {
				notes = append(notes, v.text.plain("settings.loses", "roles", v.list(e.Roles), "permission", rule))
			}
		}
	}
	return notes
}
