// Package defaultview_test runs the queries behind Athena's default views on a database that is at hand here. They are
// plain SQL, which SQLite knows too; that Athena's own dialect parses them, make template-validate says.
package defaultview_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/table"
)

// columns are those that tell one row from another; all others are NULL here.
const columns = "dataset_date, unit_id, row_scope, direction, sub_experience, call_provider, subscription, calling_action_count"

func TestTheDefaultViewCountsEverythingOnce(t *testing.T) {
	const day, next = "'2026-11-17'", "'2026-11-18'"
	tests := map[string]struct {
		rows []string // of asp_communication
		want []string // calls, by subscription
	}{
		"a roll-up repeats what is below it": {
			rows: []string{
				day + ", 'property', 'ROLLUP', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 7",
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 3",
				day + ", 'room 2', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 4",
			},
			want: []string{"hotel 3", "hotel 4"},
		},
		"two subscriptions over one room": {
			rows: []string{
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'organisation', 3",
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 3",
				day + ", 'room 2', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'organisation', 4",
			},
			want: []string{"hotel 3", "organisation 4"},
		},
		"days and dimensions are rows of their own": {
			rows: []string{
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 1",
				next + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'A2A', 'hotel', 2",
				day + ", 'room 1', 'LEAF', 'Outbound', 'Calling_Voice', 'A2A', 'hotel', 3",
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Video', 'A2A', 'hotel', 4",
				day + ", 'room 1', 'LEAF', 'Inbound', 'Calling_Voice', 'PSTN', 'hotel', 5",
			},
			want: []string{"hotel 1", "hotel 2", "hotel 3", "hotel 4", "hotel 5"},
		},
		"a dimension that is empty is one value, not none": {
			rows: []string{
				day + ", 'room 1', 'LEAF', 'Inbound', NULL, 'A2A', 'organisation', 6",
				day + ", 'room 1', 'LEAF', 'Inbound', NULL, 'A2A', 'hotel', 6",
			},
			want: []string{"hotel 6"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			for _, row := range test.rows {
				run(t, db, fmt.Sprintf("INSERT INTO asp_communication (%s) VALUES (%s)", columns, row))
			}
			if got := calls(t, db); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// database has every table, and its default view.
func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1) // a second connection would see another, empty memory
	for _, d := range table.Definitions() {
		var names []string
		for _, c := range d.Columns {
			names = append(names, c.Name)
		}
		run(t, db, fmt.Sprintf("CREATE TABLE %s (%s)", d.Name, strings.Join(names, ", ")))
		run(t, db, fmt.Sprintf("CREATE VIEW %s AS %s", catalog.ViewName(d), catalog.ViewSQL(d)))
	}
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// calls reads the default view: each row's subscription and calls, in order.
func calls(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT subscription, calling_action_count FROM asp_communication_leaf")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	var all []string
	for rows.Next() {
		var subscription string
		var calls int
		if err := rows.Scan(&subscription, &calls); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(subscription, " ", calls))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
