package account_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Own data goes into the bucket as it would on AWS: as new objects, in a dataset that says its format.
func TestOwnDataIsPutIntoTheBucket(t *testing.T) {
	home := t.TempDir()
	ledger, err := sqlitestore.Open(t.Context(), filepath.Join(home, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ledger.Close(), os.MkdirAll(filepath.Join(home, "s3", shell.LocalDataset), 0o700)); err != nil {
		t.Fatal(err)
	}
	at, err := account.Open(t.Context(), shell.Place{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	store, closing, err := at.Own(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(closing(), at.Close()); err != nil {
			t.Error(err)
		}
	}()
	for version, group := range []string{"Wellness", "Spa"} {
		got, err := own.Run(t.Context(), store, own.Order{Table: "campaigns", Content: []byte("campaign_id,campaign_group\nspa," + group + "\n")})
		if err != nil || got.Version != version+1 {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	all, err := own.List(t.Context(), store, "campaigns")
	if err != nil || len(all) != 2 || all[0].Version != 2 || all[1].Rows != 1 {
		t.Errorf("got %+v, %v", all, err)
	}
	folder := migrate.Folder(filepath.Join(home, "s3", shell.LocalDataset))
	if format, err := folder.Format(); err != nil || format != report.DatasetFormat {
		t.Errorf("the dataset is of format %d, %v", format, err)
	}
}
