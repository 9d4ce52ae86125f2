package report

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
