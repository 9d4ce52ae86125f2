package realbinaries_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// One life of reports, by environment and events alone: a schedule's tick asks, the vendor delivers, S3's notifications
// load, the ledger's stream deletes. Then a second tick has nothing to ask for.
func TestFromScheduleToVerifiedDeletion(t *testing.T) {
	for name, overTLS := range map[string]bool{"S3 over plain HTTP": false, "S3 over TLS": true} {
		t.Run(name, func(t *testing.T) {
			awayFromMidnight()
			// Once with each place of the credential.
			store := map[bool]string{false: "ParameterStore", true: "SecretsManager"}[overTLS]
			w := newFixture(t, fixtureOptions{overTLS: overTLS, values: map[string]string{"CredentialStore": store}})
			// The defaults ask for all five categories, and for four days in one request.
			if a := w.schedule(); a.Accepted != 1 || a.Submitted != 1 {
				t.Fatalf("the requester answers %+v\n%s", a, w.log.tail())
			}
			w.deliver()
			if len(w.delivered) != 5 || len(w.list(delivery)) != 5 {
				t.Fatalf("%d files are delivered, and %d are there", len(w.delivered), len(w.list(delivery)))
			}
			w.load()
			w.until("the delivery bucket is empty", func() bool { w.release(); return len(w.list(delivery)) == 0 })
			w.certified()
			w.complete()
			w.mortal()
			if w.account.sent != 0 {
				t.Errorf("%d loads were started without S3's notification", w.account.sent)
			}

			if a := w.schedule(); a.Submitted != 0 || w.vendor.Counters().Posts != 1 {
				t.Errorf("the second tick submitted %d requests; the vendor saw %d", a.Submitted, w.vendor.Counters().Posts)
			}
			if a := w.sweep(); a.Sweep == nil || a.Sweep.Listed != 0 || a.Sweep.Deleted != 0 || a.Sweep.Redelivered != 0 {
				t.Errorf("the sweep has found something: %+v", a.Sweep)
			}
			if asked, ownerless := w.gate.asked.Load(), w.gate.ownerless.Load(); ownerless != 0 || asked == 0 && !overTLS {
				t.Errorf("%d of %d requests to S3 do not say whose bucket they mean", ownerless, asked)
			}
			w.discreet()
			w.followed()
			w.questionsFit()
			for name, f := range w.functions {
				if f.Starts() != 1 {
					t.Errorf("%s was started %d times", name, f.Starts())
				}
			}
		})
	}
}

// certified demands exactly one certificate for each delivered file, about the bytes that the vendor wrote.
func (w *fixture) certified() {
	w.t.Helper()
	for key, body := range w.delivered {
		certificates, err := w.ledger.CertificatesOf(w.t.Context(), key)
		if err != nil || len(certificates) != 1 {
			w.t.Errorf("%s has %d certificates (%v)", key, len(certificates), err)
			continue
		}
		c, sum := certificates[0], sha256.Sum256(body)
		if c.Bucket != delivery || c.Key != key || c.Size != int64(len(body)) || c.SHA256 != hex.EncodeToString(sum[:]) || c.Cause != report.FileLoaded {
			w.t.Errorf("%s: the certificate is about something else: %+v", key, c)
		}
		if c.LoadedAt.IsZero() || c.DeletedAt.Before(c.LoadedAt) || c.VerifiedAt.Before(c.DeletedAt) {
			w.t.Errorf("%s: loaded %s, deleted %s, verified %s", key, c.LoadedAt, c.DeletedAt, c.VerifiedAt)
		}
	}
	for key, f := range w.files() {
		if f.Status != report.FileDeleted {
			w.t.Errorf("%s is %s", key, f.Status)
		}
	}
}

// complete demands that each delivered row is in the dataset, once, and that the dataset is Parquet.
func (w *fixture) complete() {
	w.t.Helper()
	want, got := map[string]int64{}, map[string]int64{}
	for key, body := range w.delivered {
		category := strings.SplitN(key, "-", 3)[1]
		rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
		if err != nil {
			w.t.Fatal(err)
		}
		if len(rows) > 1 {
			want["asp_"+strings.ToLower(category)] += int64(len(rows) - 1)
		}
	}
	for key, content := range w.published() {
		name, rest, _ := strings.Cut(key, "/")
		var date string
		if _, err := fmt.Sscanf(rest, "dataset_date=%10s", &date); err != nil || rest != "dataset_date="+date+"/"+subscription+".parquet" {
			w.t.Errorf("%s is no place in the dataset", key)
		}
		if !bytes.HasPrefix(content, []byte("PAR1")) || !bytes.HasSuffix(content, []byte("PAR1")) {
			w.t.Errorf("%s is not Parquet", key)
		}
		rows, _, err := convert.ReadSums(io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))))
		if err != nil {
			w.t.Errorf("%s: %v", key, err)
		}
		got[name] += rows
	}
	for name, rows := range want {
		if got[name] != rows {
			w.t.Errorf("%s has %d rows, want the %d that were delivered", name, got[name], rows)
		}
	}
	if len(got) != len(want) || len(want) != 5 {
		w.t.Errorf("the dataset has the tables %v, delivered were %v", got, want)
	}
}

// mortal demands that the table's time to live is at work on finished jobs and files, and on nothing else.
func (w *fixture) mortal() {
	w.t.Helper()
	attribute, _ := cloudformation.At(w.stack.Template.Properties("Ledger"), "TimeToLiveSpecification", "AttributeName").(string)
	out, err := dynamodb.NewFromConfig(ledgertest.Config(w.stream.endpoint)).Scan(w.t.Context(), &dynamodb.ScanInput{
		TableName: aws.String(w.stack.Text(cloudformation.Object{"Ref": "Ledger"})),
	})
	if err != nil || len(out.LastEvaluatedKey) > 0 {
		w.t.Fatalf("%d items: %v", len(out.Items), err)
	}
	found := map[string]int{}
	for _, item := range out.Items {
		var row struct {
			PK, SK     string
			Status     string
			FinishedAt time.Time `dynamodbav:"finished_at"` // of a job
			DeletedAt  time.Time `dynamodbav:"deleted_at"`  // of a file
		}
		if err := attributevalue.UnmarshalMap(item, &row); err != nil {
			w.t.Fatal(err)
		}
		kind, _, _ := strings.Cut(row.PK, "#")
		ended := map[string]time.Time{"JOB LOADED META": row.FinishedAt, "FILE DELETED META": row.DeletedAt}[kind+" "+row.Status+" "+row.SK]
		var want, got int64
		if !ended.IsZero() {
			found[kind]++
			want = ended.Add(400 * 24 * time.Hour).Unix()
		}
		if n, ok := item[attribute].(*types.AttributeValueMemberN); ok {
			got, err = strconv.ParseInt(n.Value, 10, 64)
		}
		if err != nil || got != want {
			w.t.Errorf("%s/%s, %s: it lives until %d, want %d (%v)", row.PK, row.SK, row.Status, got, want, err)
		}
	}
	if found["JOB"] != 1 || found["FILE"] != 5 {
		w.t.Errorf("finished are %v", found)
	}
}

// followed demands that each function logs the job by its id, so that one can follow it through all of them.
func (w *fixture) followed() {
	w.t.Helper()
	w.until("each function has a line about the job", func() bool {
		said := map[string]bool{}
		for line := range strings.Lines(w.log.text()) {
			var l struct {
				Function string `json:"function"`
				Job      string `json:"job_id"`
			}
			if json.Unmarshal([]byte(line), &l) == nil && l.Job == subscription+"-000001" {
				said[l.Function] = true
			}
		}
		return said[requester] && said[ingester] && said[janitor]
	})
}

// discreet demands that the rotated refresh token was kept, and that no log line holds a secret or a unit's name.
func (w *fixture) discreet() {
	w.t.Helper()
	kept := w.account.secrets[w.secret]
	if w.account.puts != 1 || strings.Contains(kept, vendorSecrets.RefreshToken) || !strings.Contains(kept, `Atzr|`) {
		w.t.Errorf("the rotated refresh token is not kept: %d writes", w.account.puts)
	}
	log := w.log.text()
	if log == "" {
		w.t.Error("nothing was logged")
	}
	for _, secret := range []string{vendorSecrets.Secret, "Atzr|", "Atza|", alexa.PlantedName, "Maple Court"} {
		if strings.Contains(log, secret) {
			w.t.Errorf("a log line holds %q", secret)
		}
	}
}
