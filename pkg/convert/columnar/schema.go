package columnar

import (
	"reflect"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// schemaOf returns the Parquet schema of a table's columns. Every leaf is dictionary-encoded.
func schemaOf(table string, columns []dataset.Column) *parquet.Schema {
	return schemaWith(table, columns, func(n parquet.Node) parquet.Node { return n })
}

// schemaWith is schemaOf with leaves of the caller's, which are asked for in their order.
func schemaWith(table string, columns []dataset.Column, leaf func(parquet.Node) parquet.Node) *parquet.Schema {
	root := group{Node: parquet.Group{}}
	for _, c := range columns {
		root.fields = append(root.fields, field{nodeOf(c, leaf), c.Name})
	}
	return parquet.NewSchema(table, root)
}

func nodeOf(c dataset.Column, leaf func(parquet.Node) parquet.Node) parquet.Node {
	encoded := func(n parquet.Node) parquet.Node { return leaf(parquet.Encoded(n, &parquet.RLEDictionary)) }
	var n parquet.Node
	switch c.Type {
	case dataset.Date:
		n = encoded(parquet.Date())
	case dataset.Int:
		n = encoded(parquet.Int(32))
	case dataset.Bigint:
		n = encoded(parquet.Int(64))
	case dataset.Decimal:
		n = encoded(parquet.Decimal(dataset.DecimalScale, dataset.DecimalDigits, parquet.Int64Type))
	case dataset.String:
		n = encoded(parquet.String())
	case dataset.Timestamp:
		n = encoded(parquet.Timestamp(parquet.Microsecond)) // adjusted to UTC
	case dataset.Strings:
		element := encoded(parquet.String())
		if c.Name == "unit_names" {
			element = parquet.Optional(element)
		}
		n = parquet.List(element)
	case dataset.StringMap:
		n = parquet.Map(encoded(parquet.String()), encoded(parquet.String()))
	}
	if c.Nullable {
		n = parquet.Optional(n)
	}
	return n
}

// group keeps its fields in the order given. [parquet.Group] is a map and sorts them by name, but the order
// of columns is part of the dataset's contract.
type group struct {
	parquet.Node
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

type field struct {
	parquet.Node
	name string
}

func (f field) Name() string { return f.name }

// Value is for writing Go structs, which this package never does.
func (f field) Value(reflect.Value) reflect.Value { return reflect.Value{} }
