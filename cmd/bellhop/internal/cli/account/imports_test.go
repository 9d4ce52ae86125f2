package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// importedFile is what the command says of one file.
type importedFile struct {
	File    string
	Deleted bool
	Error   string
	Parts   []struct {
		State, Key, Job string
		Days            []struct{ Date, Verdict string }
	}
}

func importing(t *testing.T, args ...string) (code int, files []importedFile, stderr string) {
	t.Helper()
	return importingOf(t, "asp", args...)
}

func importingOf(t *testing.T, kind string, args ...string) (code int, files []importedFile, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), append([]string{"import", kind, "--home", "home"}, args...), shell.Environment{
		In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" },
		Open: account.Open, Sources: account.Sources(),
	})
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &files); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, out.String())
		}
	}
	return code, files, errs.String()
}

// inFolder makes a local folder with a subscription, next to files, and works beside it.
func inFolder(t *testing.T, files map[string]string) *ledger.Ledger {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("home", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(dir, "home", "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	l := ledger.New(store)
	_, err = l.Apply(t.Context(), report.Subscription{
		Name: "hotel", Source: report.SourceASPAnalytics, Params: report.Params{"unit_id": "amzn1.alexa.unit.did.1", "categories": "DEVICE"},
		From: report.NewDate(2026, 11, 1), MaxWindowDays: 7,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const reportHeader = "dataset_date,unitId_level_0,device_count,active_device_count,dialog_count\n"

func TestImportIntoAFolder(t *testing.T) {
	l := inFolder(t, map[string]string{
		"a.csv": reportHeader + "2025-01-01,amzn1.alexa.unit.did.1,3,2,5\n", "other.csv": reportHeader + "2025-01-01,amzn1.alexa.unit.did.2,3,2,5\n",
	})
	code, files, errs := importing(t, "a.csv", "--subscription", "hotel", "--dry-run")
	if code != shell.ExitFine || len(files) != 1 || files[0].Parts[0].State != "planned" || files[0].Parts[0].Days[0].Verdict != "new" {
		t.Fatalf("a dry run: exit %d, %+v, %s", code, files, errs)
	}
	if jobs, err := l.Jobs(t.Context(), "hotel"); err != nil || len(jobs) > 0 {
		t.Fatalf("a dry run made %+v, %v", jobs, err)
	}
	for range 2 {
		code, files, errs = importing(t, "a.csv", "--subscription", "hotel", "--delete-source")
		if code != shell.ExitFine || files[0].File != "a.csv" || files[0].Parts[0].State != "delivered" || files[0].Parts[0].Job != "hotel-000001" || files[0].Deleted {
			t.Fatalf("exit %d, %+v, %s", code, files, errs)
		}
	}
	key := files[0].Parts[0].Key
	want := reportHeader + "2025-01-01,amzn1.alexa.unit.did.1,3,2,5\n"
	if content, err := os.ReadFile(filepath.Join("home", "s3", "bellhop-delivery", filepath.FromSlash(key))); err != nil || string(content) != want {
		t.Errorf("delivered %q, %v", content, err)
	}
	code, files, errs = importing(t, "a.csv", "other.csv", "--subscription", "hotel")
	if code != shell.ExitPartly || !strings.Contains(errs, "other.csv") || files[1].Error == "" || files[0].Error != "" {
		t.Errorf("another organisation's rows: exit %d, %+v, %s", code, files, errs)
	}

	certify(t, l, key)
	code, files, errs = importing(t, "a.csv", "--subscription", "hotel", "--delete-source")
	if _, err := os.Stat("a.csv"); code != shell.ExitUsage || err != nil {
		t.Errorf("without a terminal to ask on: exit %d, %+v, %s; %v", code, files, errs, err)
	}
	code, files, errs = importing(t, "a.csv", "--subscription", "hotel", "--delete-source", "--confirm")
	if _, err := os.Stat("a.csv"); code != shell.ExitFine || !files[0].Deleted || !os.IsNotExist(err) {
		t.Errorf("exit %d, %+v, %s; %v", code, files, errs, err)
	}
}

// certify takes a delivered file to its certificate.
func certify(t *testing.T, l *ledger.Ledger, key string) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	o := report.Delivery{Bucket: "bellhop-delivery", Key: key, ETag: "e", Size: 1, At: now}
	f, _, err := l.Arrive(ctx, o, report.Claim{Worker: "w", Lease: now.Add(time.Minute)}, now)
	if err == nil {
		day := report.Partition{Subscription: f.Subscription, Table: f.Table, Date: f.Window.From, Generation: f.Generation, Job: f.Job, File: key, Rows: 1}
		f, err = l.Commit(ctx, report.Load{File: f, Receipt: report.Receipt{Rows: 1}, Days: []report.Partition{day}}, now)
	}
	if err == nil {
		_, err = l.Certify(ctx, key, report.Certificate{File: key, Key: key, ETag: "e", Job: f.Job, Cause: report.FileLoaded, VerifiedAt: now}, now)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportThatCannotBe(t *testing.T) {
	l := inFolder(t, map[string]string{"a.csv": reportHeader + "2025-01-01,amzn1.alexa.unit.did.1,3,2,5\n"})
	if _, err := l.Apply(t.Context(), report.Subscription{Name: "skill", Source: report.SourceSkillMetrics, MaxWindowDays: 7}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"without a file":            {[]string{"--subscription", "hotel"}, shell.ExitUsage, "needs a FILE"},
		"without a subscription":    {[]string{"a.csv"}, shell.ExitUsage, "needs a subscription"},
		"one that does not exist":   {[]string{"a.csv", "--subscription", "inn"}, shell.ExitError, "subscriptions list"},
		"one of another source":     {[]string{"a.csv", "--subscription", "skill"}, shell.ExitUsage, "skill-metrics"},
		"a table that is none":      {[]string{"a.csv", "--subscription", "hotel", "--table", "asp"}, shell.ExitUsage, "asp"},
		"a window that is none":     {[]string{"a.csv", "--subscription", "hotel", "--window", "soon"}, shell.ExitUsage, "--window"},
		"a time that is none":       {[]string{"a.csv", "--subscription", "hotel", "--as-of", "now"}, shell.ExitUsage, "--as-of"},
		"a time before its days":    {[]string{"a.csv", "--subscription", "hotel", "--as-of", "2024-12-31"}, shell.ExitError, "--as-of"},
		"no such file":              {[]string{"b.csv", "--subscription", "hotel"}, shell.ExitError, "no such file"},
		"deleting what is not here": {[]string{"s3://b/a.csv", "--subscription", "hotel", "--delete-source"}, shell.ExitUsage, "this machine"},
	} {
		if code, _, errs := importing(t, tt.args...); code != tt.code || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
}

// All responses of one command line are one report: the KPIs of a day come together.
func TestImportSavedResponses(t *testing.T) {
	const app = "ce796be37f32f178af652b26eexample"
	response := func(kpi, value string) string {
		return `{"ApplicationDateRangeKpiResponse":{"ApplicationId":"` + app + `","KpiName":"` + kpi + `","StartTime":"2026-10-01T00:00:00+00:00","EndTime":"2026-10-01T23:59:59+00:00",` +
			`"KpiResult":{"Rows":[{"Values":[{"Key":"V","Type":"Double","Value":"` + value + `"}]}]}}}`
	}
	l := inFolder(t, map[string]string{
		"b.json": response("txn-emails-sent", "9.0"), "a.json": response("txn-emails-opened", "4.0"), "other.json": strings.Replace(response("txn-emails-sent", "9.0"), app, "planted", 1),
	})
	_, err := l.Apply(t.Context(), report.Subscription{
		Name: "mail", Source: report.SourcePinpointKPI, Params: report.Params{"application_id": app}, From: report.NewDate(2026, 10, 20), MaxWindowDays: 7,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	code, files, errs := importingOf(t, "pinpoint", "b.json", "a.json", "other.json", "--subscription", "mail")
	if code != shell.ExitPartly || len(files) != 2 || files[0].Error == "" || files[1].Error != "" || files[1].File != "2 files" || strings.Contains(errs, "planted") {
		t.Fatalf("exit %d, %+v, %s", code, files, errs)
	}
	part := files[1].Parts[0]
	content, err := os.ReadFile(filepath.Join("home", "s3", "bellhop-delivery", filepath.FromSlash(part.Key)))
	const row = "2026-10-01," + app + ",application," + app + ","
	want := "dataset_date,application_id,level,resource_id,kpi_name,group_key,group_value,value_key,value_type,given,amount,reading\n" +
		row + "txn-emails-opened,,,V,Double,4.0,4,\n" + row + "txn-emails-sent,,,V,Double,9.0,9,\n"
	if err != nil || string(content) != want || part.State != "delivered" {
		t.Errorf("delivered %q, %v", content, err)
	}
	if code, files, errs = importingOf(t, "pinpoint", ".", "--subscription", "mail"); code != shell.ExitPartly || len(files) != 2 || files[1].Parts[0].Key != part.Key {
		t.Errorf("the folder: exit %d, %+v, %s", code, files, errs)
	}
}

// machineFolder is the folder in which a process of this test's executable keeps a machine running. Empty in all others.
const machineFolder = "BELLHOP_TEST_MACHINE"

func TestMain(m *testing.M) {
	dir := os.Getenv(machineFolder)
	if dir == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	machine, err := sim.Open(ctx, sim.Options{Dir: dir, Alone: true, Faults: []alexa.Fault{}, Chaos: &sim.Chaos{}})
	if err == nil {
		err = errors.Join(machine.Up(ctx), machine.Close())
	}
	stop()
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n") //nolint:errcheck // there is nowhere else to say it
		os.Exit(1)
	}
}

// A machine that another process keeps running loads what is imported into its folder, and deletes it with proof.
func TestImportIntoARunningMachine(t *testing.T) {
	inFolder(t, map[string]string{"a.csv": reportHeader + "2025-01-01,amzn1.alexa.unit.did.1,3,2,5\n"})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home, err := filepath.Abs("home")
	if err != nil {
		t.Fatal(err)
	}
	machine := exec.CommandContext(t.Context(), program)
	machine.Env = append(os.Environ(), machineFolder+"="+home)
	machine.Stderr = os.Stderr
	if err := machine.Start(); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		if _, _, err = sim.Vendor(home); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The sweep comes every five minutes: so long an import does not take.
	code, files, errs := importing(t, "a.csv", "--subscription", "hotel", "--wait", "2m", "--delete-source", "--confirm")
	if code != shell.ExitFine || len(files) != 1 || files[0].Parts[0].State != "certified" || !files[0].Deleted {
		t.Errorf("exit %d, %+v, %s", code, files, errs)
	}
	if err := errors.Join(machine.Process.Signal(os.Interrupt), machine.Wait()); err != nil {
		t.Error(err)
	}
}
