package ledgertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/standin"
)

// Server is a program that speaks DynamoDB's protocol.
type Server struct {
	Name string
	// Start starts it on a free port of this machine, empty and in memory, and stops it when the test ends. Where the
	// program is missing it skips the test and says why, or fails it when REQUIRE_REAL=1.
	Start func(t *testing.T) (endpoint string)
}

// Servers are the servers on which the suites run.
func Servers() []Server {
	return []Server{{"dynoxide", standin.Dynoxide.Start}, {"DynamoDB Local", startDynamoDBLocal}}
}

// startDynamoDBLocal starts DynamoDB Local from $DYNAMODB_LOCAL_JAR. Its licence is for the holders of an AWS account,
// so it runs only where somebody asks for it, REQUIRE_REAL or not.
func startDynamoDBLocal(t *testing.T) string {
	t.Helper()
	jar := os.Getenv("DYNAMODB_LOCAL_JAR")
	if jar == "" {
		t.Skip("opt-in: set DYNAMODB_LOCAL_JAR if its licence is for you")
	}
	endpoint, stop, err := standin.Serve(context.WithoutCancel(t.Context()), func(port int) *exec.Cmd {
		return exec.Command("java", "-Djava.library.path="+filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib"), //nolint:gosec,noctx // lives as long as the test
			"-jar", jar, "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return endpoint
}
