//go:build !cgo

package duckdb

import (
	"context"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// Available tells whether DuckDB is in this program.
const Available = false

// Engine is never made in this program.
type Engine struct{ query.Engine }

// Open returns [ErrNoCgo].
func Open(context.Context, Options) (*Engine, error) { return nil, ErrNoCgo }

// Copy returns [ErrNoCgo].
func (e *Engine) Copy(context.Context, string) (int64, error) { return 0, ErrNoCgo }

// Database returns [ErrNoCgo].
func (e *Engine) Database(context.Context, []query.Copied) (int64, error) { return 0, ErrNoCgo }

// Parse returns [ErrNoCgo].
func Parse(context.Context, string) (map[string]any, error) { return nil, ErrNoCgo }
