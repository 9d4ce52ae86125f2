// Package realbinaries_test drives the three functions as they are deployed: the very executables, built with the flags
// for Lambda, behind a Runtime API, told of their surroundings by nothing but their environment and their events.
//
// Around them stand an S3 server, a DynamoDB-compatible server with its stream, the simulated vendor, and as much of
// Secrets Manager, Systems Manager and SQS as the functions call.
package realbinaries_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

const (
	requester = "requester"
	ingester  = "ingester"
	janitor   = "janitor"
)

// required are the variables without which a function cannot start.
var required = map[string][]string{
	requester: {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_INGEST_QUEUE_URL", "BELLHOP_LWA_SECRET_ID"},
	ingester:  {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_DATASET_BUCKET"},
	janitor:   {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_DATASET_BUCKET", "BELLHOP_INGEST_QUEUE_URL"},
}

var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		serveTheTest()
		return
	}
	code := m.Run()
	if err := os.RemoveAll(built.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// binary returns the executable of a function, for this machine's processor; all are built once per run.
func binary(t *testing.T, root, name string) string {
	t.Helper()
	built.Do(func() { built.dir, built.err = build(root) })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

// build builds as the Makefile does for Lambda.
func build(root string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "bellhop-bootstrap-"); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
		"-o", dir+string(filepath.Separator), "./functions/"+requester, "./functions/"+ingester, "./functions/"+janitor)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build the functions: %w\n%s", err, out)
	}
	return dir, nil
}
