package shell

import (
	"context"
	"path/filepath"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/operations"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// LocalFolder is the folder of the dataset in the local folder.
func (a *App) LocalFolder() string { return filepath.Join(a.Place.Home, "s3", LocalDataset) }

// operationsOf returns what fills the operations tables beside the dataset in a folder. Only the dataset of the local folder has a
// ledger; what the checks found lies in any.
func (a *App) operationsOf(folder string) func(ctx context.Context, table string) ([][]any, error) {
	return func(ctx context.Context, table string) (rows [][]any, err error) {
		switch {
		case table == quality.Table:
			last, _, err := quality.Last(folder)
			return last.Rows(), err
		case folder != a.LocalFolder():
			return nil, fault.New(fault.Poison, "it is made from a ledger, and there is none beside the dataset in %s", folder)
		}
		err = a.WithAccount(ctx, Place{Home: a.Place.Home}, func(at Account) error {
			rows, err = operations.Tables{View: at.View}.Rows(ctx, table)
			return err
		})
		return rows, err
	}
}

// TimeOf returns the time of the place in which a dataset is: the local folder has a clock of its own.
func (a *App) TimeOf(ctx context.Context, e EngineChoice) (now time.Time, err error) {
	if e.Dataset != a.LocalFolder() {
		return a.Time(), nil
	}
	at, err := a.OpenAccount(ctx, Place{Home: a.Place.Home})
	if err != nil {
		return now, err
	}
	return at.Now(), at.Close()
}

// SeverityTone is how findings of a severity are meant.
func SeverityTone(severity catalog.Severity) Tone {
	switch severity {
	case catalog.Bad:
		return Bad
	case catalog.Warn:
		return Waiting
	default:
		return Plain
	}
}
