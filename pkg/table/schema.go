package table

import (
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// schemaOf returns the Parquet schema of a definition. Every leaf is dictionary-encoded.
func schemaOf(d Definition) *parquet.Schema { return schemaWith(d, textLeaf) }

// schemaWith is schemaOf with text leaves of the caller's, which are asked for in their order.
func schemaWith(d Definition, text func() parquet.Node) *parquet.Schema {
	root := group{Node: parquet.Group{}}
	for _, c := range d.Columns {
		root.fields = append(root.fields, field{nodeOf(c, text), c.Name})
	}
	return parquet.NewSchema(d.Name, root)
}

func textLeaf() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }

func nodeOf(c Column, text func() parquet.Node) parquet.Node {
	var n parquet.Node
	switch c.Type {
	case Date:
		n = parquet.Encoded(parquet.Date(), &parquet.RLEDictionary)
	case Int:
		n = parquet.Encoded(parquet.Int(32), &parquet.RLEDictionary)
	case Bigint:
		n = parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary)
	case Decimal:
		n = parquet.Encoded(parquet.Decimal(DecimalScale, decimalDigits, parquet.Int64Type), &parquet.RLEDictionary)
	case String:
		n = text()
	case Strings:
		element := text()
		if c.Name == "unit_names" {
			element = parquet.Optional(element)
		}
		n = parquet.List(element)
	case StringMap:
		n = parquet.Map(text(), text())
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
