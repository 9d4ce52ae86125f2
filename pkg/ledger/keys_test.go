package ledger

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A snapshot is read in this order, page by page: a job that is loaded meanwhile must not vanish before its days appear.
func TestMarkersBeforeDays(t *testing.T) {
	marker, day := markerKey("hotel", "hotel-999999"), partitionKey("hotel", "asp_device", report.NewDate(2026, 11, 1))
	if marker.PK != day.PK || marker.SK >= day.SK {
		t.Errorf("%s is not before %s", marker, day)
	}
}

func TestKeys(t *testing.T) {
	verified := time.Date(2026, 11, 1, 13, 0, 0, 500_000_000, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		got  Key
		want string
	}{
		"subscription": {subKey("hotel"), "SUB#hotel/META"},
		"entry":        {subEntryKey("hotel"), "SUB#/hotel"},
		"job entry":    {jobEntryKey("hotel", "hotel-000001"), "SUB#hotel/JOB#hotel-000001"},
		"marker":       {markerKey("hotel", "hotel-000001"), "SUB#hotel/OPEN#hotel-000001"},
		"day":          {partitionKey("hotel", "asp_device", report.NewDate(2026, 11, 1)), "SUB#hotel/SLICE#asp_device#2026-11-01"},
		"job":          {jobKey("hotel-000001"), "JOB#hotel-000001/META"},
		"file":         {fileKey("in/a.csv"), "FILE#in/a.csv/META"},
		"certificate":  {certKey("in/a.csv", verified), "FILE#in/a.csv/CERT#2026-11-01T12:00:00.500000000Z"},
		"unsealed":     {unsealedKey("in/a.csv", verified), "UNSEALED#/2026-11-01T12:00:00.500000000Z#in/a.csv"},
		"seal":         {sealKey(7), "SEAL#/000000000007"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}

func TestKeysOfChanges(t *testing.T) {
	for name, c := range map[string]struct {
		key       Key
		job, file string
	}{
		"job":          {key: jobKey("hotel-000001"), job: "hotel-000001"},
		"file":         {key: fileKey("in/a.csv"), file: "in/a.csv"},
		"certificate":  {key: certKey("in/a.csv", time.Unix(0, 0))},
		"job entry":    {key: jobEntryKey("hotel", "hotel-000001")},
		"subscription": {key: subKey("hotel")},
	} {
		t.Run(name, func(t *testing.T) {
			job, isJob := JobID(c.key)
			if isJob != (c.job != "") || isJob && job != c.job {
				t.Errorf("job %q, %v", job, isJob)
			}
			file, isFile := FileKey(c.key)
			if isFile != (c.file != "") || isFile && file != c.file {
				t.Errorf("file %q, %v", file, isFile)
			}
		})
	}
}

func TestBaseName(t *testing.T) {
	for key, want := range map[string]string{
		"in/a.csv": "a.csv", "2026/11/a.csv": "a.csv", "/a.csv": "a.csv", "a.csv": "", "in/": "", "/": "", "": "",
	} {
		base, nested := baseName(key)
		if nested != (want != "") || nested && base != want {
			t.Errorf("%q: %q, %v", key, base, nested)
		}
	}
}
