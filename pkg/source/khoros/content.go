package khoros

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const (
	// maxRecord is how long one row of an export may be; the conversion takes none that is longer.
	maxRecord = 16 << 20
	// maxColumns is how many columns an export may have, and maxName how long their names may be.
	maxColumns = 1000
	maxName    = 100
	// chunk is how much is made at once, in bytes.
	chunk = 32 << 10
)

// rows are those of an export, as the vendor writes them.
type rows interface {
	// next returns the next row's columns, by the vendor's names, with their text: valid until the next call. The end is [io.EOF].
	next() (names, cells []string, err error)
}

// content is an export as the CSV that bellhop delivers: the columns of the table, and all others as a JSON object in extra. It
// holds one row at a time. What is personal is dropped or hashed before it leaves here.
type content struct {
	rows   rows
	source io.Closer
	plan   *plan
	out    bytes.Buffer
	csv    *csv.Writer
	err    error

	fixed  []string // the cells that each row begins with
	record []string
	extra  map[string]string
}

// newContent reads an export from body, which closing the content closes.
func newContent(body io.ReadCloser, w wanted, day report.Date, hashKey redact.Text) (*content, error) {
	p, err := newPlan(w, hashKey)
	if err != nil {
		return nil, err
	}
	c := &content{source: body, plan: p, fixed: []string{day.String(), w.company}, extra: map[string]string{}}
	if w.format == formatCSV {
		c.rows = newCSVRows(body)
	} else {
		c.rows = newJSONRows(body)
	}
	c.csv = csv.NewWriter(&c.out)
	c.err = c.csv.Write(slices.Concat([]string{"dataset_date", "company"}, p.known, []string{"extra"}))
	c.record = make([]string, 2+len(p.known)+1)
	return c, nil
}

// begin reads until there is a row, or the export has ended: what is no export at all shows here.
func (c *content) begin() error {
	if c.err == nil {
		c.err = c.row()
	}
	if errors.Is(c.err, io.EOF) {
		return nil
	}
	return c.err
}

// Read returns the next bytes. An error that the download had keeps its kind; of the export's own form it is [fault.Transient], and
// quotes nothing of it.
func (c *content) Read(p []byte) (int, error) {
	for c.err == nil && c.out.Len() < chunk {
		c.err = c.row()
	}
	if c.csv.Flush(); c.out.Len() > 0 {
		return c.out.Read(p)
	}
	return 0, c.err
}

// Close ends the download.
func (c *content) Close() error { return c.source.Close() }

// row writes the next row.
func (c *content) row() error {
	names, cells, err := c.rows.next()
	if err != nil {
		return err
	}
	clear(c.extra)
	clear(c.record)
	copy(c.record, c.fixed)
	clear(c.plan.seen)
	for i, name := range names {
		at, err := c.plan.column(i, name)
		if err != nil {
			return err
		}
		if at.drop || cells[i] == "" {
			continue
		}
		text := strings.ReplaceAll(strings.ToValidUTF8(cells[i], "\uFFFD"), "\x00", "\uFFFD")
		if at.hash {
			text = c.plan.digest(text)
		}
		if at.known >= 0 {
			c.record[len(c.fixed)+at.known] = text
		} else {
			c.extra[at.name] = text
		}
	}
	if len(c.extra) > 0 {
		object, err := json.Marshal(c.extra) // its keys are sorted
		if err != nil {
			return fault.New(fault.Internal, "a row cannot be written as JSON")
		}
		c.record[len(c.record)-1] = string(object)
	}
	return c.csv.Write(c.record)
}

// column is what becomes of one column of an export.
type column struct {
	name       string // in snake case
	known      int    // index among the columns that the table knows, or -1
	drop, hash bool
}

// plan says what becomes of each column.
type plan struct {
	keep, drop, hashed []string
	key                redact.Text
	known              []string

	columns map[string][]column // by the vendor's name; a row may have one name several times
	names   map[string]bool     // that are taken
	seen    map[string]int      // in the present row
}

func newPlan(w wanted, hashKey redact.Text) (*plan, error) {
	d, ok := dataset.Lookup(w.table())
	if !ok {
		return nil, fault.New(fault.Internal, "no table %s", w.table())
	}
	p := &plan{
		keep: w.keep, drop: w.drop, hashed: w.hash, key: hashKey, columns: map[string][]column{}, seen: map[string]int{},
		names: map[string]bool{"dataset_date": true, "company": true, "extra": true, "subscription": true},
	}
	for _, c := range d.Dimensions()[1:] {
		p.known = append(p.known, c.Name)
	}
	return p, nil
}

// column returns what becomes of the column at i of the present row.
func (p *plan) column(i int, name string) (column, error) {
	n := p.seen[name]
	p.seen[name]++
	if n < len(p.columns[name]) {
		return p.columns[name][n], nil
	}
	base := snake(strings.ToValidUTF8(name, ""))
	if base == "" {
		base = fmt.Sprintf("column_%d", i+1)
	}
	if len(base) > maxName || len(p.names) > maxColumns {
		return column{}, fault.New(fault.Transient, "the export has more than %d columns, or one whose name is longer than %d bytes", maxColumns, maxName)
	}
	c := column{name: base}
	for again := 2; p.names[c.name]; again++ {
		c.name = fmt.Sprintf("%s_%d", base, again)
	}
	p.names[c.name] = true
	c.known = slices.Index(p.known, c.name)
	// Who decides on a column decides on all of its name.
	in := func(list []string) bool { return slices.Contains(list, base) || slices.Contains(list, c.name) }
	c.hash = in(p.hashed)
	c.drop = !c.hash && (in(p.drop) || personal(base) && !in(p.keep))
	p.columns[name] = append(p.columns[name], c)
	return c, nil
}

// digest is what stands in the place of a text that is hashed: HMAC-SHA256 with the secret's key, in hex.
func (p *plan) digest(text string) string {
	mac := hmac.New(sha256.New, []byte(p.key.Reveal()))
	_, _ = io.WriteString(mac, text) // it never fails
	return hex.EncodeToString(mac.Sum(nil))
}
