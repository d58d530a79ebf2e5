// Package deps checks the imports of a repository against an import graph, which is a readable
// text. It reports imports that the graph does not allow, and lines of the graph that do not match
// the repository.
package deps

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Rules contains the texts of a repository's deps_test.go, which describes their format.
type Rules struct {
	Module string // path of the core module, whose directory is the root of the repository
	Graph  string // one line for each package
	Tests  string // one line for each module: additional imports of its test files
	Bans   []Ban
}

// Ban forbids the packages In, except the packages But, to use the packages or names Use. In a list
// of packages, dir/... includes the packages below dir. A name is written time.Now. Why is the
// reason, which the error contains.
type Ban struct{ In, But, Use, Why string }

// Check returns one sentence for each violation. It returns an error if a file cannot be read or
// parsed.
func (rules Rules) Check(fsys fs.FS) ([]string, error) {
	r, err := read(fsys, rules.Module)
	if err != nil {
		return nil, err
	}
	graph, tests := parse(rules.Graph), parse(rules.Tests)
	return slices.Concat(r.checkLines(graph, tests), r.checkImports(graph, tests), r.checkBans(rules.Bans)), nil
}

// checkLines compares the lines with the packages and modules of the repository.
func (r repo) checkLines(graph, tests []line) (wrong []string) {
	for _, dir := range r.packages {
		if lineOf(graph, dir).name == "" {
			wrong = append(wrong, fmt.Sprintf("%s has no line: add %q and what it may import to graph in deps_test.go", dir, dir+":"))
		}
	}
	for i, l := range graph {
		if !slices.ContainsFunc(r.packages, func(dir string) bool { return within(l.name, dir) }) {
			wrong = append(wrong, fmt.Sprintf("%s is not a package: remove its line from graph in deps_test.go", l.name))
		}
		for _, word := range l.words {
			ours := word == "." || word != "core" && word != "any" && !dotted(word)
			if ours && !slices.ContainsFunc(graph[:i], func(above line) bool { return above.name == word }) {
				wrong = append(wrong, fmt.Sprintf("%s may import %s, which has no line above it in graph in deps_test.go", l.name, word))
			}
		}
	}
	for _, l := range tests {
		if !slices.Contains(r.modules, l.name) {
			wrong = append(wrong, fmt.Sprintf("%s is not a module: remove its line from tests in deps_test.go", l.name))
		}
	}
	return wrong
}

// checkImports checks each import against the line of its package or module.
func (r repo) checkImports(graph, tests []line) (wrong []string) {
	reject := func(a arrow, line, text string) {
		add := a.to
		if !a.ours {
			add = "its module"
		}
		wrong = append(wrong, fmt.Sprintf("%s: %s imports %s: to allow it, add %s to the line %q of %s in deps_test.go",
			a.at, a.from, a.to, add, line+":", text))
	}
	allowed := func(a arrow, l line) bool {
		standard := !a.ours && !dotted(a.to)
		itself := a.ours && within(l.name, a.to) // the package that a test tests, or another package of a dir/... line
		return standard || itself || r.match(l.words, a)
	}
	for _, a := range r.imports {
		if l := lineOf(graph, a.from); !allowed(a, l) {
			reject(a, l.name, "graph")
		}
	}
	for _, a := range r.tests {
		home := r.moduleOf(a.from)
		if !allowed(a, lineOf(graph, a.from)) && !r.match(lineOf(tests, home).words, a) {
			reject(a, home, "tests")
		}
	}
	return wrong
}

// checkBans checks the names and imports that each package links against the bans.
func (r repo) checkBans(bans []Ban) (wrong []string) {
	for _, b := range bans {
		applies := func(dir string) bool {
			a := arrow{to: dir, ours: true}
			return r.match(strings.Fields(b.In), a) && !r.match(strings.Fields(b.But), a)
		}
		banned := func(use string) bool {
			return slices.ContainsFunc(strings.Fields(b.Use), func(pattern string) bool { return within(pattern, use) })
		}
		for _, dir := range r.packages {
			if !applies(dir) {
				continue
			}
			reach := r.reach(dir)
			for _, a := range slices.Concat(r.imports, r.names) {
				if a.ours || !banned(a.to) || !slices.Contains(reach, a.from) {
					continue
				}
				switch {
				case a.from == dir:
					wrong = append(wrong, fmt.Sprintf("%s: %s uses %s: banned, %s", a.at, dir, a.to, b.Why))
				case !applies(a.from): // otherwise it has a sentence of its own
					wrong = append(wrong, fmt.Sprintf("%s: %s uses %s through %s: banned, %s", a.at, dir, a.to, a.from, b.Why))
				}
			}
		}
	}
	return wrong
}

// match reports whether one of the words of a line allows an import.
func (r repo) match(words []string, a arrow) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		switch {
		case word == "any":
			return true
		case word == "core":
			return a.ours && r.moduleOf(a.to) == "."
		case a.ours:
			return within(word, a.to)
		default:
			return within(word+"/...", a.to) // a word is a module, which contains packages
		}
	})
}

// line contains a name and the imports that it allows.
type line struct {
	name  string
	words []string
}

// parse returns the lines of a text. A comment starts with #.
func parse(text string) (lines []line) {
	for l := range strings.Lines(text) {
		l, _, _ = strings.Cut(l, "#")
		if name, words, ok := strings.Cut(l, ":"); ok {
			lines = append(lines, line{strings.TrimSpace(name), strings.Fields(words)})
		}
	}
	return lines
}

// lineOf returns the first line for a directory, or the zero line.
func lineOf(lines []line, dir string) line {
	for _, l := range lines {
		if within(l.name, dir) {
			return l
		}
	}
	return line{}
}

// within reports whether the path matches the pattern: a path, or a directory with /... for the
// directory and all paths below it.
func within(pattern, path string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return path == base || below && strings.HasPrefix(path, base+"/")
}

// dotted reports whether an import path begins with a host name. Paths of the standard library do
// not.
func dotted(importPath string) bool {
	host, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(host, ".")
}
