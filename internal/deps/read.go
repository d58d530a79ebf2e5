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

// repo contains the modules, packages and imports of a repository.
type repo struct {
	modules  []string // directories with a go.mod
	packages []string // directories with Go files
	imports  []arrow  // of files that are not tests
	names    []arrow  // names of imported packages that those files use, such as time.Now
	tests    []arrow  // imports of test files
}

// arrow is an import or a use of a name. It leads from a directory to a directory of the repository
// (ours), or to an import path or a name.
type arrow struct {
	at, from, to string
	ours         bool
}

// read reads every Go file, and ignores build constraints, so that it finds the imports of all
// systems.
func read(fsys fs.FS, module string) (repo, error) {
	var r repo
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.ContainsAny(d.Name()[:1], "._") // the go command ignores such files
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

// add adds the imports and names of a file.
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

	local := map[string]string{} // import paths by their names in the file
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

// reach returns dir and the directories of all packages that it imports, directly or indirectly.
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

// moduleOf returns the directory of the module that contains a package.
func (r repo) moduleOf(dir string) string {
	for dir != "." && !slices.Contains(r.modules, dir) {
		dir = path.Dir(dir)
	}
	return dir
}
