package sim

import (
	"os"
	"testing"
	"time"
)

// A file is replaced in the second in which it was delivered, and the notification of that is lost. S3 dates objects by the
// second, or by the begin of a multipart upload, so the new content looks older than the recorded one. It is loaded all the same.
func TestContentThatReplacesAnotherInTheSameSecondIsLoaded(t *testing.T) {
	at := newFixture(t)
	for name, first := range map[string]string{
		"the first was cut off":    device(good)() + "11/2/2026,org,Hotels,inn,In",
		"the first had a day less": device(good)(),
	} {
		for kind, dated := range map[string]time.Duration{"dated by the second": 0, "dated by the begin of its upload": -30 * time.Second} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				p := at.newHarness(t, nil)
				p.expectOf("org", "report.csv", "asp_device", asked())
				second := p.clock.Now().Truncate(time.Second).Add(time.Minute)
				p.skipTo(second.Add(900 * time.Millisecond))
				p.deliver("report.csv", first)
				for p.queue.WorkOne(t.Context()) {
				}
				p.skipTo(second.Add(910 * time.Millisecond))
				p.queue.chaos.LoseEvery = 1
				p.deliver("report.csv", device(good, "11/2/2026,org,Hotels,inn,Inn,1,1,7")())
				p.queue.chaos.LoseEvery = 0
				modified := second.Add(dated)
				if err := os.Chtimes(p.s3.Path(p.outside.delivery, "report.csv"), modified, modified); err != nil {
					t.Fatal(err)
				}
				p.skipTo(second.Add(time.Hour))
				p.sweep()
				p.drain()
				p.loaded("asp_device", map[string]int64{"2026-11-01": 1, "2026-11-02": 1})
			})
		}
	}
}
