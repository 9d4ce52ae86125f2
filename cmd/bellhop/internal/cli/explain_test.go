package cli_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
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
	if code != cli.ExitFine {
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

func TestANameOfTwoUnitsIsNoAnswer(t *testing.T) {
	code, out, errs := explaining(t).run(t.Context(), "explain", "asp_device", "Room 1", "2026-11-14")
	if code != cli.ExitError || out != "" || !strings.Contains(errs, "2 units of that day have this name") || !strings.Contains(errs, "a, b") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if strings.Contains(errs, "Room 1") {
		t.Error("the error tells the name of a room")
	}
}

func TestADayThatIsNotThereSaysWhy(t *testing.T) {
	tests := map[string]struct{ table, date, says string }{
		"zero":            {"asp_communication", "2026-11-14", "ZERO"},
		"nobody wants it": {"asp_device", "2026-11-19", "the subscription wants the days 2026-11-14..2026-11-17"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, errs := explaining(t).run(t.Context(), "explain", test.table, "nobody", test.date)
			if code != cli.ExitFine || !strings.Contains(out, test.says) {
				t.Errorf("exit %d, %s%s", code, out, errs)
			}
		})
	}
	code, _, errs := explaining(t).run(t.Context(), "explain", "asp_property_skill", "a", "2026-11-14")
	if code != cli.ExitError || !strings.Contains(errs, "no subscription asks for asp_property_skill") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestAUnitThatNoReportHasIsAnErrorWithSuggestions(t *testing.T) {
	for unit, says := range map[string]string{
		"nobody": "→ see which there are: bellhop query", "room 1": "→ did you mean: Room 1", "Rom 1": "→ did you mean: Room 1",
	} {
		code, out, errs := explaining(t).run(t.Context(), "explain", "asp_device", unit, "2026-11-14")
		if code != cli.ExitError || out != "" || !strings.Contains(errs, "no unit of asp_device has this id or name on 2026-11-14") || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %q, %q", unit, code, out, errs)
		}
	}
}

// The subscription that explain names is the one of which DuckDB's view has the rows; see the tests of the view.
func TestOfSeveralSubscriptionsTheViewsChoiceIsMarked(t *testing.T) {
	tests := map[string]struct {
		other, csv, unit, want string
	}{
		"the first name":                     {"alpha", "11/14/2026,org,Hotels,a,Room 1,1,1,5\n", "a", "alpha"},
		"not the later name":                 {"zulu", "11/14/2026,org,Hotels,a,Room 1,1,1,5\n", "a", "hotel"},
		"nobody, where another has it above": {"alpha", "11/14/2026,org,Hotels,,,1,1,5\n", "org", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := explaining(t)
			sub := hotel()
			sub.Name = test.other
			b.ledger.subs[test.other] = sub
			b.publish(t, test.other, test.csv)
			code, out, errs := b.run(t.Context(), "explain", "asp_device", test.unit, "2026-11-14", "--json")
			if code != cli.ExitFine {
				t.Fatalf("exit %d: %s", code, errs)
			}
			var taken string
			for _, s := range decode[struct {
				Subscriptions []struct {
					Subscription string
					Taken        bool `json:"taken_by_default_view"`
				}
			}](t, out).Subscriptions {
				if s.Taken {
					taken += s.Subscription
				}
			}
			if diff := cmp.Diff(test.want, taken); diff != "" {
				t.Error(diff)
			}
		})
	}
}
