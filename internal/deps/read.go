package deps

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// repo is what the files of a repository say of themselves.
type repo struct {
	modules  []string // directories with a go.mod
	packages []string // directories with Go files
	imports  []arrow  // of files that are no tests
	names    []arrow  // what those files use of their imports, such as time.Now
	tests    []arrow  // imports of test files
}

// arrow leads from a directory to another (ours), or to an import path, or a name behind one.
type arrow struct {
	at, from, to string
	ours         bool
}

// read takes in every Go file, whatever its build constraints: an arrow that only
// Windows sees is an arrow.
func read(fsys fs.FS, module string) (repo, error) {
	var r repo
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.ContainsAny(d.Name()[:1], "._") // as the go command sees it
		switch {
		case d.IsDir() && (hidden || d.Name() == "testdata"):
			return fs.SkipDir
		case d.Name() == "go.mod":
			r.modules = append(r.modules, path.Dir(name))
		case path.Ext(name) == ".go" && !hidden:
			src, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			return r.add(name, src, module)
		}
		return nil
	})
	return r, err
}

func (r *repo) add(name string, src []byte, module string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir, isTest := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if !slices.Contains(r.packages, dir) {
		r.packages = append(r.packages, dir)
	}
	arrowTo := func(to string, n ast.Node) arrow {
		return arrow{at: fmt.Sprintf("%s:%d", name, fset.Position(n.Pos()).Line), from: dir, to: to}
	}

	local := map[string]string{} // import paths by the names that the file gives them
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		a := arrowTo(to, spec)
		if within(module+"/...", to) {
			a.to, a.ours = path.Clean("./"+strings.TrimPrefix(to, module)), true
		}
		if isTest {
			r.tests = append(r.tests, a)
			continue
		}
		r.imports = append(r.imports, a)
		local[path.Base(to)] = to
		if spec.Name != nil {
			local[spec.Name.Name] = to
		}
	}
	for n := range ast.Preorder(file) {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && local[id.Name] != "" {
				r.names = append(r.names, arrowTo(local[id.Name]+"."+sel.Sel.Name, sel))
			}
		}
	}
	return nil
}

// reach returns dir and the directory of every package that its package links.
func (r repo) reach(dir string) []string {
	dirs := []string{dir}
	for i := 0; i < len(dirs); i++ {
		for _, a := range r.imports {
			if a.ours && a.from == dirs[i] && !slices.Contains(dirs, a.to) {
				dirs = append(dirs, a.to)
			}
		}
	}
	return dirs
}

// moduleOf returns the directory of the nearest go.mod.
func (r repo) moduleOf(dir string) string {
	for dir != "." && !slices.Contains(r.modules, dir) {
		dir = path.Dir(dir)
	}
	return dir
}
