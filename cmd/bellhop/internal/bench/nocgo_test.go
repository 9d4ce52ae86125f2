//go:build !cgo

package bench_test

import (
	"context"
	"time"
)

const hasDuckDB = false

func copyWithDuckDB(string, string, string, string) (int64, time.Time, error) {
	return 0, time.Time{}, errNoDuckDB
}

func sameContent(context.Context, string, string, string) error { return errNoDuckDB }
