//go:build cgo

package duckdb

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

func describe(rows *sql.Rows) ([]query.Column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, fault.New(fault.Internal, "ask DuckDB for the columns: %w", err)
	}
	columns := make([]query.Column, len(types))
	for i, t := range types {
		columns[i] = query.Column{Name: t.Name(), Type: t.DatabaseTypeName()}
	}
	return columns, nil
}

func scan(rows *sql.Rows, columns []query.Column) ([]any, error) {
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, fault.New(fault.Internal, "take a row from DuckDB: %w", err)
	}
	for i, v := range values {
		var err error
		if values[i], err = value(v, columns[i].Type); err != nil {
			return nil, fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
	}
	return values, nil
}

// value returns what the driver gives as a value of a [query.Result]. Kind is DuckDB's type, which alone tells a date from
// a time; a list has that of its elements at its front.
func value(v any, kind string) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64, *big.Int:
		return query.Number(fmt.Sprint(v)), nil
	case float32:
		return float(float64(v), 32), nil
	case float64:
		return float(v, 64), nil
	case duck.Decimal:
		return query.Decimal(v.Value, int(v.Scale)), nil
	case time.Time:
		return moment(v, kind), nil
	case duck.Interval:
		return fmt.Sprintf("%d months %d days %s", v.Months, v.Days, time.Duration(v.Micros)*time.Microsecond), nil
	case []byte:
		return binary(v, kind), nil
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			var err error
			if list[i], err = value(element, kind); err != nil {
				return nil, err
			}
		}
		return list, nil
	case duck.OrderedMap:
		return mapping(v.Keys(), v.Values())
	case map[string]any:
		return structure(v)
	default:
		return nil, fault.New(fault.Poison, "no output has a form for values of type %s: cast it to VARCHAR", kind)
	}
}

// float returns the shortest digits that are read back as the same number. NaN and infinities are text, because JSON has no
// word for them.
func float(v float64, bits int) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, bits)
	}
	return query.Number(strconv.FormatFloat(v, 'f', -1, bits))
}

func moment(t time.Time, kind string) string {
	switch {
	case strings.HasPrefix(kind, "DATE"):
		return t.Format(time.DateOnly)
	case strings.HasPrefix(kind, "TIMESTAMPTZ"):
		return t.UTC().Format("2006-01-02 15:04:05.999999Z")
	case strings.HasPrefix(kind, "TIMESTAMP"):
		return t.Format("2006-01-02 15:04:05.999999")
	case strings.HasPrefix(kind, "TIME"):
		return t.Format("15:04:05.999999")
	default:
		return t.Format(time.RFC3339Nano)
	}
}

func binary(b []byte, kind string) string {
	var id duck.UUID
	if strings.HasPrefix(kind, "UUID") && copy(id[:], b) == len(id) {
		return id.String()
	}
	return hex.EncodeToString(b)
}

func mapping(keys, values []any) (query.Object, error) {
	o := make(query.Object, len(keys))
	for i, k := range keys {
		v, err := value(values[i], "")
		if err != nil {
			return nil, err
		}
		o[i] = query.Member{Name: fmt.Sprint(k), Value: v}
	}
	return o, nil
}

// structure sorts the members by name, for the driver does not tell their order.
func structure(members map[string]any) (query.Object, error) {
	var o query.Object
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v, err := value(members[name], "")
		if err != nil {
			return nil, err
		}
		o = append(o, query.Member{Name: name, Value: v})
	}
	return o, nil
}
