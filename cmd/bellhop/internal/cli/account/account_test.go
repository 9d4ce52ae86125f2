package account_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestOpenFolderWithoutLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	_, err := account.Open(t.Context(), shell.Place{Home: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "bellhop local run") {
		t.Errorf("got %v", err)
	}
}

// What the folder shows is what S3 says, also when no server runs.
func TestFolderShowsTheBucket(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	ledger, err := sqlitestore.Open(ctx, filepath.Join(dir, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	server, err := s3server.Start(ctx, s3server.Options{Dir: dir, Clock: time.Now, Buckets: map[string]s3server.OnCreated{sim.DeliveryBucket: nil}})
	if err != nil {
		t.Fatal(err)
	}
	etags := map[string]string{}
	for _, key := range []string{"a.csv", "2026/11/b c+ü.csv"} {
		out, err := server.Client().PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(sim.DeliveryBucket), Key: &key, Body: bytes.NewReader([]byte("content of " + key)),
		})
		if err != nil {
			t.Fatal(err)
		}
		etags[key] = strings.Trim(*out.ETag, `"`)
	}
	at, err := account.Open(ctx, shell.Place{Home: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := at.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, state := range []string{"while the server runs", "when it has ended"} {
		var keys []string
		for o, err := range at.Deliveries.List(ctx, "") {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, o.Key)
		}
		if want := []string{"2026/11/b c+ü.csv", "a.csv"}; !slices.Equal(keys, want) {
			t.Errorf("%s: the keys are %q, want %q", state, keys, want)
		}
		for key, etag := range etags {
			versions, err := at.Deliveries.Versions(ctx, key)
			want := []report.ObjectVersion{{Key: key, VersionID: "null", ETag: etag, Latest: true}}
			if err != nil || !slices.Equal(versions, want) {
				t.Errorf("%s: versions of %s: %+v, %v", state, key, versions, err)
			}
		}
		for _, key := range []string{"none.csv", "2026", "../../ledger.db", ""} {
			if versions, err := at.Deliveries.Versions(ctx, key); err != nil || len(versions) > 0 {
				t.Errorf("%s: versions of %q: %+v, %v", state, key, versions, err)
			}
		}
		if state == "while the server runs" {
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAWSNeedsCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	code := func(err error) int {
		p, ok := errors.AsType[*shell.Problem](err)
		if !ok {
			t.Fatalf("%v is no problem with a remedy", err)
		}
		return p.Code
	}
	place := shell.Place{AWS: true, Table: "ledger"}
	_, err := account.Open(t.Context(), place)
	if code(err) != shell.ExitUsage {
		t.Errorf("without a region: %v", err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	_, err = account.Open(t.Context(), place)
	if code(err) != shell.ExitUnauthenticated {
		t.Errorf("without credentials: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	at, err := account.Open(t.Context(), place)
	if err != nil || at.Name != "table ledger in eu-west-1" || at.Deliveries != nil {
		t.Errorf("got %+v, %v", at, err)
	}
	place.DeliveryBucket = "b"
	if at, err = account.Open(t.Context(), place); err != nil || at.Deliveries == nil || at.Bucket != "b" {
		t.Errorf("with a bucket: %+v, %v", at, err)
	}
}
