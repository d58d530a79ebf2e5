package account_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-go/usher/account"
)

// sealed returns the types of the package that have an unexported method, which identifies
// commands and changes.
func sealed(t testing.TB, method string) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var types []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != method {
				continue
			}
			if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
				types = append(types, "account."+receiver.Name)
			}
		}
	}
	require.NotEmpty(t, types)
	slices.Sort(types)
	return types
}

func TestEachTypeIsListed(t *testing.T) {
	assert.Equal(t, sealed(t, "propose"), typesOf(account.CommandList), "a line in commands for each type with the method propose")
	assert.Equal(t, sealed(t, "apply"), typesOf(account.ChangeList), "a line in changes for each type with the method apply")
}

// typesOf returns the type names of some values, sorted.
func typesOf[T any](values []T) []string {
	var types []string
	for _, v := range values {
		types = append(types, fmt.Sprintf("%T", v))
	}
	slices.Sort(types)
	return types
}
