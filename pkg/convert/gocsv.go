package convert

import (
	"encoding/csv"
	"errors"
	"sync"

	"github.com/gocarina/gocsv"
)

// gocsv makes every row itself, with reflect.New, and hands it nothing but cells: a row cannot know which
// file it belongs to. So the decoder that is being fed is found through this one variable, and the lock
// gives it to one batch at a time. Conversions may run side by side in one process; they take turns by
// batch of at most 1,024 rows, and do their reading and encoding outside of the lock.
var feeding struct {
	sync.Mutex
	decoder *decoder
}

// row is what gocsv believes to fill. It has no size, so that the two rows that gocsv allocates per record
// cost nothing, and one exported field, without which gocsv finds nothing to decode.
type row struct {
	Cell [0]byte `csv:"cell"`
}

// UnmarshalCSVWithFields receives each cell of each record in order. gocsv's own conversions (which read
// 1.9 as 1, 010 as 8 and an empty cell as 0) are thereby never used.
func (*row) UnmarshalCSVWithFields(header, cell string) error {
	return feeding.decoder.cell(header, cell)
}

// feeder passes batches through gocsv.
type feeder struct {
	batch
	rows []row
}

// batch is a [gocsv.CSVReader] of records that are in memory already.
type batch struct{ records [][]string }

func (b batch) ReadAll() ([][]string, error) { return b.records, nil }

func (b batch) Read() ([]string, error) {
	return nil, errors.New("records are read in batches only")
}

// feed gives every cell of records to d, with the column names of header. The records are in use until it
// returns. An error comes with the indexes of the record and the column.
func (f *feeder) feed(d *decoder, header []string, records [][]string) (record, column int, err error) {
	f.records = append(append(f.records[:0], header), records...)
	feeding.Lock()
	defer feeding.Unlock()
	feeding.decoder = d
	defer func() { feeding.decoder = nil }()
	err = gocsv.UnmarshalCSV(f.batch, &f.rows)
	// gocsv counts records and columns of its batch from 1, and its header is record 1.
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		return at.Line - 2, at.Column - 1, at.Err
	}
	return 0, 0, err
}
