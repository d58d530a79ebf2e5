package console

import (
	"net/http"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

var fieldManage = permission.MustParse("field.manage")

// fieldsPage defines the custom fields of users.
var fieldsPage = page{
	Path: "fields", InMenu: true,
	Visible: func(v *viewer) bool { return v.mayAny(fieldManage) },
	Lacks:   func(v *viewer) missing { return v.lacks(fieldManage) },
	Load:    loadFields,
	Model:   fieldsModel{},
	Actions: []action{
		{Name: "define", Inputs: []input{fieldInput, {Name: "type", Kind: "field-type", Must: true}}, Commands: defineField},
		{Name: "rename", Inputs: []input{fieldInput, {Name: "to", Kind: "field", Must: true}}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.RenameField{Field: f.raw("field"), To: f.text("to")}}, nil
		}},
		{Name: "move", Inputs: []input{fieldInput, {Name: "before", Kind: "field"}}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.MoveField{Field: f.raw("field"), Before: f.raw("before")}}, nil
		}},
		{Name: "archive", Inputs: []input{fieldInput}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.ArchiveField{Field: f.raw("field")}}, nil
		}},
		{Name: "restore", Inputs: []input{fieldInput}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.RestoreField{Field: f.raw("field")}}, nil
		}},
	},
}

var fieldInput = input{Name: "field", Kind: "field", Must: true}

// fieldsModel is the content of the page.
type fieldsModel struct {
	Fields   []customField `json:"fields"`   // in their order
	Archived []customField `json:"archived"` // hidden; their values are kept
	Define   choice        `json:"define"`   // the form for a new field, with the types
	Full     int           `json:"full,omitempty"`
}

// customField is a field with the forms that change it.
type customField struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Rename  control  `json:"rename"`
	Up      moveForm `json:"up"`
	Down    moveForm `json:"down"`
	Archive control  `json:"archive"`
	Restore control  `json:"restore"`
}

// moveForm moves a field before another one, or to the end if Before is empty.
type moveForm struct {
	control
	Before string `json:"before,omitempty"`
}

func loadFields(v *viewer, _ *http.Request) (any, error) {
	m := fieldsModel{Fields: []customField{}, Archived: []customField{}}
	all, active := v.view.Fields(true), v.view.Fields(false)
	unused := v.unusedField()
	at := 0
	for _, f := range all {
		field := customField{ID: f.ID, Name: f.Name, Type: f.Type.String()}
		field.Rename = v.control("fields/rename", account.RenameField{Field: f.Name, To: unused})
		if f.Archived {
			field.Restore = v.control("fields/restore", account.RestoreField{Field: f.Name})
			m.Archived = append(m.Archived, field)
			continue
		}
		field.Archive = v.control("fields/archive", account.ArchiveField{Field: f.Name})
		if at > 0 {
			field.Up = v.moveForm(f.Name, active[at-1].Name)
		}
		switch {
		case at+2 < len(active):
			field.Down = v.moveForm(f.Name, active[at+2].Name)
		case at+2 == len(active):
			field.Down = v.moveForm(f.Name, "")
		}
		m.Fields = append(m.Fields, field)
		at++
	}
	for _, t := range fieldTypes {
		m.Define.Options = append(m.Define.Options, option{t.String(), v.text.plain("fields.type." + t.String())})
	}
	if m.Define.control = v.control("fields/define", account.DefineField{Field: unused, Type: account.TextField}); !m.Define.Allowed {
		m.Define.Options = nil
	}
	if len(all) >= account.MaxFields {
		m.Full = account.MaxFields
	}
	return m, nil
}

// fieldTypes are the types of custom fields.
var fieldTypes = []account.FieldType{account.TextField, account.NumberField, account.DateField, account.BoolField}

func (v *viewer) moveForm(field, before string) moveForm {
	return moveForm{v.control("fields/move", account.MoveField{Field: field, Before: before}), before}
}

// unusedField returns a name that no field has, to find out whether fields can be defined.
func (v *viewer) unusedField() string {
	name := "new-field"
	for {
		if _, used := v.view.State().Field(name); !used {
			return name
		}
		name += "-"
	}
}

func defineField(_ *viewer, f form) ([]account.Command, error) {
	t, err := account.ParseFieldType(f.raw("type"))
	if err != nil {
		return nil, &inputError{Field: "type", Key: "input.choice"}
	}
	return []account.Command{account.DefineField{Field: f.text("field"), Type: t}}, nil
}
