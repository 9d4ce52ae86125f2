package athena

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

// Column is one column of a result.
type Column struct {
	Name string
	// Type is Athena's word: varchar, bigint, decimal, date, array, map, and so on.
	Type string
	// Precision and Scale are those of a decimal.
	Precision, Scale int
}

// Result is what a query that has ended well gave. Its rows are fetched as they are asked for.
type Result struct {
	// ID names the query in Athena's history.
	ID string
	// Scanned is what the query read, in bytes: what Athena's bill goes by.
	Scanned int64
	client  athena.GetQueryResultsAPIClient
	// headed tells that the first row of the first page repeats the column names. Athena writes one for what selects
	// rows, and none for the answers of SHOW and DESCRIBE.
	headed bool
}

func newResult(client athena.GetQueryResultsAPIClient, id string, q *types.QueryExecution) *Result {
	r := &Result{ID: id, client: client, headed: q.StatementType == types.StatementTypeDml}
	if q.Statistics != nil {
		r.Scanned = aws.ToInt64(q.Statistics.DataScannedInBytes)
	}
	return r
}

// Read hands each row to row, and the columns to columns before the first. A nil cell is NULL; text is as Athena writes it.
// Every call reads all of it from the start. It ends with the first error, its own or of a callback.
func (r *Result) Read(ctx context.Context, columns func([]Column) error, row func([]*string) error) error {
	var described bool
	for page, err := range r.pages(ctx) {
		if err != nil {
			return err
		}
		rows := page.ResultSet.Rows
		if !described {
			described = true
			if err := columns(describe(page.ResultSet.ResultSetMetadata)); err != nil {
				return err
			}
			if r.headed && len(rows) > 0 {
				rows = rows[1:]
			}
		}
		for _, cells := range rows {
			values := make([]*string, len(cells.Data))
			for i, cell := range cells.Data {
				values[i] = cell.VarCharValue
			}
			if err := row(values); err != nil {
				return err
			}
		}
	}
	return nil
}

// pages yields the result's pages. After an error it ends.
func (r *Result) pages(ctx context.Context) iter.Seq2[*athena.GetQueryResultsOutput, error] {
	return func(yield func(*athena.GetQueryResultsOutput, error) bool) {
		pages := athena.NewGetQueryResultsPaginator(r.client, &athena.GetQueryResultsInput{QueryExecutionId: aws.String(r.ID)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, fmt.Errorf("fetch the result of query %s: %w", r.ID, err))
				return
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

func describe(m *types.ResultSetMetadata) []Column {
	if m == nil {
		return nil
	}
	columns := make([]Column, len(m.ColumnInfo))
	for i, c := range m.ColumnInfo {
		columns[i] = Column{
			Name: aws.ToString(c.Name), Type: aws.ToString(c.Type), Precision: int(c.Precision), Scale: int(c.Scale),
		}
	}
	return columns
}
