package report

import (
	"encoding/json"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// DatasetFormat is the number of the layout in which this code writes the dataset. It is in every object's metadata and
// in the Parquet file itself. A change of the layout counts it up and teaches bellhop migrate the way from each number
// before:
//
//	1  dataset_date is in the path and, as a DATE, in the file
//	2  dataset_date is in the path alone, as Hive, Spark and pyarrow want it
const DatasetFormat = 2

// The names under which a Parquet file of the dataset says where it belongs, for one that lies alone. Files of format 1
// have neither.
const (
	ParquetFormat = "bellhop.format"
	ParquetDate   = "bellhop.dataset_date"
)

// FormatKey is the object of the dataset that says in which format all of it is. It travels with the dataset, into other
// buckets and folders. A dataset of the first format has none.
const FormatKey = "_format.json"

type formatRecord struct {
	Format int `json:"format"`
}

// EncodeFormat returns the content of the object under [FormatKey].
func EncodeFormat() []byte {
	content, err := json.Marshal(formatRecord{DatasetFormat})
	if err != nil {
		panic(err) // a number always is JSON
	}
	return append(content, '\n')
}

// DecodeFormat reads the content of the object under [FormatKey]. A format that this code does not know is Poison.
func DecodeFormat(content []byte) (int, error) {
	var r formatRecord
	if err := json.Unmarshal(content, &r); err != nil || r.Format < 1 {
		return 0, fault.New(fault.Poison, "the dataset's %s does not say its format: put back {\"format\":%d}, if that is what its objects are", FormatKey, DatasetFormat)
	}
	if r.Format > DatasetFormat {
		return r.Format, fault.New(fault.Poison, "the dataset is of format %d, and this bellhop knows none after %d: use a newer bellhop", r.Format, DatasetFormat)
	}
	return r.Format, nil
}
