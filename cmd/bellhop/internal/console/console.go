// Package console serves one installation as pages to the person who started it: what stands out today, every day's coverage, jobs,
// files and certificates, what waits for a decision, and what people ask their assistants.
//
// It renders the read model and the questions of the catalogue, and computes nothing of its own: each tile names the command that
// gives the same answer, and its SQL where there is any. It listens on this machine only, requires a token, and changes nothing
// that the person has not confirmed. Pages load no script but their own, and nothing from other hosts.
package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
)

// Console is a handler for one place.
type Console struct {
	place Place
	asked *lender
	mux   *http.ServeMux
}

// New makes a console. Close it after its last request. Clock is the time of this machine.
func New(p Place, clock func() time.Time) *Console {
	c := &Console{place: p, asked: &lender{open: p.Engine, clock: clock}, mux: http.NewServeMux()}
	for _, s := range screens() {
		show := c.show
		if s.begins {
			show = c.showEarly
		}
		pattern := "GET " + s.path
		if s.path == "/" {
			pattern += "{$}" // and nothing below it
		}
		c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { show(w, r, s) })
	}
	c.mux.HandleFunc("GET /review/decide", func(w http.ResponseWriter, r *http.Request) {
		c.show(w, r, screen{"/review", "Decide", "", confirm, false})
	})
	c.mux.HandleFunc("POST /review/decide", func(w http.ResponseWriter, r *http.Request) {
		c.show(w, r, screen{"/review", "Decided", "", decide, false})
	})
	c.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.write(w, http.StatusNotFound, c.trouble(screen{"", "Not found", "", nil, false}, fmt.Errorf("there is no page %s", r.URL.Path)))
	})
	return c
}

// Close releases the engine.
func (c *Console) Close() error { return c.asked.close() }

// ServeHTTP serves the pages to every client: see [Guard].
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// screen is one page, and what fills it.
type screen struct {
	path, name, lead string
	fill             func(ctx context.Context, s *sight) error
	// begins says that its head is known before it is filled, and is sent then: the questions take a moment.
	begins bool
}

func screens() []screen {
	return []screen{
		{"/", "Today", "What needs a person, how fresh the data are, and what has changed.", today, false},
		{"/coverage", "Coverage", "The state of each day of each table.", coverage, false},
		{"/jobs", "Jobs", "What was requested from the vendors, and the result.", jobs, false},
		{"/files", "Files", "Each file's path from the vendor's answer to its verified deletion.", files, false},
		{"/review", "Review", "What waits for a person to decide.", waiting, false},
		{"/rooms", "Rooms", "Where the assistants are used, and which rooms are silent.", asking(rooms), true},
		{"/engagement", "Engagement", "How much the assistants are used, and for what.", asking(engagement), true},
		{"/campaigns", "Campaigns", "Which promotions were shown, which ones people tapped, and where none was seen.", asking(campaigns), true},
		{"/calls", "Calls", "Who calls whom, how, and for how long.", asking(calls), true},
		{"/skills", "Skills", "Whether the skills work, and what people say to them.", asking(skills), true},
		{"/care", "Care", "What people ask the contact centre about.", asking(care), true},
		{"/privacy", "Privacy", "What was delivered, how long it was kept, and the proof that it is gone.", privacy, false},
		{"/cost", "Cost", "What bellhop costs on AWS.", bill, false},
	}
}

func (c *Console) document(s screen, v *view.View) page.Document {
	d := page.Document{Title: s.name, Above: "bellhop console", Lead: s.lead, Live: true, Facts: []page.Fact{{Name: "Place", Value: v.Name}, {Name: "As of", Value: phrase.Minute(v.Now())}}}
	for _, other := range screens() {
		d.Links = append(d.Links, page.Link{Name: other.name, Address: other.path, Current: other.path == s.path})
	}
	return d
}

// show fills a page and sends it. If that fails, the page says why.
func (c *Console) show(w http.ResponseWriter, r *http.Request, s screen) {
	v := c.place.View()
	d := c.document(s, v)
	err := r.ParseForm()
	if err == nil {
		err = s.fill(r.Context(), &sight{&d, c.asked, v, c.place, r.Form})
	}
	if r.Context().Err() != nil {
		return // the client has disconnected
	}
	if err != nil {
		c.write(w, http.StatusInternalServerError, c.trouble(s, err))
		return
	}
	c.write(w, http.StatusOK, d)
}

// showEarly sends the head of a page, and then what fills it.
func (c *Console) showEarly(w http.ResponseWriter, r *http.Request, s screen) {
	v := c.place.View()
	d := c.document(s, v)
	var b bytes.Buffer
	if err := d.Begin(&b); err != nil {
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())                 // the client may have disconnected
	_ = http.NewResponseController(w).Flush() // without flushing, the page arrives as a whole
	if err := s.fill(r.Context(), &sight{&d, c.asked, v, c.place, r.URL.Query()}); err != nil {
		d.Sections = c.trouble(s, err).Sections
	}
	b.Reset()
	if err := d.End(&b); err != nil {
		return // the head is already sent: send nothing more rather than half a section
	}
	_, _ = w.Write(b.Bytes())
}

// trouble is a page that says what went wrong, and what helps.
func (c *Console) trouble(s screen, err error) page.Document {
	d := c.document(s, c.place.View())
	d.Sections = []page.Section{{ID: "trouble", Title: "That did not work", Tiles: []page.Tile{c.problem(err)}}}
	return d
}

func (c *Console) problem(err error) page.Tile {
	why, remedy := c.place.Explain(err)
	return page.Tile{ID: "problem", Title: "Why", Answer: why, Table: facts("Remedy", "Remedy", remedy)}
}

// write sends a page, whole or not at all.
func (c *Console) write(w http.ResponseWriter, status int, d page.Document) {
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client may have disconnected
}
