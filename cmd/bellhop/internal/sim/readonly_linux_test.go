package sim

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
)

// The system's checks do not bind root, who the tests may run as: so the thread takes another user's part.
func TestAFolderOfAnotherUserCanBeLookedAt(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can take another user's part")
	}
	dir := t.TempDir()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(dir, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "ledger.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	defer func() { _, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0) }()
	if err := os.WriteFile(filepath.Join(dir, "probe"), nil, 0o600); err == nil {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatal("the folder is writable all the same, and REQUIRE_REAL=1")
		}
		t.Skip("the folder is writable all the same")
	}
	opened, err := OpenLedger(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	if subs, err := opened.Subscriptions(t.Context()); err != nil || len(subs) != 0 {
		t.Errorf("%v, %v", subs, err)
	}
}
