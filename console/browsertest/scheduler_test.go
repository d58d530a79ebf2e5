package browsertest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/*.txt, and take the pictures of the README anew")

// startScheduler starts examples/scheduler on new data, as a program of its own, and returns its
// address. Everyone but ned has looked at the calendars.
func startScheduler(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "scheduler")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "examples", "scheduler")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)

	scheduler := exec.Command(program, "-addr", "127.0.0.1:0", "-data", filepath.Join(dir, "data"), "-now", "2035-01-17T09:00:00Z")
	var log bytes.Buffer
	scheduler.Stderr = &log
	stdout, err := scheduler.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, scheduler.Start())
	t.Cleanup(func() {
		require.NoError(t, scheduler.Process.Signal(os.Interrupt))
		assert.NoError(t, scheduler.Wait(), "%s", &log)
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "%s", &log)
	_, address, found := strings.Cut(strings.TrimSpace(line), " is on ")
	require.True(t, found, line)

	for _, user := range []string{"olivia", "rita", "tom", "max", "sam", "mia"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/accounts/acme/week", nil)
		require.NoError(t, err)
		request.Header.Set("X-User", user)
		request.Header.Set("X-MFA", "yes")
		request.Close = true
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, user)
	}
	return address
}

// openAs opens an address of the scheduler as one of its users, without a second factor.
func (b *tab) openAs(user, address string) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: "demo-user", Value: user, URL: address})
	require.NoError(b, err)
	b.follow(chromedp.Navigate(address))
}

// readme are the pictures of the README.
var readme = []struct{ name, user, path string }{
	{"scheduler", "mia", "/accounts/acme/week"},
	{"people", "adam", "/people/acme/people"},
}

// The pictures of the README show the pages as they are. Pixels differ between machines, so the
// test compares what the pixels come from: the text, the document and its stylesheets.
func TestPicturesOfTheReadme(t *testing.T) {
	t.Parallel()
	address := startScheduler(t)
	b := newTab(t, &app{TB: t})
	b.window(1100, 700, "light")
	for _, p := range readme {
		b.openAs(p.user, address+p.path)
		require.Equal(t, int64(http.StatusOK), b.status, p.name)
		golden := filepath.Join("testdata", p.name+".txt")
		if *update {
			picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join("..", "..", "docs", p.name+".png"), picture, 0o600))
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(golden, []byte(b.source()), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), b.source(),
			"docs/%s.png no longer shows the page: run go test -run %s -update in console/browsertest, and look at the picture", p.name, t.Name())
	}
}

// plain is the document without the keys of its forms, which are random.
const plain = `document.documentElement.outerHTML.replace(/name="key" value="[^"]*"/g, "")`

// source returns what the picture of a page comes from: what people read, and hashes of the
// document and of its stylesheets.
func (b *tab) source() string {
	b.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", b.text("body"))
	fmt.Fprintf(&text, "document %x\n", sha256.Sum256([]byte(eval[string](b, plain))))
	sheets := eval[[]string](b, `[...document.querySelectorAll("link[rel=stylesheet]")].map(link => link.href)`)
	require.NotEmpty(b, sheets)
	for _, href := range sheets {
		response, err := http.Get(href)
		require.NoError(b, err)
		sheet, err := io.ReadAll(response.Body)
		require.NoError(b, err)
		require.NoError(b, response.Body.Close())
		require.Equal(b, http.StatusOK, response.StatusCode, href)
		fmt.Fprintf(&text, "%s %x\n", path.Base(href), sha256.Sum256(sheet))
	}
	return text.String()
}

// The pages of the scheduler are accessible, and fit into narrow and wide windows.
func TestLayoutOfTheScheduler(t *testing.T) {
	t.Parallel()
	address := startScheduler(t)
	b := newTab(t, &app{TB: t})
	for _, p := range []struct {
		name, user, path string
		status           int64
	}{
		{"choose", "", "/", http.StatusOK},
		{"chosen", "mia", "/", http.StatusOK},
		{"week of a member", "mia", "/accounts/acme/week", http.StatusOK},
		{"week of the owner", "olivia", "/accounts/acme/week", http.StatusOK},
		{"week without a seat", "ned", "/accounts/acme/week", http.StatusOK},
		{"second factor", "rita", "/accounts/acme/week", http.StatusForbidden},
	} {
		b.openAs(p.user, address+p.path)
		require.Equal(t, p.status, b.status, p.name)
		b.check("scheduler " + p.name)
	}
}
