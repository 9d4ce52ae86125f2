package columnar

import "github.com/parquet-go/parquet-go"

// The values that parquet-go is given are of one block at a time, and carry levels only. These are shared by
// all columns, and are never written to.
var (
	levelRequired = repeated(parquet.Value{}) // also of a NULL and of an empty list
	levelPresent  = repeated(parquet.Value{}.Level(0, 1, 0))
)

func repeated(v parquet.Value) []parquet.Value {
	values := make([]parquet.Value, blockRows)
	for i := range values {
		values[i] = v
	}
	return values
}

// Of a list, the first value has another repetition level than those that follow. By definition level: 1 is
// an element of a list that has no NULL, or a NULL; 2 is an element of a list that may have NULL.
var listElement = [3][2]parquet.Value{
	1: {parquet.Value{}.Level(0, 1, 0), parquet.Value{}.Level(1, 1, 0)},
	2: {parquet.Value{}.Level(0, 2, 0), parquet.Value{}.Level(1, 2, 0)},
}

// listLevels makes the values of the lists of a block.
type listLevels struct{ values []parquet.Value }

func (l *listLevels) reset() { l.values = l.values[:0] }

// add adds element i of a list.
func (l *listLevels) add(i, level int) {
	l.values = append(l.values, listElement[level][min(1, i)])
}

// addEmpty adds an empty list.
func (l *listLevels) addEmpty() { l.values = append(l.values, parquet.Value{}) }
