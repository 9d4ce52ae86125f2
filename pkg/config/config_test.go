package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// requester is an environment with everything that is required and nothing else.
func requester(more map[string]string) map[string]string {
	environ := map[string]string{
		"BELLHOP_LEDGER_TABLE":     "bellhop-ledger",
		"BELLHOP_DELIVERY_BUCKET":  "bellhop-x-delivery",
		"BELLHOP_INGEST_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/ingest",
		"BELLHOP_LWA_SECRET_ID":    "arn:aws:secretsmanager:us-east-1:123456789012:secret:bellhop/lwa-AbCdEf",
	}
	maps.Copy(environ, more)
	return environ
}

func TestRequesterDefaults(t *testing.T) {
	got, err := config.LoadRequester(requester(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.AlexaEndpoint != "https://api.amazonalexa.com" || got.LWAEndpoint != "https://api.amazon.com/auth/o2/token" {
		t.Errorf("endpoints %s and %s", got.AlexaEndpoint, got.LWAEndpoint)
	}
	if got.Interval != time.Second || got.Patience != 72*time.Hour || !slices.Equal(got.ASPDaily, []string{"DAILY"}) {
		t.Errorf("got %+v", got)
	}
	if _, asked := got.Subscription.First(); asked {
		t.Error("a subscription out of nothing")
	}
}

func TestRetention(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 400 * 24 * time.Hour, "0": 0, "200": 200 * 24 * time.Hour, "3650": 3650 * 24 * time.Hour} {
		got, err := config.LoadRequester(requester(map[string]string{"BELLHOP_LEDGER_RETENTION_DAYS": value}))
		if err != nil || got.Retention.Duration() != want {
			t.Errorf("%q is %s (%v), want %s", value, got.Retention.Duration(), err, want)
		}
	}
	for _, value := range []string{"-1", "1", "199", "3651", "a year"} {
		if _, err := config.LoadRequester(requester(map[string]string{"BELLHOP_LEDGER_RETENTION_DAYS": value})); err == nil {
			t.Errorf("%q is taken", value)
		}
	}
}

func TestBucketOwner(t *testing.T) {
	for value, good := range map[string]bool{"": true, "111122223333": true, "11112222333": false, "1111222233334": false, "arn:aws:iam::111122223333:root": false} {
		got, err := config.LoadJanitor(map[string]string{
			"BELLHOP_LEDGER_TABLE": "ledger", "BELLHOP_DELIVERY_BUCKET": "delivery", "BELLHOP_DATASET_BUCKET": "dataset",
			"BELLHOP_INGEST_QUEUE_URL": "https://sqs/q", "BELLHOP_BUCKET_OWNER": value,
		})
		if (err == nil) != good || good && got.BucketOwner != value {
			t.Errorf("%q: %q, %v", value, got.BucketOwner, err)
		}
	}
}

func TestFirstSubscription(t *testing.T) {
	const unit = "amzn1.alexa.unit.did.AE123"
	full := report.Subscription{
		Name: "seaside", Source: "asp-analytics",
		Params: report.Params{
			"unit_id": unit, "show_sub_units": "true",
			"categories": "DEVICE,DOMAIN_ENGAGEMENT,PROACTIVE_CAMPAIGN,PROPERTY_SKILL,COMMUNICATION",
		},
		LagDays: 3, RefreshDays: 4, MaxWindowDays: 30,
	}
	narrow := full
	narrow.Params = report.Params{"unit_id": unit, "show_sub_units": "false", "categories": "DEVICE"}
	narrow.From, narrow.LagDays, narrow.RefreshDays, narrow.MaxWindowDays = report.NewDate(2026, 11, 1), 0, 88, 90
	cases := map[string]struct {
		environ  map[string]string
		want     report.Subscription
		none     bool
		problems []string
	}{
		"none": {none: true},
		"none, with a template's defaults": {
			environ: map[string]string{"BELLHOP_SUBSCRIPTION": "", "BELLHOP_UNIT_ID": "", "BELLHOP_LAG_DAYS": "3", "BELLHOP_SHOW_SUB_UNITS": "true"},
			none:    true,
		},
		"least": {environ: map[string]string{"BELLHOP_SUBSCRIPTION": "seaside", "BELLHOP_UNIT_ID": unit}, want: full},
		"all": {environ: map[string]string{
			"BELLHOP_SUBSCRIPTION": "seaside", "BELLHOP_UNIT_ID": unit, "BELLHOP_CATEGORIES": "DEVICE",
			"BELLHOP_SHOW_SUB_UNITS": "false", "BELLHOP_FROM": "2026-11-01", "BELLHOP_LAG_DAYS": "0",
			"BELLHOP_REFRESH_DAYS": "88", "BELLHOP_MAX_WINDOW_DAYS": "90",
		}, want: narrow},
		"a name alone": {
			environ:  map[string]string{"BELLHOP_SUBSCRIPTION": "seaside"},
			problems: []string{"BELLHOP_UNIT_ID is not set"},
		},
		"a setting alone": {
			environ:  map[string]string{"BELLHOP_LAG_DAYS": "5"},
			problems: []string{"BELLHOP_SUBSCRIPTION is not set", "BELLHOP_UNIT_ID is not set"},
		},
		"all wrong": {
			environ: map[string]string{
				"BELLHOP_SUBSCRIPTION": "Sea Side", "BELLHOP_UNIT_ID": "42", "BELLHOP_CATEGORIES": "device",
				"BELLHOP_SHOW_SUB_UNITS": "yes", "BELLHOP_FROM": "11/1/2026", "BELLHOP_LAG_DAYS": "-1",
				"BELLHOP_REFRESH_DAYS": "four", "BELLHOP_MAX_WINDOW_DAYS": "91",
			},
			problems: []string{
				`BELLHOP_SUBSCRIPTION is "Sea Side": it must be a slug`,
				`BELLHOP_UNIT_ID is "42": it must be a unit's id`,
				`BELLHOP_CATEGORIES is "device": it must be words of capital letters`,
				`BELLHOP_SHOW_SUB_UNITS is "yes": it must be true or false`,
				`BELLHOP_FROM is "11/1/2026": it must be a date of the form YYYY-MM-DD`,
				`BELLHOP_LAG_DAYS is "-1": it must be a number of days, 0 to 88`,
				`BELLHOP_REFRESH_DAYS is "four": it must be a number of days, 0 to 88`,
				`BELLHOP_MAX_WINDOW_DAYS is "91": it must be a number of days, 1 to 90`,
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := config.LoadRequester(requester(c.environ))
			compareProblems(t, err, c.problems)
			if err != nil {
				return
			}
			first, asked := got.Subscription.First()
			if asked == c.none {
				t.Fatalf("asked for: %t", asked)
			}
			if diff := cmp.Diff(c.want, first); diff != "" {
				t.Error(diff)
			}
			if err := first.Validate(); asked && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProblemsComeAllAtOnce(t *testing.T) {
	load := map[string]func(map[string]string) error{
		config.FunctionRequester: func(e map[string]string) error { _, err := config.LoadRequester(e); return err },
		config.FunctionIngester:  func(e map[string]string) error { _, err := config.LoadIngester(e); return err },
		config.FunctionJanitor:   func(e map[string]string) error { _, err := config.LoadJanitor(e); return err },
	}
	cases := map[string]struct {
		function string
		environ  map[string]string
		problems []string
	}{
		"requester, nothing set": {function: "requester", problems: []string{
			"BELLHOP_LEDGER_TABLE is not set", "BELLHOP_DELIVERY_BUCKET is not set",
			"BELLHOP_INGEST_QUEUE_URL is not set", "BELLHOP_LWA_SECRET_ID is not set",
		}},
		"ingester, nothing set": {function: "ingester", problems: []string{
			"BELLHOP_LEDGER_TABLE is not set", "BELLHOP_DELIVERY_BUCKET is not set", "BELLHOP_DATASET_BUCKET is not set",
		}},
		"janitor, nothing set": {function: "janitor", environ: map[string]string{"BELLHOP_LEDGER_TABLE": ""}, problems: []string{
			"BELLHOP_LEDGER_TABLE is not set", "BELLHOP_DELIVERY_BUCKET is not set",
			"BELLHOP_DATASET_BUCKET is not set", "BELLHOP_INGEST_QUEUE_URL is not set",
		}},
		"requester, all wrong": {function: "requester", environ: requester(map[string]string{
			"BELLHOP_LEDGER_TABLE": "a b", "BELLHOP_DELIVERY_BUCKET": "Bucket", "BELLHOP_INGEST_QUEUE_URL": "queue",
			"BELLHOP_ALEXA_ENDPOINT": "http://api.amazonalexa.com", "BELLHOP_LWA_ENDPOINT": "https://user:pw@api.amazon.com",
			"BELLHOP_REQUEST_INTERVAL": "1", "BELLHOP_REQUEST_PATIENCE": "1m", "BELLHOP_ASP_STATUSES": "503=later",
			"BELLHOP_ASP_DAILY": "daily",
		}), problems: []string{
			`BELLHOP_LEDGER_TABLE is "a b": it must be the name of a DynamoDB table`,
			`BELLHOP_DELIVERY_BUCKET is "Bucket": it must be the name of an S3 bucket`,
			`BELLHOP_INGEST_QUEUE_URL is "queue": it must be the URL of an SQS queue`,
			`BELLHOP_ALEXA_ENDPOINT is "http://api.amazonalexa.com": it must be an https URL`,
			`BELLHOP_LWA_ENDPOINT is "https://user:xxxxx@api.amazon.com": it must be an https URL`,
			`BELLHOP_REQUEST_INTERVAL is "1": it must be a whole number and one unit, from 1ms to 5m`,
			`BELLHOP_REQUEST_PATIENCE is "1m": it must be a whole number and one unit, from 1h to 720h`,
			`BELLHOP_ASP_STATUSES is "503=later": it must be a list such as`,
			`BELLHOP_ASP_DAILY is "daily": it must be words of capital letters`,
		}},
		"ingester, out of bounds": {function: "ingester", environ: map[string]string{
			"BELLHOP_LEDGER_TABLE": "ledger", "BELLHOP_DELIVERY_BUCKET": "delivery", "BELLHOP_DATASET_BUCKET": "dataset",
			"BELLHOP_STRAY_GRACE": "0s", "BELLHOP_QUARANTINE_HOLD": "25h", "BELLHOP_LEDGER_RETENTION_DAYS": "199",
		}, problems: []string{
			`BELLHOP_LEDGER_RETENTION_DAYS is "199": it must be a number of days, 200 to 3650, or 0 for ever`,
			`BELLHOP_STRAY_GRACE is "0s": it must be a whole number and one unit, from 1m to 24h`,
			`BELLHOP_QUARANTINE_HOLD is "25h": it must be a whole number and one unit, from 1m to 24h`,
		}},
		"janitor, out of bounds": {function: "janitor", environ: map[string]string{
			"BELLHOP_LEDGER_TABLE": "ledger", "BELLHOP_DELIVERY_BUCKET": "delivery", "BELLHOP_DATASET_BUCKET": "dataset",
			"BELLHOP_INGEST_QUEUE_URL": "https://sqs/q", "BELLHOP_MAX_DELETIONS": "99999999999",
		}, problems: []string{`BELLHOP_MAX_DELETIONS is "99999999999": it must be a number, 1 to 100000`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { compareProblems(t, load[c.function](c.environ), c.problems) })
	}
}

func compareProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var got []string
	if err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestASecretInPlaceOfItsIDIsNotShown(t *testing.T) {
	for _, value := range []string{`{"client_secret":"planted"}`, "Atzr|planted", "planted secret"} {
		for _, name := range []string{"BELLHOP_LWA_SECRET_ID", "BELLHOP_KHOROS_SECRET_ID"} {
			_, err := config.LoadRequester(requester(map[string]string{name: value}))
			if err == nil || strings.Contains(err.Error(), "planted") || !strings.Contains(err.Error(), name) {
				t.Errorf("%v", err)
			}
		}
	}
}

func TestSecretIDs(t *testing.T) {
	for _, id := range []string{
		"bellhop/lwa", "/bellhop/lwa", "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a-b",
		"arn:aws:ssm:us-east-1:123456789012:parameter/bellhop/lwa",
	} {
		if _, err := config.LoadRequester(requester(map[string]string{"BELLHOP_LWA_SECRET_ID": id, "BELLHOP_KHOROS_SECRET_ID": id})); err != nil {
			t.Error(err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	cases := map[string]bool{
		"https://api.amazonalexa.com": true, "http://127.0.0.1:8080": true, "http://[::1]:8080/token": true,
		"http://localhost:1": true, "http://localhost.example.com": false, "ftp://api.amazon.com": false,
		"api.amazon.com": false, "https://": false, "https://a.com?x=1": false, "https://a.com#x": false,
	}
	for url, valid := range cases {
		_, err := config.LoadRequester(requester(map[string]string{"BELLHOP_ALEXA_ENDPOINT": url}))
		if (err == nil) != valid {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	cases := map[string]struct {
		text string
		want config.Statuses
	}{
		"one":            {"503=not-ready", config.Statuses{503: report.OutcomeNotReady}},
		"several":        {"502=back-off, 409=refused", config.Statuses{502: report.OutcomeBackOff, 409: report.OutcomeRefused}},
		"a success":      {text: "202=refused"},
		"accepted":       {text: "409=accepted"},
		"twice":          {text: "409=refused,409=back-off"},
		"no outcome":     {text: "409"},
		"trailing comma": {text: "409=refused,"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := config.LoadRequester(requester(map[string]string{"BELLHOP_ASP_STATUSES": c.text}))
			if (err == nil) != (c.want != nil) || !maps.Equal(got.ASPStatuses, c.want) {
				t.Errorf("got %v, %v", got.ASPStatuses, err)
			}
		})
	}
}

func TestVariablesSayEverything(t *testing.T) {
	var names []string
	for _, v := range config.Variables() {
		names = append(names, v.Name)
		if !strings.HasPrefix(v.Name, "BELLHOP_") || v.Meaning == "" || v.Form == "" || len(v.Functions) == 0 {
			t.Errorf("incomplete: %+v", v)
		}
		if v.Required && v.Default != "" {
			t.Errorf("%s is required and has a default", v.Name)
		}
	}
	// DESIGN, section 10.
	for _, name := range []string{
		"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_DATASET_BUCKET", "BELLHOP_INGEST_QUEUE_URL",
		"BELLHOP_LWA_SECRET_ID", "BELLHOP_ALEXA_ENDPOINT", "BELLHOP_LWA_ENDPOINT", "BELLHOP_SUBSCRIPTION",
		"BELLHOP_UNIT_ID", "BELLHOP_CATEGORIES", "BELLHOP_SHOW_SUB_UNITS", "BELLHOP_FROM", "BELLHOP_LAG_DAYS",
		"BELLHOP_REFRESH_DAYS", "BELLHOP_MAX_WINDOW_DAYS", "BELLHOP_REQUEST_INTERVAL",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	slices.Sort(names)
	if compact := slices.Compact(slices.Clone(names)); len(compact) != len(names) {
		t.Errorf("a variable is listed twice: %v", names)
	}
	i := slices.IndexFunc(config.Variables(), func(v config.Variable) bool { return v.Name == "BELLHOP_DATASET_BUCKET" })
	want := config.Variable{
		Name: "BELLHOP_DATASET_BUCKET", Required: true, Functions: []string{"ingester", "janitor"},
		Meaning: "where the dataset is", Form: "the name of an S3 bucket",
	}
	if diff := cmp.Diff(want, config.Variables()[i]); diff != "" {
		t.Error(diff)
	}
}

// The decoder reports an unreadable value by the field's name, so that must be the field's alone.
func TestEveryUnreadableValueIsReportedByItsVariable(t *testing.T) {
	for _, v := range config.Variables() {
		if v.Sensitive {
			continue
		}
		environ := requester(map[string]string{"BELLHOP_DATASET_BUCKET": "dataset", "BELLHOP_SUBSCRIPTION": "a", "BELLHOP_UNIT_ID": "amzn1.alexa.unit.did.A"})
		environ[v.Name] = "\x00 unreadable"
		for _, function := range v.Functions {
			var err error
			switch function {
			case config.FunctionRequester:
				_, err = config.LoadRequester(environ)
			case config.FunctionIngester:
				_, err = config.LoadIngester(environ)
			case config.FunctionJanitor:
				_, err = config.LoadJanitor(environ)
			}
			compareProblems(t, err, []string{v.Name + ` is "\x00 unreadable": it must be `})
		}
	}
}
