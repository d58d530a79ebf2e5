package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every relative link in a Markdown file leads to an existing file of the repository. If it
// has a fragment, it leads to a heading of that file.
func TestLinks(t *testing.T) {
	root := repository(t)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(e.Name(), ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, link := range links(string(text)) {
			if problem := checkLink(path, link); problem != "" {
				name, _ := filepath.Rel(root, path)
				t.Errorf("%s: the link %s: %s", name, link, problem)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The README has a link to every page.
func TestReadmeLinksEveryPage(t *testing.T) {
	root := repository(t)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("docs has no pages: %v", err)
	}
	linked := links(string(text))
	for _, page := range pages {
		if name := "docs/" + filepath.Base(page); !slices.Contains(linked, name) {
			t.Errorf("README.md has no link to %s", name)
		}
	}
}

// links returns the relative links of a page, outside of code.
func links(text string) (list []string) {
	for _, m := range isLink.FindAllStringSubmatch(isCode.ReplaceAllString(text, ""), -1) {
		if !strings.Contains(m[1], "://") && !strings.HasPrefix(m[1], "mailto:") {
			list = append(list, m[1])
		}
	}
	return list
}

var (
	isCode = regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]*`")
	isLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// checkLink returns the problem of a link in a file, "" if the link is valid.
func checkLink(file, link string) string {
	path, fragment, _ := strings.Cut(link, "#")
	target := file
	if path != "" {
		target = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
	}
	if _, err := os.Stat(target); err != nil {
		return "there is no such file"
	}
	if fragment == "" || !strings.HasSuffix(target, ".md") {
		return ""
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return err.Error()
	}
	for _, m := range isHeading.FindAllStringSubmatch(string(text), -1) {
		if anchor(m[1]) == fragment {
			return ""
		}
	}
	return "the file has no such heading"
}

var isHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)

// anchor returns the fragment for a heading, as code hosts generate it.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

func TestReadingOfLinks(t *testing.T) {
	const page = "[a](x.md#one) and `[b](y)` and [c](https://example.com) ![d](z.svg)\n```go\n[e](f)\n```\n[g](#h)\n"
	if got := strings.Join(links(page), " "); got != "x.md#one z.svg #h" {
		t.Errorf("links = %s", got)
	}
	if got := anchor("The ceiling: users cannot give more than they have"); got != "the-ceiling-users-cannot-give-more-than-they-have" {
		t.Errorf("anchor = %s", got)
	}
	for _, row := range []struct{ link, want string }{
		{"docs_test.go", ""},
		{"../../README.md#try-it", ""},
		{"../../README.md#nothing", "the file has no such heading"},
		{"nothing.md", "there is no such file"},
	} {
		if got := checkLink("docs_test.go", row.link); got != row.want {
			t.Errorf("checkLink(%s) = %q, want %q", row.link, got, row.want)
		}
	}
}
