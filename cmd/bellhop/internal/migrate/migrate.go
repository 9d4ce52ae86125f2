// Package migrate brings a dataset of an earlier format to that of today. It may be stopped anywhere and run again: each
// object says its format, and is replaced in one step.
package migrate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Dataset is where the dataset lies: a bucket, or a folder.
type Dataset interface {
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
	// Stat returns the object with its metadata, or NotFound.
	Stat(ctx context.Context, key string) (report.Object, error)
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	// Put writes a whole object on a condition; Conflict when it does not hold.
	Put(ctx context.Context, w report.Write) (report.Object, error)
}

// Days is the ledger's record of published days.
type Days interface {
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error)
	ChangeDay(ctx context.Context, subscription, table string, d report.Date, change func(*report.Partition) error) error
}

// Service migrates one dataset. All fields but Days and Progress are required.
type Service struct {
	Dataset Dataset
	// Days is nil for a folder without a ledger.
	Days      Days
	Converter *convert.Converter
	Now       func() time.Time
	// Progress, if set, is told how many objects are looked at, and of how many.
	Progress func(done, total int)
}

// Summary is what a migration did, or would do.
type Summary struct {
	From     int  `json:"from_format"`
	To       int  `json:"to_format"`
	Objects  int  `json:"objects"`
	Migrated int  `json:"migrated"`
	Already  int  `json:"of_this_format_already"`
	DryRun   bool `json:"dry_run"`
	// Duplicates counts rows that an earlier format kept although the day had them already.
	Duplicates int64     `json:"duplicate_rows_left_out"`
	Failed     []Failure `json:"failed"`
}

// Failure is an object that stays as it was, and why.
type Failure struct {
	Key string `json:"key"`
	Why string `json:"why"`
}

// fence is who replaces a day's object: loads of that day wait as long. Every run has the same name, so that one which goes on
// after another was killed need not wait; between two that run at once the conditional writes decide.
var fence = report.File{Key: "bellhop migrate", Epoch: -1}

// lease is how long one day is kept from loads at most.
const lease = 2 * time.Minute

// Run migrates every published day. A day that cannot be migrated stays as it is, and keeps the dataset from counting as migrated; the
// others go on. Held and staged reports are of whatever format they are: those who read them read every format.
func (s *Service) Run(ctx context.Context, dryRun bool) (Summary, error) {
	sum := Summary{From: 1, To: report.DatasetFormat, DryRun: dryRun, Failed: []Failure{}}
	recorded, etag, err := s.recorded(ctx)
	if err != nil {
		return sum, err
	}
	sum.From = cmp.Or(recorded, 1)
	if recorded == report.DatasetFormat {
		return sum, nil
	}
	partitions, err := s.published(ctx)
	if err != nil {
		return sum, err
	}
	sum.Objects = len(partitions)
	for i, key := range partitions {
		if s.Progress != nil {
			s.Progress(i, len(partitions))
		}
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		if err := s.object(ctx, key, &sum); err != nil {
			if ctx.Err() != nil {
				return sum, ctx.Err()
			}
			sum.Failed = append(sum.Failed, Failure{key, err.Error()})
		}
	}
	if dryRun || len(sum.Failed) > 0 {
		return sum, nil
	}
	content := report.EncodeFormat()
	_, err = s.Dataset.Put(ctx, report.Write{Key: report.FormatKey, Body: bytes.NewReader(content), Condition: report.Condition{Absent: etag == "", ETag: etag}, ContentType: "application/json"})
	if err != nil {
		return sum, fmt.Errorf("record that the dataset is migrated: %w", err)
	}
	return sum, nil
}

// recorded returns the dataset's format, 0 when it says none.
func (s *Service) recorded(ctx context.Context) (format int, etag string, err error) {
	body, o, err := s.Dataset.Open(ctx, report.FormatKey, "", "")
	if fault.Is(err, fault.NotFound) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return 0, "", fmt.Errorf("read %s: %w", report.FormatKey, err)
	}
	format, err = report.DecodeFormat(content)
	return format, o.ETag, err
}

// published returns the keys of all published days.
func (s *Service) published(ctx context.Context) ([]string, error) {
	var keys []string
	for o, err := range s.Dataset.List(ctx, "") {
		if err != nil {
			return nil, fmt.Errorf("list the dataset: %w", err)
		}
		if _, ok := parse(o.Key); ok {
			keys = append(keys, o.Key)
		}
	}
	return keys, nil
}

// day is what a partition's key says.
type day struct {
	subscription, table string
	date                report.Date
}

// parse undoes [report.PartitionKey]. A migration leaves other objects of the dataset as they are.
func parse(key string) (day, bool) {
	sub, name, date, ok := report.ParsePartitionKey(key)
	_, known := dataset.Lookup(name)
	return day{sub, name, date}, ok && known
}

func (s *Service) object(ctx context.Context, key string, sum *Summary) error {
	d, _ := parse(key)
	o, err := s.Dataset.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil // deleted since it was listed
	}
	if err != nil {
		return err
	}
	partition, err := s.record(ctx, d)
	if err != nil {
		return err
	}
	switch format := cmp.Or(o.Metadata[report.MetaFormat], "1"); format {
	case "1":
		return s.replace(ctx, d, o, partition, sum)
	case strconv.Itoa(report.DatasetFormat):
		sum.Already++
		if partition != nil && partition.ETag != o.ETag && o.Metadata[report.MetaMigrated] == partition.ETag && !sum.DryRun {
			// A run was stopped between the object and its record.
			encoded, err := s.encoded(ctx, d, o)
			if err != nil {
				return err
			}
			return s.settle(ctx, d, partition.ETag, o.ETag, encoded)
		}
		return nil
	default:
		return fault.New(fault.Poison, "it is of format %q, which this bellhop does not know: use a newer bellhop", format)
	}
}

// record returns the ledger's record of a day, or nil when the ledger has none.
func (s *Service) record(ctx context.Context, d day) (*report.Partition, error) {
	if s.Days == nil {
		return nil, nil
	}
	found, err := s.Days.Partitions(ctx, d.subscription, d.table, report.Window{From: d.date, To: d.date})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// replace puts today's form of an object in its place, and notes it in the day's record. An object that the record does not mean is
// the work of a load that was not committed; the record then stays as it is.
func (s *Service) replace(ctx context.Context, d day, o report.Object, partition *report.Partition, sum *Summary) error {
	encoded, err := s.encoded(ctx, d, o)
	if err != nil {
		return err
	}
	if !sum.DryRun {
		recorded := partition != nil && partition.ETag == o.ETag
		if recorded {
			now := s.Now()
			if _, err := s.Days.Fence(ctx, fence, []report.Partition{*partition}, now, now.Add(lease)); err != nil {
				return err
			}
		}
		metadata := maps.Clone(o.Metadata)
		if metadata == nil {
			metadata = map[string]string{}
		}
		metadata[report.MetaFormat], metadata[report.MetaMigrated] = strconv.Itoa(report.DatasetFormat), o.ETag
		metadata[report.MetaSHA256], metadata[report.MetaRows] = encoded.SHA256, strconv.FormatInt(encoded.Rows, 10)
		put, err := s.Dataset.Put(ctx, report.Write{Key: o.Key, Body: encoded.Body, Condition: report.Condition{ETag: o.ETag}, Metadata: metadata, ContentType: "application/vnd.apache.parquet"})
		if err != nil {
			return fmt.Errorf("replace it: %w", err)
		}
		if recorded {
			if err := s.settle(ctx, d, o.ETag, put.ETag, encoded); err != nil {
				return err
			}
		}
	}
	sum.Migrated++
	sum.Duplicates += encoded.Duplicates
	return nil
}

// settle notes the new object in the day's record: all else about the day, its generation too, is as it was.
func (s *Service) settle(ctx context.Context, d day, from, to string, encoded report.EncodedDay) error {
	return s.Days.ChangeDay(ctx, d.subscription, d.table, d.date, func(partition *report.Partition) error {
		if partition.ETag != from {
			return nil // another run, or a newer report, has been here
		}
		partition.ETag, partition.SHA256 = to, encoded.SHA256
		partition.Rows, partition.Sums, partition.Figures = encoded.Rows, encoded.Sums, encoded.Figures
		if f := partition.Fence; f != nil && f.File == fence.Key && f.Epoch == fence.Epoch {
			partition.Fence = nil
		}
		return nil
	})
}

// encoded returns an object as loading its rows today would make it, and makes sure that it says the same.
func (s *Service) encoded(ctx context.Context, d day, o report.Object) (report.EncodedDay, error) {
	var none report.EncodedDay
	body, _, err := s.Dataset.Open(ctx, o.Key, o.ETag, "")
	if err != nil {
		return none, err
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return none, fmt.Errorf("read it: %w", err)
	}
	old := io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content)))
	rows, sums, err := convert.ReadSums(old) //nolint:contextcheck // it reads from memory
	if err != nil {
		return none, err
	}
	contract := report.Contract{Subscription: d.subscription, Table: d.table, Window: report.Window{From: d.date, To: d.date}}
	encoded, err := s.Converter.Merge(ctx, contract, d.date, []*io.SectionReader{old})
	if err != nil {
		return none, err
	}
	return encoded, same(rows, sums, encoded) //nolint:contextcheck // it reads from memory
}

// same reads the new form back: it must have the rows and sums of the old one. Only rows that were there twice may be missing.
func same(rows int64, sums map[string]string, encoded report.EncodedDay) error {
	back, backSums, err := convert.ReadSums(encoded.Body)
	if err != nil {
		return err
	}
	if back != encoded.Rows || back+encoded.Duplicates != rows {
		return fault.New(fault.Internal, "it has %d rows, and its new form %d and %d that come again", rows, back, encoded.Duplicates)
	}
	if !maps.Equal(backSums, encoded.Sums) || encoded.Duplicates == 0 && !maps.Equal(sums, backSums) {
		return fault.New(fault.Internal, "its sums are %v, and those of its new form %v", sums, backSums)
	}
	return nil
}
