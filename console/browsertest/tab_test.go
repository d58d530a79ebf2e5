package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is a tab of the browser with cookies of its own. It fails its test if the browser reports
// an error, a violation of the Content-Security-Policy, or a dialog.
type tab struct {
	testing.TB
	ctx    context.Context
	app    *app
	mu     sync.Mutex
	faults []string
	status int64
	at     string // the address of the last document
}

type step = chromedp.Action[chromedp.Void]

// newTab opens a tab on an app.
func newTab(t testing.TB, a *app, steps ...step) *tab {
	t.Helper()
	b := &tab{TB: t, app: a}
	ctx, closeTab := chromedp.NewContext(chromium(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	ctx, cancel := context.WithTimeout(ctx, slow)
	t.Cleanup(func() { closeTab(); cancel() })
	b.ctx = ctx
	b.do(append([]step{chromedp.EmulateViewport(1280, 900)}, steps...)...)
	t.Cleanup(b.assertQuiet)
	return b
}

// withoutScript switches JavaScript off.
func withoutScript() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// listen notes what a page must not cause.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceNetwork && e.Entry.URL == b.at {
			return // a page whose status is 403 or 409
		}
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.faults = append(b.faults, fmt.Sprintf("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "an exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, "console."+e.Type.String())
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			b.at = e.Response.URL
		}
	case *page.EventJavascriptDialogOpening:
		b.faults = append(b.faults, "a dialog: "+e.Message)
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	}
}

// assertQuiet fails the test if the browser has reported something.
func (b *tab) assertQuiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range append(b.faults, b.app.violations()...) {
		b.Errorf("the browser reports on %s: %s", b.at, fault)
	}
	b.faults = nil
}

func (b *tab) do(steps ...step) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, steps...))
}

// follow runs steps that lead to another document, and waits for it.
func (b *tab) follow(steps ...step) {
	b.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	require.NoError(b, err)
	require.NotNil(b, response)
	b.status = response.Status
	assert.Less(b, b.status, int64(http.StatusInternalServerError), response.URL)
}

// open logs in as a viewer and opens an address of the Console.
func (b *tab) open(by viewer, address string) {
	b.Helper()
	query := url.Values{"to": {b.app.root + address}, "user": {string(by.user)}}
	if by.mfa {
		query.Set("mfa", "yes")
	}
	b.follow(chromedp.Navigate(b.app.server.URL + "/login?" + query.Encode()))
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) (value T) {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b, err)
	return value
}

// text returns what the page shows within a selector; "" without a match.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? "").trim()`, selector))
}

// resize sets the width of the window and the color scheme of the system.
func (b *tab) resize(width int64, scheme string) {
	b.Helper()
	b.window(width, 900, scheme)
}

// window sets the size of the window and the color scheme of the system, which also asks for no
// motion, so that colors do not fade.
func (b *tab) window(width, height int64, scheme string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	require.NoError(b, err)
}

// shoot takes a picture of the whole page, if the flag shots names a directory.
func (b *tab) shoot(name string) {
	b.Helper()
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b, err)
	require.NoError(b, os.MkdirAll(*shots, 0o755))
	name = strings.NewReplacer(" ", "-", "/", "-", "?", "-", "=", "-", "&", "-").Replace(name)
	require.NoError(b, os.WriteFile(filepath.Join(*shots, name[:min(len(name), 80)]+".png"), picture, 0o600))
}
