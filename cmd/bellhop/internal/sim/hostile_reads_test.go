package sim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// interceptor stands between the functions and S3, on the wire.
type interceptor struct {
	beneath s3.HTTPClient
	// before is called ahead of each read of a delivery; after may exchange the body of its answer.
	before func()
	after  func(io.ReadCloser) io.ReadCloser
}

func (m *interceptor) Do(r *http.Request) (*http.Response, error) {
	read := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".csv")
	if read && m.before != nil {
		m.before()
	}
	answer, err := m.beneath.Do(r)
	if err == nil && read && m.after != nil {
		answer.Body = m.after(answer.Body)
	}
	return answer, err
}

func (m *interceptor) s3(o *s3.Options) {
	m.beneath = o.HTTPClient
	o.HTTPClient = m
}

// What is read must be what was announced, or be looked at anew: half of each is not a report.
func TestAFileThatChangesUnderTheReader(t *testing.T) {
	var p *harness
	var reads atomic.Int64
	m := &interceptor{before: func() {
		// Between the event and the read, somebody puts another file there, once.
		if reads.Add(1) == 1 {
			p.deliver("report.csv", device(good, "11/2/2026,org,Hotels,inn,Inn,1,1,7")())
		}
	}}
	p = newFixture(t).newHarness(t, func(o *Options) { o.outside.s3 = m.s3 })
	p.load("report.csv", device(good)())
	p.loaded("asp_device", map[string]int64{"2026-11-01": 1, "2026-11-02": 1})
	if reads.Load() < 2 {
		t.Errorf("the file was read %d times: then nothing changed under it", reads.Load())
	}
}

// The connection ends in the middle of a row, where a shorter file might end as well.
func TestAReadThatBreaksInTheMiddle(t *testing.T) {
	whole := device(good, "11/2/2026,org,Hotels,inn,Inn,1,1,7")()
	for name, broken := range map[string]struct {
		at  int
		err error
	}{
		"with an error":         {len(whole) - 20, io.ErrUnexpectedEOF},
		"as if it were the end": {len(whole) - 20, io.EOF},
		"between two rows":      {strings.LastIndex(strings.TrimSpace(whole), "\n") + 1, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			var reads atomic.Int64
			m := &interceptor{after: func(body io.ReadCloser) io.ReadCloser {
				if reads.Add(1) > 1 {
					return body
				}
				return &cutShort{ReadCloser: body, left: broken.at, err: broken.err}
			}}
			p := newFixture(t).newHarness(t, func(o *Options) { o.outside.s3 = m.s3 })
			p.load("report.csv", whole)
			if f := p.file(); f.Status != report.FileExpected || f.Setbacks != 1 {
				t.Errorf("the file is %s after %d setbacks, want it given back", f.Status, f.Setbacks)
			}
			at, _ := p.queue.NextVisible()
			if err := errors.Join(p.clock.SkipTo(at), p.settle(t.Context())); err != nil {
				t.Fatal(err)
			}
			p.loaded("asp_device", map[string]int64{"2026-11-01": 1, "2026-11-02": 1})
			if f := p.file(); reads.Load() != 2 || f.Receipt.Rows != 2 {
				t.Errorf("%d reads, %d rows in the receipt", reads.Load(), f.Receipt.Rows)
			}
		})
	}
}

// cutShort is a body that ends before its end.
type cutShort struct {
	io.ReadCloser
	left int
	err  error
}

func (c *cutShort) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, c.err
	}
	n, err := c.ReadCloser.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}

// The vendor names its files, and documents nothing about the names.
func TestNamesOfAnyKindAreFound(t *testing.T) {
	at := newFixture(t)
	for _, name := range []string{
		"a report.csv", "a+b.csv", "100%.csv", "100%25.csv", "a%2Fb.csv", "Übersicht.csv", "報告.csv", "a&b=c?d#e.csv", "it's (1)!.csv",
		`a "quoted" one.csv`, "deep/er/still.csv", "e\u0301.csv", ".csv", strings.Repeat("long", 50) + ".csv",
	} {
		t.Run(name, func(t *testing.T) {
			p := at.newHarness(t, nil)
			p.load(name, device(good)())
			f, err := p.ledger.File(t.Context(), name)
			if err != nil || f.Status != report.FileDeleted || f.Receipt == nil || f.Receipt.Rows != 1 {
				t.Fatalf("the file is %s: %s (%v)", f.Status, f.Reason, err)
			}
			if left, err := p.deliveries.Versions(t.Context(), name); err != nil || len(left) > 0 {
				t.Errorf("left in the bucket: %v, %v", left, err)
			}
			proofs, err := p.ledger.CertificatesOf(t.Context(), name)
			if err != nil || len(proofs) != 1 || proofs[0].Key != name {
				t.Errorf("certificates: %+v, %v", proofs, err)
			}
		})
	}
}

// A secret in a cell that is refused must not be repeated in the reason or the log.
func TestWhatIsRefusedIsNotRepeated(t *testing.T) {
	at := newFixture(t)
	for column := range strings.Count(orgHeader, ",") + 1 {
		cells := strings.Split(good, ",")
		for _, planted := range []string{leaked, roomName, leaked + "\xff", strings.Repeat(leaked, 3000)} {
			cells[column] = planted
			p := at.newHarness(t, nil)
			p.load("report.csv", device(strings.Join(cells, ","))())
			f := p.file()
			for _, text := range []string{f.Reason, p.log.String()} {
				if strings.Contains(text, "Planted") || strings.Contains(text, roomName) {
					t.Errorf("column %d: %q is repeated in %.300q", column, planted[:min(len(planted), 30)], text)
				}
			}
			if bytes.Contains([]byte(f.Reason), []byte{0xff}) || len(f.Reason) > 500 {
				t.Errorf("column %d: the reason is unfit to print: %.600q", column, f.Reason)
			}
		}
	}
}
