//go:build cgo

package console_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/chromium"
	"github.com/bellhop-asp/bellhop/internal/standin"
)

// browser starts a real browser. Where there is none the test is skipped, and fails with REQUIRE_REAL=1.
func browser(tb testing.TB) context.Context {
	tb.Helper()
	program, err := chromium.Find(exec.LookPath)
	if err != nil && os.Getenv("REQUIRE_REAL") == "1" {
		tb.Fatal("REQUIRE_REAL=1: ", err)
	}
	if err != nil {
		tb.Skip("NOT TESTED in a browser: ", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(tb.Context(), options...)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	tb.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

// axe returns the script that looks for what keeps people from using a page.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(standin.Root(t), ".tools", "npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil && os.Getenv("REQUIRE_REAL") == "1" {
		t.Fatal("REQUIRE_REAL=1: ", err)
	}
	if err != nil {
		t.Skip("NOT TESTED for accessibility: run make test, which installs axe-core")
	}
	return string(script)
}

// violations is what axe found: each rule with the elements that break it.
const violations = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).slice(0, 3).join(", ")))`

// Every page, on a wide screen in the light and on a narrow one in the dark: it fits, complains about nothing, and keeps nobody out.
func inABrowser(t *testing.T, s served) {
	t.Helper()
	script, ctx := axe(t), browser(t)
	var mu sync.Mutex
	var complaints []string
	complain := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, text)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complain(e.Entry.Text)
		case *runtime.EventExceptionThrown:
			complain(e.ExceptionDetails.Text)
		}
	})
	if err == nil {
		err = chromedp.Do(ctx, chromedp.Navigate(s.base+"/?token="+s.token))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, sight := range []struct {
		width  int64
		scheme string
	}{{1440, "light"}, {360, "dark"}} {
		for _, path := range paths {
			t.Run(fmt.Sprintf("%s at %d in the %s", path, sight.width, sight.scheme), func(t *testing.T) {
				mu.Lock()
				complaints = nil
				mu.Unlock()
				over, broken := look(ctx, t, s.base+path, sight.width, sight.scheme, script)
				if over > 0 {
					t.Errorf("it is %d pixels wider than the screen", over)
				}
				if len(broken) > 0 {
					t.Errorf("axe: %s", strings.Join(broken, "\n"))
				}
				mu.Lock()
				defer mu.Unlock()
				if len(complaints) > 0 {
					t.Errorf("the browser complains: %s", strings.Join(complaints, "\n"))
				}
			})
		}
	}
}

// look opens a page and returns by how much it is too wide, and which rules it breaks.
func look(ctx context.Context, t *testing.T, address string, width int64, scheme, script string) (over int, broken []string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err == nil {
		err = chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address))
	}
	if err == nil {
		over, err = chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
	}
	if err == nil {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[int](script+";0"))
	}
	if err == nil {
		broken, err = chromedp.Run(ctx, chromedp.Evaluate[[]string](violations, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		t.Fatal(err)
	}
	return over, broken
}
