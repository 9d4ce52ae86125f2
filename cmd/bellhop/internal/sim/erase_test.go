package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The resident whose room is erased, and what nothing may hold of it afterwards.
const (
	ash     = "room-4711-of-mrs-ash"
	ashName = "MrsAshSuite"
)

// room is a row of a room on a day of November.
func room(day int, id string, dialogs int) string {
	name := id
	if id == ash {
		name = ashName
	}
	return fmt.Sprintf("11/%d/2026,org,,%s,%s,1,1,%d", day, id, name, dialogs)
}

// someRooms are rows of rooms on a day, each with so many dialogs.
func someRooms(day, dialogs int, ids ...string) string {
	var rows []string
	for _, id := range ids {
		rows = append(rows, room(day, id, dialogs))
	}
	return device(rows...)()
}

// erasures are those of the harness, with its injector between them and the outside.
func (p *harness) erasures() *erase.Service {
	bucket := objects.NewBucket(objects.NewClient(p.s3.Config(), p.inject.s3), p.outside.dataset)
	return &erase.Service{
		Dataset: bucket, Ledger: scanning{ledger.New(p.inject.store(p.store)), p.ledger}, Converter: convert.NewConverter(), Now: p.clock.Now, Pause: p.clock.Sleep,
	}
}

// scanning is a ledger of a function with the whole table, which only people read.
type scanning struct {
	*ledger.Ledger
	whole *ledger.Ledger
}

func (s scanning) Files(ctx context.Context) iter.Seq2[report.File, error] { return s.whole.Files(ctx) }

// eraseHarness has the room in all places in which a unit can be, in a bucket that keeps versions as the one on AWS does.
func (at *fixture) eraseHarness(t *testing.T) *harness {
	t.Helper()
	p := at.newHarness(t, nil)
	_, err := p.s3.Client().PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(p.outside.dataset), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	p.must(err)
	next := func(name string, day int, content string) {
		p.skipTo(p.clock.Now().Add(time.Hour))
		date := report.NewDate(2026, 11, day)
		p.expectOf("org", name, "asp_device", report.Window{From: date, To: date})
		p.deliver(name, content)
		p.drain()
	}
	next("one.csv", 1, someRooms(1, 5, ash, "oak", "elm", "fir"))
	next("one-again.csv", 1, someRooms(1, 6, ash, "oak", "elm", "fir"))
	next("two.csv", 2, someRooms(2, 5, ash))
	next("three.csv", 3, someRooms(3, 5, ash, "oak", "elm", "fir", "yew"))
	next("three-held.csv", 3, someRooms(3, 5, ash, "oak"))
	p.skipTo(p.clock.Now().Add(time.Hour))
	date := report.NewDate(2026, 11, 4)
	p.expectFiles(report.Window{From: date, To: date},
		report.NamedFile{Name: "four-a.csv", Table: "asp_device", Root: "org"}, report.NamedFile{Name: "four-b.csv", Table: "asp_device", Root: "org"})
	p.deliver("four-a.csv", someRooms(4, 5, ash, "oak"))
	p.drain()
	next("five.csv", 5, strings.Replace(someRooms(5, 5, ash, "oak"), ",5", ",none", 1))
	for _, content := range []string{"rooms\nunit_id,room,building,wing,property_code\n" + ash + ",4711,,,\noak,12,,,\n",
		"rooms\nunit_id,room,building,wing,property_code\n" + ash + ",4711,,,\noak,13,,,\n",
		"occupancy\nunit_id,stay_date,occupied\n" + ash + ",2026-11-01,1\n" + ash + ",2026-11-02,1\n"} {
		table, csv, _ := strings.Cut(content, "\n")
		_, err := own.Run(t.Context(), objects.NewBucket(p.s3.Client(), p.outside.dataset), own.Order{Table: table, Content: []byte(csv)})
		p.must(err)
	}
	return p
}

// everything is the content of all objects of the dataset with all their versions, by key and version, packed and unpacked.
func (p *harness) everything() map[string]string {
	p.t.Helper()
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	found := map[string]string{}
	for v, err := range bucket.ListVersions(p.t.Context(), "") {
		p.must(err)
		if v.Marker {
			continue
		}
		version := v.VersionID
		if v.Latest {
			version = "" // a bucket without versions has none to ask for
		}
		body, _, err := bucket.Open(p.t.Context(), v.Key, "", version)
		p.must(err)
		content, err := io.ReadAll(body)
		p.must(errors.Join(err, body.Close()))
		found[v.Key+" "+v.VersionID] = string(content) + p.unpacked(content)
	}
	return found
}

// unpacked is the text of all values of a Parquet file; empty for another file.
func (p *harness) unpacked(content []byte) string {
	p.t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return ""
	}
	var text strings.Builder
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 16)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				fmt.Fprintln(&text, row)
			}
			if err != nil || n == 0 {
				break
			}
		}
		p.must(rows.Close())
	}
	return text.String()
}

// places are the objects and versions that name the room.
func (p *harness) places() (places []string) {
	p.t.Helper()
	for name, content := range p.everything() {
		if strings.Contains(content, ash) || strings.Contains(content, ashName) {
			places = append(places, strings.Fields(name)[0])
		}
	}
	slices.Sort(places)
	return places
}

// total is a line of a certificate.
func total(kind report.ErasedKind, subscription, table string, objects int, rows int64) report.ErasedTotal {
	return report.ErasedTotal{Kind: kind, Subscription: subscription, Table: table, Objects: objects, Rows: rows}
}

// erased is what an erasure of the room changes, apart from older versions: three published days, a held report, one file's share, a
// table of stays, and two versions of the list of rooms.
var erased = []report.ErasedTotal{
	total(report.ErasedDay, Subscription, "asp_device", 3, 3), total(report.ErasedHeld, Subscription, "asp_device", 1, 1),
	total(report.ErasedMap, "", "occupancy", 1, 2), total(report.ErasedMap, "", "rooms", 2, 2), total(report.ErasedStaged, Subscription, "asp_device", 1, 1),
}

// versioned are the older versions that go: each object that was rewritten or deleted leaves one, and November 1 had one before.
var versioned = []report.ErasedTotal{
	total(report.ErasedVersion, "", "occupancy", 1, 2), total(report.ErasedVersion, "", "rooms", 2, 2), total(report.ErasedVersion, Subscription, "asp_device", 6, 6),
}

func (p *harness) erase(dryRun bool) erase.Summary {
	p.t.Helper()
	sum, err := p.erasures().Run(p.t.Context(), ash, dryRun)
	if err != nil || len(sum.Failed) > 0 {
		p.t.Fatalf("%+v, %v", sum, err)
	}
	return sum
}

// rows are the published days of November by their number of rows, with those that are held.
func (p *harness) rows() map[string]string {
	p.t.Helper()
	days := map[string]string{}
	all, err := p.ledger.Partitions(p.t.Context(), Subscription, "asp_device", report.Window{From: november1, To: november1 + 9})
	p.must(err)
	for _, s := range all {
		text := fmt.Sprint(s.Rows)
		if s.Held != nil {
			text += fmt.Sprint(" held ", s.Held.Rows)
		}
		if s.Fence != nil {
			text += " fenced"
		}
		if (s.Key == "") != (s.Rows == 0) {
			text += " with the object " + s.Key
		}
		days[s.Date.String()] = text
	}
	return days
}

func (p *harness) wantRows(want map[string]string) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.rows()); diff != "" {
		p.t.Errorf("rows: -want +got\n%s", diff)
	}
}

// An erased unit is nowhere any more, and no way of the data brings it back.
func TestAnErasedUnitNeverComesBack(t *testing.T) {
	dir := t.TempDir()
	p := newFixtureOn(t, s3server.Options{Dir: dir, Versioning: true}).eraseHarness(t)
	p.wantRows(map[string]string{"2026-11-01": "4", "2026-11-02": "1", "2026-11-03": "5 held 2"})
	if n := len(p.places()); n != 9 {
		t.Fatalf("the room is in %d places, want 4 versions of days, a held report, a share and 3 maps: %q", n, p.places())
	}
	before := p.everything()
	dry := p.erase(true)
	want := append(slices.Clone(erased), total(report.ErasedVersion, Subscription, "asp_device", 1, 1))
	if diff := cmp.Diff(want, dry.Changed); diff != "" || dry.Raw != (erase.Raw{Files: 1, Quarantined: 1, Until: dry.Raw.Until}) {
		t.Errorf("dry run: %+v, -want +got\n%s", dry.Raw, diff)
	}
	if !maps.Equal(before, p.everything()) || len(p.records("ERASE#")) > 0 {
		t.Error("a dry run has changed something")
	}

	sum := p.erase(false)
	want = slices.Concat(erased, versioned)
	if diff := cmp.Diff(want, sum.Changed); diff != "" {
		t.Errorf("changed: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(want, sum.Certificate.Changed); diff != "" {
		t.Errorf("certified: -want +got\n%s", diff)
	}
	if left := p.places(); len(left) > 0 {
		t.Errorf("the room is still in %q", left)
	}
	p.wantRows(map[string]string{"2026-11-01": "3", "2026-11-02": "0", "2026-11-03": "4 held 1"})
	p.whole()

	// Again changes nothing.
	objects, records := p.everything(), p.records("")
	if again := p.erase(false); len(again.Changed) > 0 || again.Certificate.Hash() != sum.Certificate.Hash() {
		t.Errorf("again: %+v", again)
	}
	if !maps.Equal(objects, p.everything()) || !maps.Equal(records, p.records("")) {
		t.Error("a second run has changed something")
	}
	p.comesAgain()
	if left := p.places(); len(left) > 0 {
		t.Errorf("the room is back in %q", left)
	}
	// The quarantined file goes when its hold is over; then the room is in no byte of the disk, and in no line of a log.
	p.skipTo(p.clock.Now().Add(13 * time.Hour))
	p.sweep()
	p.drain()
	p.expireMarkers()
	p.nowhere(p.log.String(), string(must(json.Marshal(sum))))
	p.nowhereBelow(dir)
	p.nowhereBelow(p.Dir)
	p.chained(sum)
}

// comesAgain has the room delivered, imported and accepted again.
func (p *harness) comesAgain() {
	p.t.Helper()
	p.deliverNext("one-third.csv", someRooms(1, 6, ash, "oak", "elm", "fir"))
	p.skipTo(p.clock.Now().Add(time.Hour))
	second := november1 + 1
	p.expectOf("org", "two-again.csv", "asp_device", report.Window{From: second, To: second})
	p.deliver("two-again.csv", someRooms(2, 7, ash))
	p.deliver("four-b.csv", someRooms(4, 5, ash, "elm")) // the second of two: both are merged now
	p.drain()
	held, err := p.ledger.Partitions(p.t.Context(), Subscription, "asp_device", report.Window{From: november1 + 2, To: november1 + 2})
	p.must(err)
	_, err = p.holds().Accept(p.t.Context(), Subscription, "asp_device", november1+2, held[0].Held.Generation)
	p.must(err)
	p.wantRows(map[string]string{"2026-11-01": "3", "2026-11-02": "0", "2026-11-03": "1", "2026-11-04": "2"})
	for name, want := range map[string]report.Receipt{"one-third.csv": {Rows: 3, Erased: 1}, "two-again.csv": {Erased: 1}, "four-b.csv": {Rows: 1, Erased: 1}} {
		f, err := p.ledger.File(p.t.Context(), name)
		p.must(err)
		if r := f.Receipt; r == nil || r.Rows != want.Rows || r.Erased != want.Erased || f.Status != report.FileDeleted {
			p.t.Errorf("%s is %s, %+v", name, f.Status, r)
		}
	}
	units, err := p.ledger.ErasedUnits(p.t.Context())
	p.must(err)
	done, err := own.Run(p.t.Context(), objects.NewBucket(p.s3.Client(), p.outside.dataset), own.Order{
		Table: "rooms", Content: []byte("unit_id,room,building,wing,property_code\n" + ash + ",4711,,,\n"), Erased: units.Has,
	})
	if err != nil || len(done.Mistakes) != 1 || done.Mistakes[0].Why != "the unit was erased: leave it out" {
		p.t.Errorf("imported: %+v, %v", done, err)
	}
}

// whole demands that the dataset is what the ledger says.
func (p *harness) whole() {
	p.t.Helper()
	if found, err := p.verifier.All(p.t.Context()); err != nil || len(found.Vanished)+len(found.Unknown)+found.Unsettled > 0 {
		p.t.Errorf("verified: %+v, %v", found, err)
	}
}

// expireMarkers does what the lifecycle of the bucket on AWS does with markers of deletion that have no version left. The stand-in
// for S3 keeps the content of the deleted object in the marker's file, which nobody can read but from the disk.
func (p *harness) expireMarkers() {
	p.t.Helper()
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	markers, versions := map[string]string{}, map[string]bool{}
	for v, err := range bucket.ListVersions(p.t.Context(), "") {
		p.must(err)
		if v.Marker {
			markers[v.Key] = v.VersionID
		} else {
			versions[v.Key] = true
		}
	}
	for key, version := range markers {
		if !versions[key] {
			_, err := bucket.Delete(p.t.Context(), key, "", version)
			p.must(err)
		}
	}
}

// nowhere demands that texts do not name the room.
func (p *harness) nowhere(texts ...string) {
	p.t.Helper()
	for i, text := range texts {
		for _, word := range []string{ash, ashName} {
			if at := strings.Index(text, word); at >= 0 {
				p.t.Errorf("text %d names the room: %q", i, text[max(0, at-80):at+len(word)])
			}
		}
	}
}

// nowhereBelow demands that no file below a folder names the room.
func (p *harness) nowhereBelow(dir string) {
	p.t.Helper()
	files := 0
	p.must(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		files++
		p.nowhere(string(content), p.unpacked(content))
		return err
	}))
	if files == 0 {
		p.t.Errorf("no file is below %s", dir)
	}
}

// chained demands that the certificate is in the chain.
func (p *harness) chained(sum erase.Summary) {
	p.t.Helper()
	chain, err := p.ledger.Chain(p.t.Context())
	p.must(err)
	for _, seal := range chain.Seals {
		for _, s := range seal.Certificates {
			if s.Erasure == sum.Unit && s.SHA256 == sum.Certificate.Hash() {
				return
			}
		}
	}
	p.t.Error("the certificate of the erasure has no seal")
}
