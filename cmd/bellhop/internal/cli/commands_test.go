package cli_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestUsage(t *testing.T) {
	kept := t.TempDir()
	if err := os.WriteFile(filepath.Join(kept, "clock.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		says string
	}{
		"unknown command":        {[]string{"job5"}, `no command "job5"`},
		"no such help":           {[]string{"help", "nope"}, `no command "nope"`},
		"no such help below":     {[]string{"help", "jobs", "nope"}, `bellhop jobs has no command "nope"`},
		"another tool's run":     {[]string{"run"}, "did you mean: bellhop local run"},
		"another tool's ls":      {[]string{"ls"}, "bellhop jobs list, or bellhop files list"},
		"another tool's sql":     {[]string{"sql"}, "did you mean: bellhop query"},
		"a short word":           {[]string{"xyz"}, "see: bellhop --help"},
		"negative losses":        {[]string{"local", "run", "--lose-every", "-1"}, "cannot be negative"},
		"near miss":              {[]string{"jobs", "lst"}, "did you mean: bellhop jobs list"},
		"unknown flag":           {[]string{"status", "--nope"}, "unknown flag: --nope"},
		"missing argument":       {[]string{"jobs", "show"}, "needs one JOB"},
		"no job to retry":        {[]string{"jobs", "retry"}, "needs a JOB"},
		"status that is none":    {[]string{"jobs", "list", "--status", "DONE"}, `unknown status "DONE"`},
		"month that is none":     {[]string{"coverage", "--month", "2026-13"}, "--month"},
		"month and days":         {[]string{"coverage", "--month", "2026-11", "--to", "2026-11-02"}, "exclude each other"},
		"days the wrong way":     {[]string{"coverage", "--from", "2026-11-02", "--to", "2026-11-01"}, "swap them"},
		"coverage of no table":   {[]string{"coverage", "--table", "asp_devic"}, "no table"},
		"freshness of no table":  {[]string{"freshness", "--table", "asp_devic"}, "no table"},
		"an age that is none":    {[]string{"freshness", "--slo", "0d"}, "no number of days"},
		"changes of no table":    {[]string{"changes", "--table", "asp_devic"}, "no table"},
		"changes since what":     {[]string{"changes", "--since", "monday"}, "no number of days"},
		"a rule that is none":    {[]string{"check", "run", "tips"}, "no rule is called"},
		"checks on a stack":      {[]string{"check", "run", "--stack", "s"}, "no bucket"},
		"watching in a pipe":     {[]string{"status", "--watch"}, "draws on a terminal"},
		"negative number":        {[]string{"jobs", "list", "--last", "-1"}, "negative"},
		"table without aws":      {[]string{"status", "--ledger-table", "t"}, "add --aws"},
		"aws without table":      {[]string{"status", "--aws"}, "BELLHOP_LEDGER_TABLE"},
		"aws with home":          {[]string{"status", "--aws", "--ledger-table", "t", "--home", "h"}, "exclude each other"},
		"home with a stack":      {[]string{"status", "--stack", "s", "--home", "h"}, "exclude each other"},
		"doctor of parts":        {[]string{"doctor", "--aws", "--ledger-table", "t"}, "needs the stack"},
		"no stack to log in for": {[]string{"auth", "login"}, "needs a stack on AWS"},
		"dead letters of a home": {[]string{"dlq", "list"}, "needs a stack on AWS"},
		"redirect elsewhere":     {[]string{"auth", "login", "--stack", "s", "--redirect", "http://example.com:1/"}, "not this machine"},
		"duckdb on a stack":      {[]string{"query", "--stack", "s", "SELECT 1"}, "no bucket"},
		"no date to accept":      {[]string{"held", "accept", "hotel", "asp_device"}, "needs SUBSCRIPTION, TABLE and DATE"},
		"date of nothing held":   {[]string{"held", "drop", "hotel", "asp_device", "yesterday"}, "the date"},
		"local on aws":           {[]string{"local", "run", "--aws"}, "this machine only"},
		"reset without a person": {[]string{"local", "reset", "--home", kept}, "--confirm"},
		"nothing to apply":       {[]string{"subscriptions", "apply"}, "-f FILE"},
		"file and name":          {[]string{"subscriptions", "apply", "x", "-f", "-"}, "exclude each other"},
		"no such file":           {[]string{"subscriptions", "apply", "-f", "none.yaml"}, "none.yaml"},
		"parameter without =":    {[]string{"subscriptions", "apply", "x", "--param", "unit_id"}, "--param name=value"},
		"date that is none":      {[]string{"subscriptions", "apply", "x", "--from", "yesterday"}, "--from"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			code, out, errs := b.run(t.Context(), tt.args...)
			if code != shell.ExitUsage || out != "" || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
			}
			if b.ledger.writes > 0 || len(b.resets) > 0 {
				t.Error("something was done")
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		args []string
		want shell.Place
	}{
		"by default":          {nil, nil, shell.Place{Home: ".bellhop"}},
		"home by variable":    {map[string]string{"BELLHOP_HOME": "/h"}, nil, shell.Place{Home: "/h"}},
		"home by flag":        {map[string]string{"BELLHOP_HOME": "/h"}, []string{"--home", "/f"}, shell.Place{Home: "/f"}},
		"aws by variables":    {map[string]string{"BELLHOP_LEDGER_TABLE": "t", "BELLHOP_DELIVERY_BUCKET": "b"}, []string{"--aws"}, shell.Place{Home: ".bellhop", AWS: true, Table: "t", DeliveryBucket: "b"}},
		"aws by flags":        {map[string]string{"BELLHOP_LEDGER_TABLE": "t"}, []string{"--aws", "--ledger-table", "u"}, shell.Place{Home: ".bellhop", AWS: true, Table: "u"}},
		"a stack by flag":     {map[string]string{"BELLHOP_LEDGER_TABLE": "t"}, []string{"--stack", "s"}, shell.Place{Home: ".bellhop", AWS: true, Stack: "s"}},
		"a stack by variable": {map[string]string{"BELLHOP_STACK": "s", "BELLHOP_LEDGER_TABLE": "t"}, []string{"--aws"}, shell.Place{Home: ".bellhop", AWS: true, Stack: "s"}},
		"a table wins":        {map[string]string{"BELLHOP_STACK": "s"}, []string{"--aws", "--ledger-table", "u"}, shell.Place{Home: ".bellhop", AWS: true, Table: "u"}},
		"a part of a stack":   {nil, []string{"--stack", "s", "--delivery-bucket", "d"}, shell.Place{Home: ".bellhop", AWS: true, Stack: "s", DeliveryBucket: "d"}},
		"variables stay out":  {map[string]string{"BELLHOP_LEDGER_TABLE": "t"}, nil, shell.Place{Home: ".bellhop"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.env = tt.env
			if code, _, errs := b.run(t.Context(), append([]string{"jobs", "list"}, tt.args...)...); code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			if len(b.opened) != 1 || b.opened[0] != tt.want {
				t.Errorf("opened %+v, want %+v", b.opened, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		err  error
		code int
		says string
	}{
		"expired credentials": {fmt.Errorf("get: %w", &smithy.GenericAPIError{Code: "ExpiredTokenException", Message: "old"}), 4, "aws sso login"},
		"no permission":       {&smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}, 1, "permission"},
		"no such table":       {&smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "no"}, 1, "--ledger-table"},
		"passing":             {fault.New(fault.Transient, "throttled"), 1, "try again"},
		"anything else":       {errors.New("odd"), 1, "bellhop: odd"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ledger.err = tt.err
			code, out, errs := b.run(t.Context(), "status")
			if code != tt.code || out != "" || !strings.Contains(errs, tt.says) || strings.Contains(errs, "goroutine") {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
			}
		})
	}
}

func TestApply(t *testing.T) {
	const file = `
name: clinic
params:
  unit_id: amzn1.alexa.unit.did.CLINIC
  categories: [DEVICE, COMMUNICATION]
  show_sub_units: true
from: 2026-11-01
max_window_days: 7
---
name: hotel
lag_days: 5
paused: true
`
	clinic := report.Subscription{
		Name: "clinic", Source: "asp-analytics", From: day(1), LagDays: 3, RefreshDays: 4, MaxWindowDays: 7,
		Params: report.Params{"unit_id": "amzn1.alexa.unit.did.CLINIC", "categories": "DEVICE,COMMUNICATION", "show_sub_units": "true"},
	}
	changed := hotel()
	changed.LagDays, changed.Paused = 5, true

	b := newBench(t)
	b.in = file
	code, out, errs := b.run(t.Context(), "subscriptions", "apply", "-f", "-", "--dry-run")
	if code != 0 || b.ledger.writes != 0 || len(b.ledger.subs) != 1 {
		t.Fatalf("dry run: exit %d, %d writes, %s", code, b.ledger.writes, errs)
	}
	type outcome struct {
		Name, Outcome string
		DryRun        bool `json:"dry_run"`
	}
	if got, want := decode[[]outcome](t, out), []outcome{{"clinic", "created", true}, {"hotel", "changed", true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("dry run: %+v, want %+v", got, want)
	}

	code, _, errs = b.run(t.Context(), "subscriptions", "apply", "-f", "-")
	if code != 0 || b.ledger.writes != 2 {
		t.Fatalf("exit %d, %d writes: %s", code, b.ledger.writes, errs)
	}
	if got := b.ledger.subs["clinic"]; !reflect.DeepEqual(got, clinic) {
		t.Errorf("clinic is %+v, want %+v", got, clinic)
	}
	if got := b.ledger.subs["hotel"]; !reflect.DeepEqual(got, changed) {
		t.Errorf("hotel is %+v, want %+v", got, changed)
	}

	b.terminal = true
	code, out, _ = b.run(t.Context(), "subscriptions", "apply", "-f", "-")
	if code != 0 || b.ledger.writes != 2 {
		t.Errorf("applying again: exit %d, %d writes", code, b.ledger.writes)
	}
	lines(t, out, "subscription clinic unchanged\nsubscription hotel unchanged")

	_, out, _ = b.run(t.Context(), "subscriptions", "apply", "hotel", "--paused=false", "--param", "categories=", "--dry-run")
	lines(t, out, "subscription hotel would be changed\n  params.categories: DEVICE,COMMUNICATION → (nothing)\n  paused: true → false")

	// Without a first day it starts where the vendor's horizon is: 88 days before 20 November.
	code, _, errs = b.run(t.Context(), "subscriptions", "apply", "new", "--param", "unit_id=amzn1.alexa.unit.did.N")
	if want := report.NewDate(2026, time.August, 24); code != 0 || b.ledger.subs["new"].From != want {
		t.Errorf("exit %d, from %s, want %s; %s", code, b.ledger.subs["new"].From, want, errs)
	}
}

func TestApplyWarns(t *testing.T) {
	tests := map[string]struct {
		from string
		want []string
	}{
		"a day that the vendor has":           {"2026-08-22", nil},
		"a day that the vendor had":           {"2026-08-20", []string{"2 days from 2026-08-20 on can never be fetched and will be EXPIRED: the vendor goes back to 2026-08-22"}},
		"a day to come":                       {"2026-11-30", []string{"no day is wanted before 2026-11-30, which is in 10 days"}},
		"the day that it has begun with long": {hotel().From.String(), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, errs := newBench(t).run(t.Context(), "subscriptions", "apply", "hotel", "--from", tt.from, "--dry-run")
			got := decode[[]struct{ Warnings []string }](t, out)
			if code != 0 || len(got) != 1 || !slices.Equal(got[0].Warnings, tt.want) {
				t.Errorf("exit %d, %+v, want %q; %s", code, got, tt.want, errs)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	tests := map[string]struct {
		file string
		says []string
	}{
		"unknown keys":              {"name: a\nunit: x\nlagdays: 3\n", []string{"line 2: unit: unknown key", "line 3: lagdays: unknown key"}},
		"unknown parameters":        {"name: a\nparams: {unit: x}\n", []string{"unit is not a parameter", "unit_id is missing"}},
		"a name that is no slug":    {"name: Grand Hotel\nparams: {unit_id: amzn1.alexa.unit.did.X}\n", []string{"not a slug"}},
		"no name":                   {"source: asp-analytics\n", []string{"name is missing"}},
		"a key twice":               {"name: a\nname: b\n", []string{"name: comes twice"}},
		"a subscription twice":      {"name: a\n---\nname: a\n", []string{"subscription a comes twice"}},
		"all of a document at once": {"name: a\nfrom: 1.11.2026\nlag_days: -1\nparams: {unit_id: x, categories: DEVICES}\n", []string{"is not a date", "lag_days is -1", "unit_id", "DEVICES"}},
		"all of two documents":      {"name: a\nfrom: soon\n---\nname: b\nrefresh_days: -2\n", []string{"is not a date", "subscription a", "subscription b", "refresh_days is -2"}},
		"no number":                 {"name: a\nlag_days: soon\n", []string{"not a whole number"}},
		"no date":                   {"name: a\nfrom: 1.11.2026\n", []string{"is not a date"}},
		"no truth":                  {"name: a\npaused: maybe\n", []string{"true or false"}},
		"another source":            {"name: hotel\nsource: campaigns\n", []string{"cannot become campaigns"}},
		"a source that nobody has":  {"name: a\nsource: fax\n", []string{`no source is called "fax"`}},
		"a list":                    {"- a\n- b\n", []string{"is a mapping"}},
		"no YAML":                   {"name: [a\n", []string{"not YAML"}},
		"nothing":                   {"", []string{"no subscription"}},
		"good and bad":              {"name: hotel\npaused: true\n---\nname: b\nlag_days: -1\n", []string{"subscription b", "lag_days is -1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			path := filepath.Join(t.TempDir(), "subs.yaml")
			if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := b.run(t.Context(), "subscriptions", "apply", "-f", path)
			if code != shell.ExitUsage || out != "" || b.ledger.writes > 0 {
				t.Errorf("exit %d, %d writes, stdout %q", code, b.ledger.writes, out)
			}
			for _, s := range tt.says {
				if !strings.Contains(errs, s) {
					t.Errorf("%q does not say %q", errs, s)
				}
			}
		})
	}
}

func TestChangeJobs(t *testing.T) {
	job := func(id string, status report.JobStatus, from, to int) report.Job {
		return report.Job{ID: id, Subscription: "hotel", Status: status, Attempt: 3, Tables: []string{"asp_device"}, Window: report.Window{From: day(from), To: day(to)}}
	}
	prepare := func(t *testing.T) *bench {
		b := newBench(t)
		for _, j := range []report.Job{
			job("refused", report.JobRefused, 14, 14), job("lost", report.JobLost, 15, 16), job("asked-again", report.JobLost, 17, 17),
			job("backing-off", report.JobBackoff, 12, 12), job("waiting", report.JobWaitingUpstream, 17, 17), job("submitting", report.JobSubmitting, 10, 10),
		} {
			b.ledger.jobs[j.ID] = j
		}
		snapshot := b.ledger.snapshots["hotel"]
		w := b.ledger.jobs["waiting"]
		m, _ := w.Marker()
		snapshot.Markers = []report.Marker{m}
		snapshot.Partitions = nil // a job whose days are there needs no retry
		b.ledger.snapshots["hotel"] = snapshot
		return b
	}
	tests := map[string]struct {
		args   []string
		code   int
		says   string
		status map[string]report.JobStatus
	}{
		"retry":                     {[]string{"retry", "refused", "lost"}, 0, "", map[string]report.JobStatus{"refused": report.JobPlanned, "lost": report.JobPlanned}},
		"retry, tried out":          {[]string{"retry", "refused", "lost", "--dry-run"}, 0, "", map[string]report.JobStatus{"refused": report.JobRefused, "lost": report.JobLost}},
		"retry what backs off":      {[]string{"retry", "backing-off"}, 0, "", map[string]report.JobStatus{"backing-off": report.JobPlanned}},
		"retry what is loaded":      {[]string{"retry", "hotel-000001"}, 1, "job hotel-000001 is LOADED: only a job that is REFUSED", nil},
		"retry what was asked for":  {[]string{"retry", "asked-again"}, 1, "job waiting has asked for some of its days", map[string]report.JobStatus{"asked-again": report.JobLost}},
		"retry one and fail at one": {[]string{"retry", "refused", "nope"}, 5, "there is no job nope", map[string]report.JobStatus{"refused": report.JobPlanned}},
		"retry nothing that is":     {[]string{"retry", "nope", "never"}, 1, "there is no job never", nil},
		"cancel":                    {[]string{"cancel", "waiting"}, 0, "", map[string]report.JobStatus{"waiting": report.JobCancelled}},
		"cancel, tried out":         {[]string{"cancel", "waiting", "--dry-run"}, 0, "", map[string]report.JobStatus{"waiting": report.JobWaitingUpstream}},
		"cancel while submitting":   {[]string{"cancel", "submitting"}, 1, "not just being submitted", map[string]report.JobStatus{"submitting": report.JobSubmitting}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := prepare(t)
			code, out, errs := b.run(t.Context(), append([]string{"jobs"}, tt.args...)...)
			if code != tt.code || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, want %d; stderr %q", code, tt.code, errs)
			}
			decode[[]map[string]any](t, out)
			for id, want := range tt.status {
				if got := b.ledger.jobs[id]; got.Status != want {
					t.Errorf("job %s is %s, want %s", id, got.Status, want)
				} else if want == report.JobPlanned && (got.Attempt != 1 || !got.DueAt.Equal(now)) {
					t.Errorf("job %s asks for number %d and is due at %s", id, got.Attempt, got.DueAt)
				}
			}
			if strings.Contains(name, "tried out") && b.ledger.writes > 0 {
				t.Error("a dry run wrote to the ledger")
			}
		})
	}
}

func TestHelpTeaches(t *testing.T) {
	for _, command := range []string{
		"local run", "local up", "local reset", "subscriptions list", "subscriptions show", "subscriptions apply", "jobs list", "jobs show",
		"jobs retry", "jobs cancel", "files list", "files show", "coverage", "certificates list", "certificates show", "certificates verify", "privacy report", "privacy verify", "privacy erase", "privacy keep", "console", "status", "version",
		"quarantine list", "quarantine show", "quarantine replay", "quarantine drop", "tables", "ingest", "changes", "freshness", "check list", "check run", "operations publish",
	} {
		code, out, errs := newBench(t).run(t.Context(), append(strings.Fields(command), "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, "Examples:\n  bellhop "+command) {
			t.Errorf("%s: exit %d\n%s", command, code, out)
		}
	}
}
