package usher_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/store"
)

// Each error type matches its sentinel and the error that it wraps. So callers can test for
// the kind of an error with errors.Is, and read its fields with errors.As.
func TestErrorTypes(t *testing.T) {
	other := []error{
		usher.ErrDenied, usher.ErrUndecided, account.ErrCorrupt, account.ErrNewer, account.ErrPolicyMismatch, account.ErrExists,
		engine.ErrFutureVersion, engine.ErrChanged, store.ErrConflict, store.ErrShortened, syntax.ErrInvalid,
	}
	cause := fs.ErrPermission
	var problems syntax.Problems
	problems.Add(syntax.Pos{}, "wrong")
	inTable := map[string]bool{
		"account.Code":      true, // itself a sentinel
		"usherhttp.Problem": true, // a response: its status is the kind
	}
	for _, row := range []struct {
		err   error
		is    []error
		wraps bool // the cause
	}{
		{err: &usher.RequestError{Err: cause}, is: []error{usher.ErrUndecided}, wraps: true},
		{err: &usher.DeniedError{}, is: []error{usher.ErrDenied}},
		{err: &account.Refusal{Code: account.CodeExists}, is: []error{account.ErrExists}},
		{err: &account.Refusal{Code: account.CodeDenied}, is: []error{usher.ErrDenied}},
		{err: &account.CorruptError{Err: cause}, is: []error{account.ErrCorrupt}, wraps: true},
		{err: &account.CorruptError{Err: account.ErrNewer}, is: []error{account.ErrNewer}},
		{err: &account.PolicyMismatchError{}, is: []error{account.ErrPolicyMismatch}},
		{err: &engine.PolicyMismatchError{}, is: []error{account.ErrPolicyMismatch}},
		{err: &engine.PolicyMismatchError{Accounts: []*account.PolicyMismatchError{{}}}, is: []error{account.ErrPolicyMismatch}},
		{err: &engine.ChangedError{}, is: []error{engine.ErrChanged}},
		{err: &engine.Error{Err: engine.ErrFutureVersion}, is: []error{engine.ErrFutureVersion}},
		{err: &engine.Error{Err: cause}, wraps: true},
		{err: &store.Error{Err: store.ErrConflict}, is: []error{store.ErrConflict}},
		{err: &store.Error{Err: cause}, wraps: true},
		{err: &store.ShortenedError{}, is: []error{store.ErrShortened}},
		{err: syntax.Problem{}, is: []error{syntax.ErrInvalid}},
		{err: &problems, is: []error{syntax.ErrInvalid}},
	} {
		inTable[strings.TrimPrefix(fmt.Sprintf("%T", row.err), "*")] = true
		for _, sentinel := range other {
			wanted := false
			for _, is := range row.is {
				wanted = wanted || is == sentinel
			}
			assert.Equal(t, wanted, errors.Is(row.err, sentinel), "%T: %v", row.err, sentinel)
			assert.Equal(t, wanted, errors.Is(&engine.Error{Err: row.err}, sentinel), "wrapped %T: %v", row.err, sentinel)
		}
		assert.Equal(t, row.wraps, errors.Is(row.err, cause), "%T", row.err)
	}
	for _, name := range errorTypes(t) {
		assert.True(t, inTable[name], "%s must be in the table above", name)
	}
}

// errorTypes lists the exported types with a method Error.
func errorTypes(t *testing.T) []string {
	t.Helper()
	public := publicTypes(t)
	var names []string
	for _, dir := range publicDirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, d := range parsed.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv == nil || f.Name.Name != "Error" || f.Type.Results == nil {
					continue
				}
				of := f.Recv.List[0].Type
				if star, ok := of.(*ast.StarExpr); ok {
					of = star.X
				}
				if id, ok := of.(*ast.Ident); ok && slices.Contains(public, parsed.Name.Name+"."+id.Name) {
					names = append(names, parsed.Name.Name+"."+id.Name)
				}
			}
		}
	}
	assert.GreaterOrEqual(t, len(names), 11)
	return names
}
