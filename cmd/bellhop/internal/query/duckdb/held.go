//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"regexp"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// hold reads each default view that a statement names into memory, once. What the view computes over all its rows is then computed
// once, and not for each of the statements that a page consists of.
func (e *Engine) hold(ctx context.Context, statement string) error {
	for _, v := range dataset.Views() {
		if e.held[v.Name] || !regexp.MustCompile(`(?i)\b`+v.Name+`\b`).MatchString(statement) {
			continue
		}
		if e.held == nil {
			e.held = map[string]bool{}
			if _, err := e.db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS held"); err != nil {
				return refused(ctx, err)
			}
		}
		for _, s := range []string{"CREATE OR REPLACE TABLE held.%[1]s AS FROM %[1]s", "CREATE OR REPLACE VIEW %[1]s AS FROM held.%[1]s"} {
			if _, err := e.db.ExecContext(ctx, fmt.Sprintf(s, v.Name)); err != nil {
				return refused(ctx, err)
			}
		}
		e.held[v.Name] = true
	}
	return nil
}
