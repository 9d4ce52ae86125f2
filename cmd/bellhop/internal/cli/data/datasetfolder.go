package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// datasetFolder is a dataset in a folder of this machine, in the layout of the dataset bucket.
type datasetFolder struct {
	dir     string
	replace bool
	// fresh tells that the dataset is new, and is to say its format before it has anything else.
	fresh bool
	// taken are the days that files of this run have had, by key: a dry run sees the same collisions as the real one.
	taken map[string]takenDay
}

// takenDay is which file has had a day, and with which content; without rows it has none.
type takenDay struct{ file, sha256 string }

// dayStep is one day of a file. Its body is nil for a day without rows.
type dayStep struct {
	proof  report.PartitionProof
	body   *io.SectionReader
	sha256 string
}

// begin looks at the dataset's format, which must be one that this bellhop knows.
func (d *datasetFolder) begin() error {
	format, err := migrate.Folder(d.dir).Format()
	if err != nil {
		return err
	}
	days, err := fs.Glob(os.DirFS(d.dir), "*/dataset_date=*/*.parquet")
	d.fresh = format == 0 && len(days) == 0
	return err
}

// store puts the days of a converted file into the folder, and then its receipt. Every day is compared with what is there
// before the first is written. Doing it again after it was stopped in between does the rest.
func (d *datasetFolder) store(ctx context.Context, r *convertedFile, w report.Window, days []report.EncodedDay) error {
	steps, err := d.steps(*r, w, days)
	if err != nil {
		return err
	}
	for _, st := range steps {
		r.Receipt.Partitions = append(r.Receipt.Partitions, st.proof)
		if r.DryRun {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := d.perform(*r, st); err != nil {
			return fmt.Errorf("write %s of %s: %w", st.proof.Date, r.Table, err)
		}
	}
	for _, st := range steps {
		d.taken[report.PartitionKey(r.Subscription, r.Table, st.proof.Date)] = takenDay{r.File, st.sha256}
	}
	if r.DryRun {
		return nil
	}
	key := receiptKey(*r)
	r.ReceiptFile = filepath.Join(d.dir, filepath.FromSlash(key))
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the receipt: %w", err)
	}
	if err := migrate.Folder(d.dir).Write(key, func(to io.Writer) error { _, err := to.Write(append(content, '\n')); return err }); err != nil {
		return fmt.Errorf("write the receipt: %w", err)
	}
	return nil
}

// receiptKey is where a receipt lies in the dataset: a function of the content and what it was converted to.
func receiptKey(r convertedFile) string {
	return path.Join("_receipts", r.Table, r.Subscription+"-"+r.Receipt.SHA256[:16]+".json")
}

// steps says what is to be done, and refuses a file with days that must not be replaced.
func (d *datasetFolder) steps(r convertedFile, w report.Window, days []report.EncodedDay) ([]dayStep, error) {
	var steps []dayStep
	fresh := map[report.Date]bool{}
	for _, day := range days {
		fresh[day.Date] = true
		steps = append(steps, dayStep{proof: report.PartitionProof{Date: day.Date, Rows: day.Rows, Key: report.PartitionKey(r.Subscription, r.Table, day.Date)}, body: day.Body, sha256: day.SHA256})
	}
	if r.Window != nil {
		for date := range w.Days() {
			if !fresh[date] {
				steps = append(steps, dayStep{proof: report.PartitionProof{Date: date}})
			}
		}
	}
	slices.SortFunc(steps, func(x, y dayStep) int { return cmp.Compare(x.proof.Date, y.proof.Date) })
	var refused []report.Date
	for i := range steps {
		outcome, err := d.compare(r, steps[i])
		if err != nil {
			return nil, err
		}
		if outcome == "" {
			refused = append(refused, steps[i].proof.Date)
		}
		steps[i].proof.Outcome = outcome
	}
	if len(refused) == 0 {
		return steps, nil
	}
	which := refused[0].String()
	if more := len(refused) - 1; more > 0 {
		which += " and " + phrase.Count(more, "more day")
	}
	return nil, shell.Refuse("if this file is the newer report: --replace", "there is other content for %s of %s", which, r.Table)
}

// compare returns the outcome for a day; it is empty when something else is there that must not be replaced.
func (d *datasetFolder) compare(r convertedFile, st dayStep) (report.PartitionOutcome, error) {
	key := report.PartitionKey(r.Subscription, r.Table, st.proof.Date)
	there, err := d.digest(key)
	if err != nil {
		return "", fmt.Errorf("compare %s of %s with what is there: %w", st.proof.Date, r.Table, err)
	}
	if earlier, taken := d.taken[key]; taken {
		if earlier.sha256 != st.sha256 {
			return "", shell.Refuse("a day comes from one report: leave the older file out, or convert reports of different subscriptions each with its own --subscription",
				"%s of %s is in %s, too, with other content", st.proof.Date, r.Table, earlier.file)
		}
		there = earlier.sha256
	}
	switch {
	case there == st.sha256 && st.body == nil:
		return report.PartitionZero, nil
	case there == st.sha256:
		return report.PartitionUnchanged, nil
	case there != "" && !d.replace:
		return "", nil
	case st.body == nil:
		return report.PartitionZero, nil
	default:
		return report.PartitionWritten, nil
	}
}

// digest returns the SHA-256 of what lies under a key; nothing when there is none.
func (d *datasetFolder) digest(key string) (string, error) {
	f, err := os.Open(filepath.Join(d.dir, filepath.FromSlash(key)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read from
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (d *datasetFolder) perform(r convertedFile, st dayStep) error {
	key := report.PartitionKey(r.Subscription, r.Table, st.proof.Date)
	switch st.proof.Outcome {
	case report.PartitionWritten:
		if d.fresh {
			if err := migrate.Folder(d.dir).Write(report.FormatKey, func(to io.Writer) error { _, err := to.Write(report.EncodeFormat()); return err }); err != nil {
				return err
			}
			d.fresh = false
		}
		return migrate.Folder(d.dir).Write(key, func(to io.Writer) error {
			_, err := io.Copy(to, io.NewSectionReader(st.body, 0, st.body.Size()))
			return err
		})
	case report.PartitionZero:
		// Whatever is left there is to be replaced, else the day would have been refused.
		err := os.Remove(filepath.Join(d.dir, filepath.FromSlash(key)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	case report.PartitionUnchanged:
		return nil
	case report.PartitionHeld, report.PartitionSuperseded, report.PartitionStaged:
		return fmt.Errorf("a folder has no %s days", st.proof.Outcome)
	default:
		panic("data: unhandled outcome " + string(st.proof.Outcome))
	}
}
