package cli_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const unitHeader = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\n"

// publish puts a day of a subscription into the dataset and the ledger.
func (b *bench) publish(t *testing.T, subscription, csv string) {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(unitHeader+csv), report.Contract{
		Subscription: subscription, Table: "asp_device", Window: report.Window{From: day(14), To: day(14)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	content, err := io.ReadAll(c.Days[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	s := report.Partition{
		Subscription: subscription, Table: "asp_device", Date: day(14), Generation: at("06:00:01"), Job: "hotel-000001", File: "d.csv",
		Rows: c.Days[0].Rows, Key: report.PartitionKey(subscription, "asp_device", day(14)), ETag: "s1", LoadedAt: at("06:12:30"),
	}
	b.dataset[s.Key] = content
	snapshot := b.ledger.snapshots[subscription]
	snapshot.Partitions = slices.DeleteFunc(slices.Clone(snapshot.Partitions), func(old report.Partition) bool { return old.Table == s.Table && old.Date == s.Date })
	snapshot.Partitions = append(snapshot.Partitions, s)
	b.ledger.snapshots[subscription] = snapshot
}

// rooms is a property with two rooms that have the same name.
const rooms = "11/14/2026,org,Hotels,inn,The Inn,3,2,21\n11/14/2026,org,Hotels,a,Room 1,1,1,20\n11/14/2026,org,Hotels,b,Room 1,2,1,1\n"

func explaining(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.dataset, b.terminal = fakeDataset{}, true
	b.publish(t, "hotel", rooms)
	return b
}

func TestANumberIsFollowedToTheVendorsRequest(t *testing.T) {
	b := explaining(t)
	code, out, errs := b.run(t.Context(), "explain", "asp_device", "a", "2026-11-14")
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines(t, out, `
table  asp_device
unit   a
day    2026-11-14

SUBSCRIPTION hotel
status  COMPLETE
unit_name  row_scope  device_count  active_device_count  dialog_count
Room 1     LEAF                  1                    1            20
partition          asp_device/dataset_date=2026-11-14/hotel.parquet
ETag               s1
rows of all units  3
report requested   2026-11-20 06:00:01Z
loaded             2026-11-20 06:12:30Z
file               d.csv (DELETED)
SHA-256            ab12
bytes              2 048
delivered          2026-11-20 06:12:29Z
job                hotel-000001 (LOADED, 2026-11-14..2026-11-17)
asked              2026-11-20 06:00:01Z
vendor's request   r-1
deleted            2026-11-20 06:12:31Z
found gone         2026-11-20 06:12:32Z, 3.0 s after its delivery
`)
	code, out, _ = b.run(t.Context(), "explain", "asp_device", "The Inn", "2026-11-14", "--json")
	type answer struct {
		UnitID        string `json:"unit_id"`
		Subscriptions []struct {
			Rows []struct {
				DialogCount int `json:"dialog_count"`
			} `json:"rows"`
			File struct {
				SHA256 string `json:"sha256"`
			} `json:"file"`
			Job struct {
				Request string `json:"vendor_request_id"`
			} `json:"job"`
			Certificate struct {
				RequestID string `json:"request_id"`
			} `json:"certificate"`
		} `json:"subscriptions"`
	}
	got := decode[answer](t, out)
	if one := got.Subscriptions[0]; code != 0 || got.UnitID != "inn" || one.Rows[0].DialogCount != 21 || one.File.SHA256 != "ab12" ||
		one.Job.Request != "r-1" || one.Certificate.RequestID != "S3-1" {
		t.Errorf("got %+v", got)
	}
	if strings.Contains(out, "planted") {
		t.Error("the vendor's ticket is shown")
	}
}

func TestAUnitThatNoReportHasIsAnErrorWithSuggestions(t *testing.T) {
	for unit, says := range map[string]string{
		"nobody": "→ see which there are: bellhop query", "room 1": "→ did you mean: Room 1", "Rom 1": "→ did you mean: Room 1",
	} {
		code, out, errs := explaining(t).run(t.Context(), "explain", "asp_device", unit, "2026-11-14")
		if code != shell.ExitError || out != "" || !strings.Contains(errs, "no unit of asp_device has this id or name on 2026-11-14") || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %q, %q", unit, code, out, errs)
		}
	}
}
