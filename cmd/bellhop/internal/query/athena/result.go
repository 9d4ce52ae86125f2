package athena

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// read hands on what a query that has ended well gave, a page at a time.
func read(ctx context.Context, client athena.GetQueryResultsAPIClient, done *types.QueryExecution, to query.Result) error {
	id := aws.ToString(done.QueryExecutionId)
	pages := athena.NewGetQueryResultsPaginator(client, &athena.GetQueryResultsInput{QueryExecutionId: aws.String(id)})
	var columns []query.Column
	for first := true; pages.HasMorePages(); first = false {
		page, err := pages.NextPage(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("fetch the result of query %s: %w", id, err)
		}
		rows := page.ResultSet.Rows
		if first {
			columns = describe(page.ResultSet.ResultSetMetadata)
			if err := to.Columns(columns); err != nil {
				return err
			}
			// The first row repeats the names of the columns. Athena writes one for what selects rows, and none for the
			// answers of SHOW and DESCRIBE.
			if done.StatementType == types.StatementTypeDml && len(rows) > 0 {
				rows = rows[1:]
			}
		}
		for _, row := range rows {
			values, err := valuesOf(row, columns)
			if err != nil {
				return fmt.Errorf("read the result of query %s: %w", id, err)
			}
			if err := to.Row(values); err != nil {
				return err
			}
		}
	}
	return nil
}

func describe(m *types.ResultSetMetadata) []query.Column {
	if m == nil {
		return nil
	}
	columns := make([]query.Column, len(m.ColumnInfo))
	for i, c := range m.ColumnInfo {
		columns[i] = query.Column{Name: aws.ToString(c.Name), Type: aws.ToString(c.Type)}
	}
	return columns
}

// valuesOf returns a row's values. Athena gives all of them as text, lists and maps in a form of its own that cannot be
// read back for certain: they stay text.
func valuesOf(row types.Row, columns []query.Column) ([]any, error) {
	if len(row.Data) != len(columns) {
		return nil, fault.New(fault.Internal, "a row has %d values for %d columns", len(row.Data), len(columns))
	}
	values := make([]any, len(row.Data))
	for i, cell := range row.Data {
		if cell.VarCharValue != nil {
			values[i] = value(*cell.VarCharValue, columns[i].Type)
		}
	}
	return values, nil
}

func value(text, kind string) any {
	switch kind {
	case "tinyint", "smallint", "integer", "bigint", "decimal":
		return query.Number(text)
	case "float", "real", "double":
		// These may have an exponent, which a number of JSON may have too, or be no number at all.
		if text == "NaN" || text == "Infinity" || text == "-Infinity" {
			return text
		}
		return query.Number(text)
	case "boolean":
		return text == "true"
	default:
		return text
	}
}
