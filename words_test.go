package usher_test

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// vague are words for which a standard term exists: caller, user, subject, not. A group
// may have at most so many of them per thousand words.
var vague = []struct {
	limit float64
	words []string // in lower case; two words must follow each other
}{
	{0.3, []string{"nobody", "somebody", "anybody"}},
	{0.2, []string{"whoever", "whom", "is no"}},
}

// correct are the continuations with which two vague words are not vague.
var correct = map[string][]string{"is no": {"longer", "more"}}

// terms are the standard terms, and where a reader who searches for one must find it. A
// folder stands for its package comment, a file for all of its text or comments. A term is
// a regular expression without regard to case, and a blank in it also stands for a line break.
var terms = []struct {
	where string
	terms []string
}{
	{".", []string{"tenant", "workspace", "organization"}},
	{"policy", []string{"least privilege", "separation of duties"}},
	{"seat", []string{"entitlement"}},
	{"account", []string{"snapshot", "idempotency key", "audit log"}},
	{"store", []string{"optimistic concurrency", "concurrent", "retry|retries"}},
	{"engine", []string{
		"concurrent", "optimistic concurrency", "retry|retries", "idempotency key", "snapshot", "cache", "evict",
		"single flight", "audit log", "outbox", "change feed",
	}},
	{"usherhttp", []string{"retry|retries"}},
	{"policy/FORMAT.md", []string{"least privilege", "separation of duties", "entitlement"}},
	{"docs/changes.md", []string{"audit log", "idempotency key", "optimistic concurrency", "concurrent"}},
	{"docs/several-instances.md", []string{"cache", "evict", "retry|retries", "concurrent", "PgBouncer", "rolling deployment"}},
	{"docs/transactions.md", []string{"idempotency key|IdempotencyKey", "isolation", "savepoint", "deadlock", "outbox"}},
	{"docs/operations.md", []string{"audit log", "outbox", "change feed"}},
}

// TestWords holds the comments of all Go files and the text of all Markdown files against
// the limits of vague. A failure lists every place, package by package.
func TestWords(t *testing.T) {
	texts := readTexts(t)
	for _, kind := range []string{"Go comments", "Markdown"} {
		total := 0
		for _, x := range texts {
			if x.kind == kind {
				total += len(x.words)
			}
		}
		if total == 0 {
			t.Fatalf("there are no words in %s", kind)
		}
		for _, v := range vague {
			found, count := map[string][]string{}, 0
			for _, x := range texts {
				if x.kind != kind {
					continue
				}
				for _, hit := range x.find(v.words) {
					dir := path.Dir(x.file)
					found[dir] = append(found[dir], hit)
					count++
				}
			}
			per := 1000 * float64(count) / float64(total)
			if per <= v.limit {
				continue
			}
			t.Errorf("%s: %.2f of %s per thousand words (%d in %d), want at most %.1f:\n%s",
				kind, per, strings.Join(v.words, ", "), count, total, v.limit, list(found))
		}
	}
}

// TestTerms looks for the standard terms.
func TestTerms(t *testing.T) {
	texts := readTexts(t)
	for _, row := range terms {
		var text []string
		for _, x := range texts {
			switch {
			case x.file == row.where:
				text = append(text, x.text())
			case path.Dir(x.file) == row.where && x.packageComment != "":
				text = append(text, x.packageComment)
			}
		}
		all := strings.Join(strings.Fields(strings.Join(text, " ")), " ")
		if all == "" {
			t.Errorf("%s has no package comment, or there is no such file", row.where)
			continue
		}
		for _, term := range row.terms {
			if !regexp.MustCompile(`(?i)\b(` + term + `)`).MatchString(all) {
				t.Errorf("%s: the term %q does not occur", row.where, term)
			}
		}
	}
}

// list writes the places of each folder, the folder with most of them first.
func list(found map[string][]string) string {
	var b strings.Builder
	dirs := slices.Collect(maps.Keys(found))
	slices.SortFunc(dirs, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(found[b]), len(found[a])), cmp.Compare(a, b))
	})
	for _, dir := range dirs {
		fmt.Fprintf(&b, "%s: %d\n\t%s\n", dir, len(found[dir]), strings.Join(found[dir], "\n\t"))
	}
	return b.String()
}

// prose is the text of a file that a person reads.
type prose struct {
	kind           string // Go comments or Markdown
	file           string
	words          []placed
	packageComment string
}

// placed is a word with its line. Code and names of identifiers have the text "".
type placed struct {
	text string
	line int
}

// add adds the words of lines, of which the first has a number.
func (p *prose) add(text string, line int) {
	for i, l := range strings.Split(text, "\n") {
		for _, word := range strings.Fields(l) {
			p.words = append(p.words, placed{plain(word), line + i})
		}
	}
}

// plain returns a word in lower case without punctuation, "" for code.
func plain(word string) string {
	if strings.ContainsAny(word, "`[]") {
		return ""
	}
	return strings.ToLower(strings.Trim(word, `.,;:!?"'()*_…“”‘’—–`))
}

func (p *prose) text() string {
	var b strings.Builder
	for _, w := range p.words {
		b.WriteString(w.text + " ")
	}
	return b.String()
}

// find returns the places of words, as "file:line: word".
func (p *prose) find(words []string) (places []string) {
	at := func(i int) string {
		if i < len(p.words) {
			return p.words[i].text
		}
		return ""
	}
	for i, w := range p.words {
		for _, want := range words {
			first, second, two := strings.Cut(want, " ")
			if w.text != first || two && (at(i+1) != second || slices.Contains(correct[want], at(i+2))) {
				continue
			}
			places = append(places, fmt.Sprintf("%s:%d: %s", p.file, w.line, want))
		}
	}
	return places
}

// readTexts reads all Go and Markdown files of the repository. Files under testdata are
// data.
func readTexts(t *testing.T) (texts []*prose) {
	t.Helper()
	if _, err := os.Stat("tools/go.mod"); err != nil {
		t.Skip("a downloaded module comes without the modules nested in it")
	}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && file != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		var read func(file string, src []byte) (*prose, error)
		switch path.Ext(file) {
		case ".go":
			read = readGo
		case ".md":
			read = readMarkdown
		default:
			return nil
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		p, err := read(file, src)
		texts = append(texts, p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// readGo reads the comments of a Go file, without directives and the output of examples.
func readGo(file string, src []byte) (*prose, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	p := &prose{kind: "Go comments", file: file}
	if f.Doc != nil && !strings.HasSuffix(file, "_test.go") {
		p.packageComment = f.Doc.Text()
	}
	for _, group := range f.Comments {
		if isOutput(group) {
			continue
		}
		for _, c := range group.List {
			text, line := c.Text, set.Position(c.Pos()).Line
			switch {
			case isDirective.MatchString(text):
				continue
			case strings.HasPrefix(text, "//"):
				text = text[2:]
			default:
				text = strings.TrimSuffix(text[2:], "*/")
			}
			p.add(text, line)
		}
	}
	return p, nil
}

func isOutput(group *ast.CommentGroup) bool {
	text := strings.ToLower(group.Text())
	return strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")
}

var isDirective = regexp.MustCompile(`^//(go|lint|nolint):`)

// readMarkdown reads a Markdown file without its blocks of code.
func readMarkdown(file string, src []byte) (*prose, error) {
	p := &prose{kind: "Markdown", file: file}
	code := false
	for i, line := range bytes.Split(src, []byte("\n")) {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("```")) {
			code = !code
			continue
		}
		if !code {
			p.add(string(line), i+1)
		}
	}
	return p, nil
}

func TestFindWords(t *testing.T) {
	const src = "package p\n\n// Nobody asks, and whoever\n// is `nobody` is\n// no user. x.Nobody is no longer [Nobody].\nvar x int\n\n" +
		"//go:embed nobody\nvar y int\n\nfunc Example() {\n\t// Output:\n\t// nobody\n}\n"
	p, err := readGo("p.go", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(p.find([]string{"nobody", "whoever", "is no"}), "; ")
	if want := "p.go:3: nobody; p.go:3: whoever; p.go:4: is no"; got != want {
		t.Errorf("find = %s, want %s", got, want)
	}
	p, err = readMarkdown("p.md", []byte("Is no\n```go\nwhom\n```\nuser. *Whom*\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(p.find([]string{"whom", "is no"}), "; "), "p.md:1: is no; p.md:5: whom"; got != want {
		t.Errorf("find = %s, want %s", got, want)
	}
}
