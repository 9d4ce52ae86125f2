package local_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/local"
)

func TestDemonstration(t *testing.T) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	m, err := local.Open(t.Context(), local.Options{Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := m.Demonstrate(t.Context())
	t.Logf("%+v", sum)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
