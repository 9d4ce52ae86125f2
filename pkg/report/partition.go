package report

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Receipt is what an ingest proved.
type Receipt struct {
	// SHA256 and Bytes are of the delivered content, as it was read.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
	// Duplicates counts the rows that came again, equal in everything, and were counted once: in the file, and where it is the
	// last of several of its table, among all of them.
	Duplicates int64 `json:"duplicates,omitempty"`
	// Erased counts the rows that were left out because their unit, or one above it, is erased: in the file, and where it is the
	// last of several of its table, among all of them.
	Erased int64 `json:"erased,omitempty"`
	// Sums are the exact decimal totals of the measures over all rows of the file.
	Sums       map[string]string `json:"sums,omitempty"`
	Partitions []PartitionProof  `json:"slices"`
	// Unknown names the columns that the table does not define.
	Unknown  []string  `json:"unknown_columns,omitempty"`
	LoadedAt time.Time `json:"loaded_at"`
}

// Load is what the commit of a claimed file records.
type Load struct {
	File    File
	Receipt Receipt
	// Days are the records of the days that the load has published.
	Days []Partition
	// Restated says what changed of those that had other content before.
	Restated []Restatement
	// Staged is how many other files of the table were loaded when the load looked: of several files that finish at once one
	// sees itself to be the last.
	Staged int
}

// PartitionOutcome is what an ingest did with one day.
type PartitionOutcome string

// The outcomes of one day.
const (
	PartitionWritten    PartitionOutcome = "written"    // the object was put
	PartitionUnchanged  PartitionOutcome = "unchanged"  // the same bytes were there; only the generation moved on
	PartitionZero       PartitionOutcome = "zero"       // the file has no rows for the day, and none were known
	PartitionHeld       PartitionOutcome = "held"       // it would have erased or shrunk older data; put aside and reported
	PartitionSuperseded PartitionOutcome = "superseded" // a newer generation is there already
	PartitionStaged     PartitionOutcome = "staged"     // one of several files of the day; merged by the last
)

// PartitionProof is one day in a receipt. Key and ETag are of the object that holds the day's rows; both are
// empty for a zero day and for a held day that had no rows.
type PartitionProof struct {
	Date    Date             `json:"date"`
	Outcome PartitionOutcome `json:"outcome"`
	Rows    int64            `json:"rows"`
	Key     string           `json:"key,omitempty"`
	ETag    string           `json:"etag,omitempty"`
}

// Partition is the ledger's record of one published day of one table of one subscription.
type Partition struct {
	Subscription string `json:"subscription"`
	Table        string `json:"table"`
	Date         Date   `json:"date"`
	// Generation is the submission time of the job whose report is published. It never moves back.
	Generation time.Time `json:"generation"`
	Job        string    `json:"job"`
	File       string    `json:"file"`
	// Rows is 0 for a day that the vendor reported as empty: no object is published for it, and it is not missing.
	Rows int64             `json:"rows"`
	Sums map[string]string `json:"sums,omitempty"`
	// Figures are by measure. None in a record that is older than they are.
	Figures  map[string]Figures `json:"figures,omitempty"`
	Key      string             `json:"key,omitempty"`
	ETag     string             `json:"etag,omitempty"`
	SHA256   string             `json:"sha256,omitempty"`
	LoadedAt time.Time          `json:"loaded_at"`
	// Restated counts how often other content replaced the day's first.
	Restated int   `json:"restated,omitempty"`
	Held     *Held `json:"held,omitempty"`
	// Vanished tells that the published object was seen to be gone, or to be another. The day is missing then.
	Vanished *Vanished `json:"vanished,omitempty"`
	// Fence names the claim that is replacing the day's object right now.
	Fence *Fence `json:"fence,omitempty"`
	// Version is the ledger's version of the record; 0 when there is none yet. A commit demands that it still is.
	Version int64 `json:"-"`
}

// Fenced reports whether another claim than that of f has the right to replace the day's object at now.
func (s Partition) Fenced(f File, now time.Time) bool {
	return s.Fence != nil && s.Fence.Until.After(now) && (s.Fence.File != f.Key || s.Fence.Epoch != f.Epoch)
}

// Replacing reports whether a claim has the right to replace the day's object at now: it may lie there already, and is not
// recorded yet.
func (s Partition) Replacing(now time.Time) bool { return s.Fence != nil && s.Fence.Until.After(now) }

// Vanished is what a verification of the dataset found wrong with a published day.
type Vanished struct {
	// At is when it was noticed, and LastSeen when the object was last known to be there as it was published.
	At       time.Time `json:"at"`
	LastSeen time.Time `json:"last_seen"`
	// Replaced tells that another object lies under the key; else there is none.
	Replaced bool `json:"replaced,omitempty"`
}

// Why says it for people.
func (v Vanished) Why() string {
	what := "vanished from the dataset"
	if v.Replaced {
		what = "replaced in the dataset by another hand"
	}
	return what + ", last seen " + v.LastSeen.UTC().Format("2006-01-02 15:04Z")
}

// Held is a newer report of a day that would have erased or shrunk the published one.
type Held struct {
	Generation time.Time `json:"generation"`
	Job        string    `json:"job"`
	File       string    `json:"file"`
	Rows       int64     `json:"rows"`
	// Figures are the report's own, for a person to compare with the published day's. Sums are there where the published
	// day has no figures.
	Sums    map[string]string  `json:"sums,omitempty"`
	Figures map[string]Figures `json:"figures,omitempty"`
	// Fell names what fell too far: rows, or measures. None in a record of a release that looked at rows alone.
	Fell []string  `json:"fell,omitempty"`
	Key  string    `json:"key,omitempty"`
	Why  string    `json:"why"`
	At   time.Time `json:"at"`
}

// Fence is one worker's exclusive right to replace a partition's object, until a time. Equal content is not
// written again, so an ETag alone cannot tell a slow worker that a newer generation has passed it by.
type Fence struct {
	File  string    `json:"file"`
	Epoch int64     `json:"epoch"`
	Until time.Time `json:"until"`
}

// PartitionKey is the object key of a partition in the dataset bucket: a function of the partition alone.
func PartitionKey(subscription, table string, d Date) string {
	return path.Join(table, "dataset_date="+d.String(), subscription+".parquet")
}

// ParsePartitionKey undoes [PartitionKey]; ok is false for any other key.
func ParsePartitionKey(key string) (subscription, table string, d Date, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return "", "", 0, false
	}
	d, err := ParseDate(strings.TrimPrefix(parts[1], "dataset_date="))
	subscription, table = strings.TrimSuffix(parts[2], ".parquet"), parts[0]
	return subscription, table, d, err == nil && PartitionKey(subscription, table, d) == key
}

// OwnPrefix begins the keys of what people imported of their own: it is in no record, and nothing deletes it.
const OwnPrefix = "own/"

// OwnKey is the object key of a version of a table of people's own data.
func OwnKey(name string, version int) string {
	return path.Join(OwnPrefix, name, fmt.Sprintf("%06d.parquet", version))
}

// OperationsPrefix begins the keys of the operations tables as they were published: they are in no record, and the next ones replace them.
const OperationsPrefix = "operations/"

// OperationsKey is the object key of the published form of an operations table.
func OperationsKey(table string) string {
	return path.Join(OperationsPrefix, table, table+".parquet")
}

// StagedKey is the object key of one file's share of a partition while the other files are awaited.
func StagedKey(job, table string, d Date, file string) string {
	return path.Join("_staging", job, table, d.String(), strings.ReplaceAll(file, "/", "~")+".parquet")
}

// ParseStagedKey undoes [StagedKey] but for the file, whose name is not to be had back; ok is false for any other key.
func ParseStagedKey(key string) (job, table string, d Date, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 5 || parts[0] != "_staging" {
		return "", "", 0, false
	}
	d, err := ParseDate(parts[3])
	return parts[1], parts[2], d, err == nil
}

// heldForm is how a generation stands in a key.
const heldForm = "20060102T150405.000000000Z"

// ParseHeldKey undoes [HeldKey] but for the generation; ok is false for any other key.
func ParseHeldKey(key string) (subscription, table string, d Date, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 || parts[0] != "_held" {
		return "", "", 0, false
	}
	d, err := ParseDate(strings.TrimPrefix(parts[2], "dataset_date="))
	name := strings.TrimSuffix(parts[3], ".parquet")
	at := len(name) - len(heldForm)
	if err != nil || at < 2 {
		return "", "", 0, false
	}
	generation, err := time.Parse(heldForm, name[at:])
	subscription, table = name[:at-1], parts[1]
	return subscription, table, d, err == nil && HeldKey(subscription, table, d, generation) == key
}

// HeldKey is the object key under which a held report of a partition is kept for a person to decide on. Each generation has a
// key of its own, so that of two reports that are held at once the older cannot take the place of the newer.
func HeldKey(subscription, table string, d Date, generation time.Time) string {
	name := subscription + "-" + generation.UTC().Format(heldForm) + ".parquet"
	return path.Join("_held", table, "dataset_date="+d.String(), name)
}
