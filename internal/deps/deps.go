// Package deps holds a repository to its import graph. The graph is a text that people
// read; deps says which imports it does not allow, and where it no longer fits the disk.
package deps

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Rules are the texts of a repository's deps_test.go, which explains how they are written.
type Rules struct {
	Module string // the path of the core module, in the root of the repository
	Graph  string // a line a package
	Tests  string // a line a module: what its test files may import besides
	Bans   []Ban
}

// Ban forbids the packages In, except those in But, to Use what is named: packages, where
// dir/... includes those below, or names of packages, such as time.Now.
type Ban struct{ In, But, Use, Why string }

// Check returns what is wrong, a sentence each. An error means that a file does not parse.
func (rules Rules) Check(fsys fs.FS) ([]string, error) {
	r, err := read(fsys, rules.Module)
	if err != nil {
		return nil, err
	}
	graph, tests := parse(rules.Graph), parse(rules.Tests)
	return slices.Concat(r.checkLines(graph, tests), r.checkImports(graph, tests), r.checkBans(rules.Bans)), nil
}

// checkLines sees to it that the text keeps pace with the disk.
func (r repo) checkLines(graph, tests []line) (wrong []string) {
	for _, dir := range r.packages {
		if lineOf(graph, dir).name == "" {
			wrong = append(wrong, fmt.Sprintf("%s has no line: add %q and what it may import to graph in deps_test.go", dir, dir+":"))
		}
	}
	for i, l := range graph {
		if !slices.ContainsFunc(r.packages, func(dir string) bool { return within(l.name, dir) }) {
			wrong = append(wrong, fmt.Sprintf("%s is no package: take its line out of graph in deps_test.go", l.name))
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
			wrong = append(wrong, fmt.Sprintf("%s is no module: take its line out of tests in deps_test.go", l.name))
		}
	}
	return wrong
}

func (r repo) checkImports(graph, tests []line) (wrong []string) {
	refuse := func(a arrow, line, text string) {
		add := a.to
		if !a.ours {
			add = "its module"
		}
		wrong = append(wrong, fmt.Sprintf("%s: %s imports %s: to allow it, add %s to the line %q of %s in deps_test.go",
			a.at, a.from, a.to, add, line+":", text))
	}
	allowed := func(a arrow, l line) bool {
		standard := !a.ours && !dotted(a.to)
		itself := a.ours && within(l.name, a.to) // the package of a test; the family of a dir/...
		return standard || itself || r.match(l.words, a)
	}
	for _, a := range r.imports {
		if l := lineOf(graph, a.from); !allowed(a, l) {
			refuse(a, l.name, "graph")
		}
	}
	for _, a := range r.tests {
		home := r.moduleOf(a.from)
		if !allowed(a, lineOf(graph, a.from)) && !r.match(lineOf(tests, home).words, a) {
			refuse(a, home, "tests")
		}
	}
	return wrong
}

func (r repo) checkBans(bans []Ban) (wrong []string) {
	for _, b := range bans {
		held := func(dir string) bool {
			a := arrow{to: dir, ours: true}
			return r.match(strings.Fields(b.In), a) && !r.match(strings.Fields(b.But), a)
		}
		banned := func(use string) bool {
			return slices.ContainsFunc(strings.Fields(b.Use), func(pattern string) bool { return within(pattern, use) })
		}
		for _, dir := range r.packages {
			if !held(dir) {
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
				case !held(a.from): // if it is, it gets a sentence of its own
					wrong = append(wrong, fmt.Sprintf("%s: %s uses %s by way of %s: banned, %s", a.at, dir, a.to, a.from, b.Why))
				}
			}
		}
	}
	return wrong
}

// match reports whether one of the words of a line stands for where the arrow leads.
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
			return within(word+"/...", a.to) // a module has packages
		}
	})
}

// line is a name and what it may import.
type line struct {
	name  string
	words []string
}

func parse(text string) (lines []line) {
	for l := range strings.Lines(text) {
		l, _, _ = strings.Cut(l, "#")
		if name, words, ok := strings.Cut(l, ":"); ok {
			lines = append(lines, line{strings.TrimSpace(name), strings.Fields(words)})
		}
	}
	return lines
}

func lineOf(lines []line, dir string) line {
	for _, l := range lines {
		if within(l.name, dir) {
			return l
		}
	}
	return line{}
}

// within reports whether the pattern is the path, or ends in /... and has the path below it.
func within(pattern, path string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return path == base || below && strings.HasPrefix(path, base+"/")
}

// dotted reports whether an import path begins with a host's name, as third parties' do.
func dotted(importPath string) bool {
	host, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(host, ".")
}
