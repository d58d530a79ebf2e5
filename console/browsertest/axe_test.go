package browsertest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// axe-core finds what makes a page hard to use for people with disabilities. It has a licence of
// its own, so it is not in this repository.
const (
	axeName = "axe-core@4.14.1"
	axeHash = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c" // of axe.min.js
)

// loadAxe returns the source of axe-core.
var loadAxe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "usher-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	install := exec.Command("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir, axeName)
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", install.Args, err, output)
	}
	source, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", err
	}
	if hash := sha256.Sum256(source); hex.EncodeToString(hash[:]) != axeHash {
		return "", fmt.Errorf("axe.min.js of %s has the SHA-256 %x, want %s", axeName, hash, axeHash)
	}
	return string(source), nil
})

// axe returns the source of axe-core. Without it, the test fails.
func axe(t testing.TB) string {
	t.Helper()
	source, err := loadAxe()
	if err != nil {
		t.Fatalf("these tests need npm, which make setup installs, and %s from its registry: %v", axeName, err)
	}
	return source
}

// runAxe returns what axe-core finds: the rule, and the elements that break it.
const runAxe = `axe.run(document, {preload: false}).then(result => result.violations.map(v =>
  v.id + ": " + v.help + "\n" + v.nodes.map(n => "  " + n.html.slice(0, 200) + "\n    " + n.failureSummary.replaceAll("\n", " ")).join("\n")))`

// accessible fails the test if axe-core finds something on the page.
func (b *tab) accessible(what string) {
	b.Helper()
	if !eval[bool](b, `"axe" in window`) {
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](axe(b)+";true"))
		require.NoError(b, err)
	}
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
	require.NoError(b, err)
	for _, violation := range found {
		assert.Fail(b, what, violation)
	}
}
