package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

func TestProtocol(t *testing.T) {
	ledgertest.RunProtocol(t, func(t *testing.T) ledger.Store {
		return open(t, filepath.Join(t.TempDir(), "ledger.db"))
	})
}
