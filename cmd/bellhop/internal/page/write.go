package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed assets
var assets embed.FS

// asset returns the text of a file that is in the program.
func asset(name string) string {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the compiler puts it there
	}
	return string(content)
}

var (
	style = asset("uPlot.min.css") + "\n" + asset("page.css")
	// The licence goes where the code goes.
	script = "/*\n" + asset("uPlot.LICENSE") + "*/\n" + asset("uPlot.iife.min.js") + "\n" + asset("page.js")

	layout = template.Must(template.New("page.html").Funcs(template.FuncMap{
		"plain": plain, "body": body, "drawing": draw,
		"style":  func() template.CSS { return template.CSS(style) }, //nolint:gosec // G203: it is this program's own
		"script": func() template.JS { return template.JS(script) },  //nolint:gosec // G203: it is this program's own
	}).Parse(asset("page.html")))
)

// Write writes the page. All text in it is escaped for the place where it stands.
func (d Document) Write(w io.Writer) error {
	if err := d.Begin(w); err != nil {
		return err
	}
	return d.End(w)
}

// Begin writes the page up to its links. A server that has yet to compute the rest sends it, so that people see where they are.
func (d Document) Begin(w io.Writer) error {
	if len(d.Links) == 0 {
		for _, s := range d.Sections {
			d.Links = append(d.Links, Link{Name: s.Title, Address: "#" + s.ID})
		}
	}
	return d.execute(w, "begin")
}

// End writes the rest.
func (d Document) End(w io.Writer) error { return d.execute(w, "end") }

func (d Document) execute(w io.Writer, part string) error {
	if err := layout.ExecuteTemplate(w, part, d); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// Policy is the page's Content-Security-Policy: its own style and script by their hashes, and nothing else.
func (d Document) Policy() string {
	policy := fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'", digest(style), digest(script))
	if d.Live {
		return policy + "; form-action 'self'"
	}
	return policy + "; form-action 'none'"
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
