package browsertest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shots is the directory that gets a picture of each page, for people to look at.
var shots = flag.String("shots", "", "the `directory` that gets pictures of all pages; none are made without it")

// programs are the names that Chromium has on different systems, first those without windows, which are
// several times faster.
var programs = []string{
	"chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// slow limits the wait for a tab, on a busy machine.
const slow = 10 * time.Minute

// browser is the Chromium that all tests share, with what it takes to end it.
var browser struct {
	start sync.Once
	ctx   context.Context
	stop  func()
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

// chromium returns the context of the browser, in which tests open tabs. Without Chromium, the
// test fails.
func chromium(t testing.TB) context.Context {
	t.Helper()
	browser.start.Do(func() { browser.ctx, browser.stop, browser.err = startChromium() })
	if browser.err != nil {
		t.Fatalf("these tests need Chromium, which make setup installs: %v", browser.err)
	}
	return browser.ctx
}

func startChromium() (context.Context, func(), error) {
	var program string
	for _, name := range programs {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		return nil, nil, fmt.Errorf("found none of %q", programs)
	}
	profile, err := os.MkdirTemp("", "usher-chromium-")
	if err != nil {
		return nil, nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Headless, chromedp.DisableGPU, chromedp.WSURLReadTimeout(slow),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with one
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeAll := chromedp.NewContext(allocator)
	stop := func() {
		closeAll()
		end()
		_ = os.RemoveAll(profile) // the last files may still be in use
	}
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}
