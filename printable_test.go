package usher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/hostile"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// requireSafe fails the test if a text is not safe to print.
func requireSafe(t *testing.T, what, text string) {
	t.Helper()
	if fault := hostile.Fault(text, false); fault != "" {
		t.Errorf("%s: %s", what, fault)
	}
}

// requireSafeError is requireSafe for an error and all errors of this module that it wraps. It fails if err
// is nil.
func requireSafeError(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	requireSafe(t, what, err.Error())
}

// everyCommand returns the zero value of each command.
func everyCommand() (list []account.Command) {
	for _, c := range account.Commands() {
		list = append(list, c.New().Interface().(account.Command))
	}
	return list
}

// everyChange returns the changes of the golden commits of package account. Tests there
// require one of each type.
func everyChange(t *testing.T) (list []account.Change) {
	t.Helper()
	files, err := filepath.Glob("account/testdata/commits/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden commits: %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := account.DecodeCommit(bytes.TrimSuffix(data, []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c.Changes...)
	}
	return list
}

// filled returns a copy of a struct with the text in every field that can contain it. If
// only is not negative, the other fields get a different text.
func filled[T any](v T, text string, only int) T {
	p := reflect.New(reflect.TypeOf(v)).Elem()
	n := 0
	var fill func(reflect.Value)
	fill = func(f reflect.Value) {
		switch f.Kind() {
		case reflect.String:
			if only < 0 || n == only {
				f.SetString(text)
			} else {
				f.SetString("mia")
			}
			n++
		case reflect.Uint8:
			f.SetUint(1)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			fill(f.Index(0))
		case reflect.Map:
			key, value := reflect.New(f.Type().Key()).Elem(), reflect.New(f.Type().Elem()).Elem()
			fill(key)
			fill(value)
			f.Set(reflect.MakeMap(f.Type()))
			f.SetMapIndex(key, value)
		case reflect.Struct:
			for i := range f.NumField() {
				if f.Type() != reflect.TypeFor[time.Time]() && f.Type().Field(i).IsExported() {
					fill(f.Field(i))
				}
			}
		}
	}
	fill(p)
	return p.Interface().(T)
}

// Descriptions, refusals, errors of the engine and its log are safe to print, whatever
// texts are in the commands, changes, actors and accounts.
func TestAccountsPrintSafely(t *testing.T) {
	p, err := preset.Load("oncehub")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, bad := range hostile.Texts {
		var lines bytes.Buffer
		e, err := engine.Open(engine.Options{
			Policy: p, Store: new(memstore.Store),
			Observer: engine.Log(slog.New(plainHandler{&lines})),
		})
		if err != nil {
			t.Fatal(err)
		}
		host := account.AsHost("test")
		if _, err := e.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"}); err != nil {
			t.Fatal(err)
		}
		for _, command := range everyCommand() {
			for only := -1; only < 6; only++ {
				c := filled(command, bad, only)
				requireSafe(t, "Describe", account.Describe(c))
				for _, actor := range []account.Actor{host, account.AsUser("mia"), account.AsUser("olivia"), account.AsUser(usher.UserID(bad)), account.AsHost(bad)} {
					requireSafe(t, "Actor", actor.String())
					if _, err := e.Preview(ctx, engine.Batch{Actor: actor, Account: "acme", Commands: []account.Command{c}}); err != nil {
						requireSafeError(t, account.NameOf(c), err)
					}
				}
				if _, err := e.Submit(ctx, engine.Batch{Actor: account.AsUser(usher.UserID(bad)), Account: "acme", Note: bad, Commands: []account.Command{c}}); err != nil {
					requireSafeError(t, account.NameOf(c), err)
				}
			}
		}
		for _, change := range everyChange(t) {
			requireSafe(t, "DescribeChange", account.DescribeChange(filled(change, bad, -1)))
			s := account.New("acme")
			if _, err := s.Apply(&account.Commit{Account: usher.AccountID(bad), Version: 1, Time: time.Now(), Actor: host, Changes: []account.Change{filled(change, bad, -1)}}); err != nil {
				requireSafeError(t, "Apply", err)
			}
		}
		// A user and an account with this id, if it is valid.
		_, err = e.Do(ctx, host, usher.AccountID(bad), account.CreateAccount{Owner: usher.UserID(bad)}, account.CreateTeam{Team: usher.TeamID(bad)},
			account.DefineField{Field: bad, Type: account.TextField})
		if err != nil {
			requireSafeError(t, "create", err)
		}
		_, err = e.Do(ctx, host, usher.AccountID(bad), account.AddUser{User: usher.UserID(bad)})
		requireSafeError(t, "add again", err)
		view := permission.MustParse("calendar.view")
		for _, account := range []usher.AccountID{"acme", usher.AccountID(bad)} {
			r := usher.Request{Account: account, Subject: usher.UserID(bad), Permission: view, Resource: &usher.Object{Type: "calendar", ID: bad, Account: account}}
			wrong, undeclared, other := r, r, r
			wrong.Resource = &usher.Object{Type: bad, ID: bad}
			undeclared.Context = usher.Context{bad: true}
			other.Resource = &usher.Object{Type: "calendar", ID: bad, Account: "x" + usher.AccountID(bad)}
			for _, r := range []usher.Request{r, wrong, undeclared, other} {
				d, err := usher.Require(ctx, e, r)
				if err != nil { // none if the user owns the account with the same id
					requireSafeError(t, "Require", err)
				}
				requireSafe(t, "Decision", d.String())
				if x, err := e.Explain(ctx, r); err == nil {
					requireSafe(t, "Explanation", x.String())
				} else {
					requireSafeError(t, "Explain", err)
				}
				if _, err := e.Filter(ctx, r); err != nil {
					requireSafeError(t, "Filter", err)
				}
			}
			requireSafe(t, "Ref", r.Resource.Ref().String())
			if _, err := e.Values(ctx, account, usher.UserID("x"+bad)); err != nil {
				requireSafeError(t, "Values", err)
			}
			if _, err := e.AtLeast(account, 99).View(ctx, account); err != nil {
				requireSafeError(t, "AtLeast", err)
			}
			if _, err := e.At(account, 99).View(ctx, account); err != nil {
				requireSafeError(t, "At", err)
			}
		}
		for line := range strings.Lines(lines.String()) {
			requireSafe(t, "log", strings.TrimSuffix(line, "\n"))
		}
		if lines.Len() == 0 {
			t.Error("nothing was logged")
		}
		_ = e.Close()
	}
}

// plainHandler writes records without quoting, because quoting would hide faults. It shows
// a line break in an attribute as a bell, which is a fault.
type plainHandler struct{ to *bytes.Buffer }

func (plainHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h plainHandler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h plainHandler) WithGroup(string) slog.Handler          { return h }

func (h plainHandler) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += fmt.Sprintf(" %s=%v", a.Key, a.Value); return true })
	h.to.WriteString(strings.ReplaceAll(text, "\n", "\a") + "\n")
	return nil
}

// Errors about texts that cannot be parsed, including the errors of other libraries that
// they wrap, are safe to print.
func TestErrorsPrintSafely(t *testing.T) {
	dir := t.TempDir()
	for _, bad := range hostile.Texts {
		_, err := permission.Parse(bad)
		requireSafeError(t, "permission", err)
		if _, err = permission.Parse(bad + "." + bad); err != nil {
			requireSafeError(t, "permission", err)
		}
		_, err = permission.ParseBundle(bad + ".x")
		if err != nil {
			requireSafeError(t, "bundle", err)
		}
		_, err = usher.ParseStatus(bad)
		requireSafeError(t, "status", err)
		_, err = usher.ParseReason(bad)
		requireSafeError(t, "reason", err)
		_, err = role.ParseSeat(bad)
		requireSafeError(t, "seat rule", err)
		_, err = account.ParseCode(bad)
		requireSafeError(t, "code", err)
		_, err = account.ParseFieldType(bad)
		requireSafeError(t, "field type", err)
		_, err = preset.Load(bad)
		requireSafeError(t, "preset", err)
		_, err = filter.Mapping{Type: bad, Account: filter.Column{Name: bad}, Parties: map[string]filter.Party{bad: filter.Column{Name: bad}}}.Compile(filter.SQLite)
		requireSafeError(t, "filter", err)
		column := filter.Column{Name: "c.account"}
		for _, in := range []filter.Container{
			filter.ContainerRow{Table: bad},
			filter.ContainerRow{Table: "c", Key: map[string]string{bad: bad}},
			filter.ContainerRow{Table: "c", Key: map[string]string{"id": "c.in"}, Of: filter.Mapping{Type: bad, Account: column, Parties: map[string]filter.Party{bad: nil}}},
			filter.ContainerColumns{Of: filter.Mapping{Type: bad, Parties: map[string]filter.Party{bad: nil}}},
		} {
			_, err = filter.Mapping{Type: bad, Account: column, In: in}.Compile(filter.SQLite)
			requireSafeError(t, "container", err)
		}
		foreign := &fs.PathError{Op: "open", Path: bad, Err: errors.New(bad)}
		for _, err := range []error{
			&usher.RequestError{Op: bad, Subject: usher.UserID(bad), Resource: usher.Ref{Type: bad, ID: bad}, Err: foreign},
			&usher.DeniedError{Request: usher.Request{Subject: usher.UserID(bad), Resource: &usher.Object{Type: bad, ID: bad}}},
			&engine.Error{Op: bad, Account: usher.AccountID(bad), Err: foreign},
			&engine.ChangedError{Expected: 1, Commits: []*account.Commit{{Version: 2, Actor: account.AsUser(usher.UserID(bad))}}},
			&store.Error{Op: bad, Account: usher.AccountID(bad), Err: foreign},
			&account.Refusal{Code: account.CodeInvalid, Text: bad, Account: usher.AccountID(bad)},
			&account.PolicyMismatchError{Account: usher.AccountID(bad), Policy: bad, Reasons: []string{bad}},
			&usherhttp.Problem{Status: 404, Detail: bad},
			syntax.Problem{File: bad, Message: bad},
		} {
			requireSafeError(t, fmt.Sprintf("%T", err), err)
		}
		requireSafe(t, "failure", policytest.Failure{File: bad, Name: bad, Asked: bad, User: usher.UserID(bad), Expected: bad, Got: bad, Why: bad}.String())
		requireSafe(t, "rule", usher.Rule{Source: usher.SourceRole, Name: bad, Text: bad, File: bad, Line: 1, Permission: bad, Held: "x" + bad}.String())
		requireSafe(t, "explanation", usher.Explanation{Sentence: bad, Remedies: []usher.Remedy{{Text: bad}}}.String())
		if _, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(bad, "\x00", ""))); err != nil {
			requireSafeError(t, "engine", &engine.Error{Op: "open", Err: err})
		}
	}
}

// Policies and test files have the texts as names, keys and values, quoted and unquoted.
func TestFilesPrintSafely(t *testing.T) {
	for _, bad := range hostile.Texts {
		quoted, _ := json.Marshal(bad)
		for _, name := range []string{bad, string(quoted), "&" + bad + " x", "*" + bad, "!" + bad + " x", "'" + bad + "'", "|\n  " + bad} {
			for _, source := range []string{
				"usher: 1\nname: " + name + "\n", "usher: 1\nroles: {" + name + ": {unique: true}}\n", name + ": 1\n", "usher: " + name + "\n",
				"usher: 1\nroles:\n  owner: {unique: true, includes: [" + name + "]}\n  member: {default: true, title: " + name + "}\nresources:\n  r: {permissions: {p: {owner: " + name + "}}}\n",
				"usher: 1\npolicy: " + name + "\n", "usher: 1\npolicy: oncehub\naccount: {users: {" + name + ": {role: " + name + "}}}\nchecks: [{can: " + name + ", allow: [" + name + "]}]\n",
			} {
				if _, err := policyfile.Load(bad+".yaml", []byte(source)); err != nil {
					for line := range strings.SplitSeq(err.Error(), "\n") {
						requireSafe(t, "policy", line)
					}
				}
				if _, err := testfile.Parse(bad+".yaml", []byte(source)); err != nil {
					for line := range strings.SplitSeq(err.Error(), "\n") {
						requireSafe(t, "policytest", line)
					}
				}
			}
		}
	}
}

// Errors must be made by printable.Errorf, so that their text is safe to print.
func TestNoBareErrorf(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch path {
			case "benchmarks", "examples", "proof", "tools", "internal/printable", "internal/deps", "internal/hostile", "internal/pgtest", "store/storetest":
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if bytes.Contains(source, []byte("fmt.Errorf(")) {
			t.Errorf("%s: write printable.Errorf in place of fmt.Errorf", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
