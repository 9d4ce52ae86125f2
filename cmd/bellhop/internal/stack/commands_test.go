package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// deployed is a stack whose commands a person types.
type deployed struct {
	*Account
	t        *testing.T
	in       string
	terminal bool
	browse   func(address string) error
}

func newDeployed(t *testing.T) *deployed {
	t.Helper()
	v := newVendor(t)
	a := Deploy(t, map[string]string{"AlexaEndpoint": v.url, "LwaEndpoint": v.url + "/auth/o2/token", "AlarmEmail": plantedAddress})
	a.environment(t)
	return &deployed{Account: a, t: t}
}

// ledger is the stack's.
func (d *deployed) ledger() *ledger.Ledger {
	return ledger.New(dynamostore.New(dynamodb.NewFromConfig(d.Config), d.ID(stack.Ledger)))
}

// run runs a command on a stack.
func (d *deployed) run(name string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = cli.Run(d.t.Context(), append(args, "--stack", name), shell.Environment{
		In: strings.NewReader(d.in), Out: &stdout, Err: &stderr, OutTerminal: d.terminal, Browse: d.browse, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }, Open: account.Open, Find: account.Find, Wait: account.Wait,
	})
	return code, stdout.String(), stderr.String()
}

// says runs a command, and sees that it shows no secret.
func (d *deployed) says(want int, args ...string) (out, errs string) {
	d.t.Helper()
	code, out, errs := d.run(stackName, args...)
	if code != want {
		d.t.Errorf("%q: exit %d, want %d\n%s%s", args, code, want, out, errs)
	}
	for _, secret := range []string{plantedSecret, plantedRotated, plantedAccess, plantedCode, plantedRoom, plantedAddress} {
		if strings.Contains(out+errs, secret) {
			d.t.Errorf("%q shows %q:\n%s%s", args, secret, out, errs)
		}
	}
	return out, errs
}

func decode[T any](t *testing.T, content string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(content), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, content)
	}
	return v
}

func TestCommandsOnAStack(t *testing.T) {
	d := newDeployed(t)
	t.Run("auth", func(t *testing.T) { d.t = t; d.auth() })
	t.Run("doctor", func(t *testing.T) { d.t = t; d.doctor() })
	t.Run("dlq", func(t *testing.T) { d.t = t; d.dlq() })
	t.Run("logs", func(t *testing.T) { d.t = t; d.logs() })
	t.Run("no such stack", func(t *testing.T) {
		d.t = t
		for _, args := range [][]string{{"doctor"}, {"auth", "status"}, {"dlq", "list"}, {"review", "list"}, {"logs"}} {
			code, _, errs := d.run("another", args...)
			if code != shell.ExitError || !strings.Contains(errs, "there is no stack another") || !strings.Contains(errs, "check --stack") {
				t.Errorf("%q: exit %d, %s", args, code, errs)
			}
		}
	})
}

// auth logs in for the first time and again, and looks at the credential before and after.
func (d *deployed) auth() {
	d.t.Helper()
	out, _ := d.says(shell.ExitAttention, "auth", "status")
	if e := decode[examined](d.t, out); e.Status != stack.Wrong || !strings.Contains(out, "bellhop auth login") {
		d.t.Errorf("before the login: %s", out)
	}
	d.says(shell.ExitUsage, "auth", "login", "--page", "https://www.amazon.com/ap/oa") // no client is known
	redirect := "http://" + standin.FreeAddress(d.t) + "/cb"
	shut := func(c *report.Credential) bool {
		c.ShutSince, c.Reason = time.Now(), "nobody has logged in yet"
		return true
	}
	if _, err := d.ledger().UpdateCredential(d.t.Context(), report.CredentialLWA, shut); err != nil {
		d.t.Fatal(err)
	}
	d.in = plantedSecret + "\n"
	d.browse = func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		go func() {
			back := u.Query().Get("redirect_uri") + "?" + url.Values{"state": u.Query()["state"], "code": {plantedCode}}.Encode()
			request, err := http.NewRequestWithContext(context.WithoutCancel(d.t.Context()), http.MethodGet, back, nil)
			if err != nil {
				panic(err)
			}
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		return nil
	}
	out, errs := d.says(shell.ExitFine, "auth", "login", "--client-id", "amzn1.application-oa2-client.example", "--redirect", redirect, "--page", "https://www.amazon.com/ap/oa")
	if !strings.Contains(errs, "https://www.amazon.com/ap/oa?") || !strings.Contains(out, "may look at the unit") {
		d.t.Errorf("the login says %s%s", out, errs)
	}
	if c, err := d.ledger().Credential(d.t.Context(), report.CredentialLWA); err != nil || c.Shut() || c.OpenedAt.IsZero() {
		d.t.Errorf("the jobs that waited for the login are not due: %+v, %v", c, err)
	}
	// The login made the parameter in which the requester looks.
	kept, err := ssm.NewFromConfig(d.Config).GetParameter(d.t.Context(), &ssm.GetParameterInput{
		Name: aws.String(d.Template.Environment(string(stack.RequesterFunction))["BELLHOP_LWA_SECRET_ID"]), WithDecryption: aws.Bool(true),
	})
	var document map[string]string
	if err == nil {
		err = json.Unmarshal([]byte(aws.ToString(kept.Parameter.Value)), &document)
	}
	if err != nil || kept.Parameter.Type != ssmtypes.ParameterTypeSecureString || document["client_id"] != "amzn1.application-oa2-client.example" || document["client_secret"] != plantedSecret || document["refresh_token"] != plantedRotated {
		d.t.Errorf("the secret holds other things: %v", err)
	}
	// The second time everything is known, and nothing is asked.
	d.in = ""
	d.says(shell.ExitFine, "auth", "login", "--redirect", redirect, "--page", "https://www.amazon.com/ap/oa")
	if _, errs := d.says(shell.ExitUsage, "auth", "login", "--redirect", redirect); !strings.Contains(errs, "no login page is known") {
		d.t.Errorf("%s", errs)
	}
	d.says(shell.ExitFine, "auth", "status")
	d.says(shell.ExitUsage, "auth", "login", "--redirect", "http://example.com:80/cb")
}

type examined struct {
	Status   stack.Status
	Findings []stack.Finding
}

// accepted puts a subscription into the ledger of which the vendor accepted a request an hour ago.
func (d *deployed) accepted(name string) {
	d.t.Helper()
	ctx, at := d.t.Context(), time.Now().Add(-time.Hour)
	_, err := d.ledger().Apply(ctx, report.Subscription{Name: name}, at)
	snapshot, err2 := d.ledger().Snapshot(ctx, name)
	day := report.DateOf(at) - 5
	jobs, err3 := d.ledger().Reserve(ctx, snapshot, []report.Request{{Window: report.Window{From: day, To: day}, Tables: []string{"asp_device"}}}, at)
	if err := errors.Join(err, err2, err3); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.ledger().UpdateJob(ctx, jobs[0].ID, func(j *report.Job) error {
		j.History = append(j.History, report.Event{At: at, To: string(report.JobAwaitingFiles)})
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *deployed) doctor() {
	d.t.Helper()
	d.accepted("hotel")
	out, _ := d.says(shell.ExitFine, "doctor")
	if e := decode[examined](d.t, out); e.Status != stack.OK || len(e.Findings) < 20 {
		d.t.Errorf("%s", out)
	}
	d.Schedule(stack.SweepSchedule, schedulertypes.ScheduleStateDisabled)
	defer d.Schedule(stack.SweepSchedule, schedulertypes.ScheduleStateEnabled)
	d.terminal = true
	defer func() { d.terminal = false }()
	out, _ = d.says(shell.ExitAttention, "doctor")
	for _, line := range []string{
		"✖ sweep: it is DISABLED: lost events are not made good, and nothing proves that the bucket is empty",
		"→ enable the schedule bellhop-JanitorFunctionSweep", "✔ the vendor may put files: the vendor's statement is there, and nobody else is let in", "1 thing to mend",
	} {
		if !strings.Contains(out, line) {
			d.t.Errorf("the screen lacks %q:\n%s", line, out)
		}
	}
}

func (d *deployed) dlq() {
	d.t.Helper()
	out, _ := d.says(shell.ExitFine, "dlq", "list")
	if out := decode[struct{ Counts map[string]int }](d.t, out); out.Counts["deliveries"] != 0 || out.Counts["runs"] != 0 {
		d.t.Errorf("%+v", out)
	}
	for _, part := range []stack.Part{stack.IngestDeadLetters, stack.FailedRuns} {
		if _, err := sqs.NewFromConfig(d.Config).SendMessage(d.t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(d.ID(part)), MessageBody: aws.String(`{"detail-type":"Scheduled Event"}`)}); err != nil {
			d.t.Fatal(err)
		}
	}
	if out, _ := d.says(shell.ExitFine, "dlq", "list", "--json=false"); !strings.Contains(out, "about 1 message of deliveries") || !strings.Contains(out, "a schedule whose event could not be handed over") {
		d.t.Errorf("%s", out)
	}
	if out, _ := d.says(shell.ExitFine, "dlq", "redrive", "--dry-run", "--json=false"); !strings.Contains(out, "about 1 message would be moved") {
		d.t.Errorf("%s", out)
	}
	d.review()
	d.says(shell.ExitUsage, "dlq", "purge", "everything")
	if _, errs := d.says(shell.ExitUsage, "dlq", "purge", "runs"); !strings.Contains(errs, "--confirm") {
		d.t.Errorf("%s", errs)
	}
	d.says(shell.ExitFine, "dlq", "purge", "runs", "--dry-run")
	d.says(shell.ExitFine, "dlq", "purge", "runs", "--confirm")
	d.says(shell.ExitFine, "dlq", "purge", "deliveries", "--confirm")
	out, _ = d.says(shell.ExitFine, "dlq", "list")
	if out := decode[struct{ Counts map[string]int }](d.t, out); out.Counts["deliveries"] != 0 || out.Counts["runs"] != 0 {
		d.t.Errorf("after the purges: %+v", out)
	}
	if out, _ := d.says(shell.ExitFine, "dlq", "redrive", "--json=false"); !strings.Contains(out, "no deliveries were given up") {
		d.t.Errorf("%s", out)
	}
}

// review sees the messages in the list of what waits, beside all else.
func (d *deployed) review() {
	d.t.Helper()
	type entry struct {
		Kind, Key, Reason string
		Since             time.Time
		Verbs             []string
	}
	out, _ := d.says(shell.ExitFine, "review", "list")
	entries := decode[[]entry](d.t, out)
	if len(entries) != 2 || entries[0].Key != "deliveries" || strings.Join(entries[0].Verbs, " ") != "replay drop" || entries[1].Key != "runs" ||
		strings.Join(entries[1].Verbs, " ") != "drop" || time.Since(entries[1].Since) > time.Hour ||
		entries[1].Reason != "about 1 that failed for good, such as a schedule whose event could not be handed over" {
		d.t.Errorf("%s", out)
	}
	if out, _ := d.says(shell.ExitFine, "review", "show", "runs"); !strings.Contains(out, "a schedule whose event could not be handed over") {
		d.t.Errorf("%s", out)
	}
	if out, _ := d.says(shell.ExitFine, "review", "replay", "deliveries", "--dry-run", "--json=false"); !strings.Contains(out, "about 1 message would be moved") {
		d.t.Errorf("%s", out)
	}
	if _, errs := d.says(shell.ExitUsage, "review", "replay", "runs"); !strings.Contains(errs, "the next run does the work of runs") {
		d.t.Errorf("%s", errs)
	}
	if _, errs := d.says(shell.ExitUsage, "review", "drop", "runs"); !strings.Contains(errs, "--confirm") {
		d.t.Errorf("%s", errs)
	}
	if out, _ := d.says(shell.ExitFine, "review", "drop", "runs", "--dry-run", "--json=false"); !strings.Contains(out, "about 1 message of runs would be deleted") {
		d.t.Errorf("%s", out)
	}
}

func (d *deployed) logs() {
	d.t.Helper()
	client, group := cloudwatchlogs.NewFromConfig(d.Config), aws.String(d.ID(stack.IngesterLogs))
	if _, err := client.CreateLogStream(d.t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: aws.String("s")}); err != nil {
		d.t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	if _, err := client.PutLogEvents(d.t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: aws.String("s"), LogEvents: []types.InputLogEvent{
		{Timestamp: aws.Int64(at.UnixMilli()), Message: aws.String(`{"level":"ERROR","msg":"delivery failed","key":"a\u001b[31m.csv","attempt":2}`)},
	}}); err != nil {
		d.t.Fatal(err)
	}
	out, _ := d.says(shell.ExitFine, "logs", "--json=false")
	// What a terminal would obey is shown, and not obeyed.
	if want := "ERROR ingester  delivery failed  attempt=2 key=a�[31m.csv"; !strings.Contains(out, want) {
		d.t.Errorf("%q lacks %q", out, want)
	}
	if out, _ := d.says(shell.ExitFine, "logs", "ingester"); decode[struct{ Message string }](d.t, out).Message != "delivery failed" {
		d.t.Errorf("%s", out)
	}
	if out, _ := d.says(shell.ExitFine, "logs", "janitor", "--json=false"); !strings.Contains(out, "nothing was logged in the last 15 min") {
		d.t.Errorf("%s", out)
	}
	d.says(shell.ExitUsage, "logs", "porter")
	d.says(shell.ExitUsage, "logs", "--since", "-1h")
}
