// Package config reads the environment of the functions. Every problem is reported at once: the variable's name, what it
// is set to, and what it must be. An empty variable counts as not set, as a template cannot always leave one out.
package config

import (
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Installation is what all functions are told of the installation that they are a part of.
type Installation struct {
	Service        string        `env:"BELLHOP_SERVICE" envDefault:"bellhop" meaning:"which installation metrics are about; the template says its stack's name" form:"letters, digits, hyphens and underscores, at most 128"`
	LedgerTable    string        `env:"BELLHOP_LEDGER_TABLE,required" meaning:"the ledger's table" form:"the name of a DynamoDB table"`
	Retention      RetentionDays `env:"BELLHOP_LEDGER_RETENTION_DAYS" envDefault:"400" meaning:"how many days finished jobs and files stay in the ledger; days and certificates always do" form:"a number of days, 200 to 3650, or 0 for ever"`
	DeliveryBucket string        `env:"BELLHOP_DELIVERY_BUCKET,required" meaning:"where the vendors' files arrive" form:"the name of an S3 bucket"`
	// BucketOwner keeps bellhop from reading, writing and deleting in a bucket of the same name that belongs to another account.
	BucketOwner string `env:"BELLHOP_BUCKET_OWNER" meaning:"the account that the buckets are of; S3 refuses every call to one of another account. Not set: not checked" form:"an AWS account's id: twelve digits"`
}

// Requester is the environment of the requester.
type Requester struct {
	Installation

	IngestQueueURL string `env:"BELLHOP_INGEST_QUEUE_URL,required" meaning:"where loads are started" form:"the URL of an SQS queue"`
	// LWASecretID is the ARN or the name of the secret, never the secret.
	LWASecretID string `env:"BELLHOP_LWA_SECRET_ID,required" meaning:"where the Login with Amazon credential is kept" form:"the ARN or name of a Secrets Manager secret, or the ARN or /name of an SSM parameter" sensitive:"true"`
	// KhorosSecretID is the same for Khoros Care. Without it a subscription there waits for its credential.
	KhorosSecretID string   `env:"BELLHOP_KHOROS_SECRET_ID" meaning:"where the user of Khoros Care is kept; not set: subscriptions to khoros-care wait for it" form:"the ARN or name of a Secrets Manager secret, or the ARN or /name of an SSM parameter" sensitive:"true"`
	AlexaEndpoint  Endpoint `env:"BELLHOP_ALEXA_ENDPOINT" envDefault:"https://api.amazonalexa.com" meaning:"the vendor's API" form:"an https URL"`
	LWAEndpoint    Endpoint `env:"BELLHOP_LWA_ENDPOINT" envDefault:"https://api.amazon.com/auth/o2/token" meaning:"the token endpoint of Login with Amazon" form:"an https URL"`

	Subscription Subscription
	// Interval is the least time between two requests with one credential.
	Interval time.Duration `env:"BELLHOP_REQUEST_INTERVAL" envDefault:"1s" meaning:"least time between two requests with one credential" form:"a whole number and one unit, from 1ms to 5m, such as 1s"`
	// Patience is how long a request is tried again before its job counts as lost.
	Patience time.Duration `env:"BELLHOP_REQUEST_PATIENCE" envDefault:"72h" meaning:"how long a request is tried again before its days count as lost" form:"a whole number and one unit, from 1h to 720h, such as 72h"`
	// ASPStatuses correct what single HTTP statuses of the Analytics API mean, whose numbers no document confirms.
	ASPStatuses Statuses `env:"BELLHOP_ASP_STATUSES" meaning:"what single HTTP statuses of the Analytics API mean, before bellhop's own rules" form:"a list such as 503=not-ready,409=back-off; outcomes are back-off, not-ready, not-eligible, refused, unauthorized and unknown"`
	// ASPDaily are the granularities that give a row for each day, the one to ask for first.
	ASPDaily []string `env:"BELLHOP_ASP_DAILY" envDefault:"DAILY" meaning:"the Analytics API's granularities that give a row for each day, the default first" form:"words of capital letters and underscores, separated by commas"`
}

// Subscription is the first subscription, if there is one.
type Subscription struct {
	Name          string      `env:"BELLHOP_SUBSCRIPTION" meaning:"name of the first subscription" form:"a slug: lower-case letters, digits and single hyphens, at most 40"`
	UnitID        string      `env:"BELLHOP_UNIT_ID" meaning:"the organisation or unit whose reports are wanted" form:"a unit's id: amzn1.alexa.unit.did.{id}"`
	Categories    string      `env:"BELLHOP_CATEGORIES" envDefault:"DEVICE,DOMAIN_ENGAGEMENT,PROACTIVE_CAMPAIGN,PROPERTY_SKILL,COMMUNICATION" meaning:"the report categories that are wanted" form:"words of capital letters and underscores, separated by commas"`
	ShowSubUnits  string      `env:"BELLHOP_SHOW_SUB_UNITS" envDefault:"true" meaning:"whether the reports have a row for each unit below" form:"true or false"`
	From          report.Date `env:"BELLHOP_FROM" meaning:"the first day that is wanted; not set: as far back as the vendor goes" form:"a date of the form YYYY-MM-DD"`
	LagDays       int         `env:"BELLHOP_LAG_DAYS" envDefault:"3" meaning:"how many days must have passed before a day is asked for" form:"a number of days, 0 to 88"`
	RefreshDays   int         `env:"BELLHOP_REFRESH_DAYS" envDefault:"4" meaning:"how many of the youngest days are asked for again each day" form:"a number of days, 0 to 88"`
	MaxWindowDays int         `env:"BELLHOP_MAX_WINDOW_DAYS" envDefault:"30" meaning:"the most days that one request asks for" form:"a number of days, 1 to 90"`
}

// Ingester is the environment of the ingester.
type Ingester struct {
	Installation

	DatasetBucket  string        `env:"BELLHOP_DATASET_BUCKET,required" meaning:"where the dataset is" form:"the name of an S3 bucket"`
	StrayGrace     time.Duration `env:"BELLHOP_STRAY_GRACE" envDefault:"6h" meaning:"how long a file that nobody expects rests before it is deleted" form:"a whole number and one unit, from 1m to 24h, such as 6h"`
	QuarantineHold time.Duration `env:"BELLHOP_QUARANTINE_HOLD" envDefault:"12h" meaning:"how long a file that cannot be loaded is kept for a person" form:"a whole number and one unit, from 1m to 24h, such as 12h"`
	// UnitIDForms tell units from what else may stand in the cell of a unit's id.
	UnitIDForms []string `env:"BELLHOP_UNIT_ID_FORMS" envDefault:"amzn1.alexa.unit." meaning:"what the ids of units begin with; a file with other text in their place is quarantined" form:"beginnings of ids, separated by commas, or * for any text"`
}

// Janitor is the environment of the janitor.
type Janitor struct {
	Installation

	DatasetBucket  string `env:"BELLHOP_DATASET_BUCKET,required" meaning:"where the dataset is" form:"the name of an S3 bucket"`
	IngestQueueURL string `env:"BELLHOP_INGEST_QUEUE_URL,required" meaning:"where loads are started" form:"the URL of an SQS queue"`
	MaxDeletions   int    `env:"BELLHOP_MAX_DELETIONS" envDefault:"1000" meaning:"the most files that one run deletes" form:"a number, 1 to 100000"`
}

// RetentionDays is how many days finished jobs and files stay in the ledger; 0 is for ever.
type RetentionDays int

// Duration is the same as the ledger takes it.
func (d RetentionDays) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

func (d RetentionDays) valid() bool { return d == 0 || between(d, 200, 3650) }

func (c Installation) check(r *reader) {
	r.check("BELLHOP_SERVICE", service.MatchString(c.Service))
	r.check("BELLHOP_LEDGER_TABLE", tableName.MatchString(c.LedgerTable))
	r.check("BELLHOP_LEDGER_RETENTION_DAYS", c.Retention.valid())
	r.check("BELLHOP_DELIVERY_BUCKET", bucketName.MatchString(c.DeliveryBucket))
	r.check("BELLHOP_BUCKET_OWNER", c.BucketOwner == "" || accountID.MatchString(c.BucketOwner))
}

// LoadRequester reads the requester's environment, given as name and value. The error joins every problem.
func LoadRequester(environ map[string]string) (Requester, error) {
	c, r := decode[Requester](environ)
	c.check(r)
	r.check("BELLHOP_INGEST_QUEUE_URL", isURL(c.IngestQueueURL))
	r.check("BELLHOP_LWA_SECRET_ID", secretID.MatchString(c.LWASecretID))
	r.check("BELLHOP_KHOROS_SECRET_ID", c.KhorosSecretID == "" || secretID.MatchString(c.KhorosSecretID))
	r.checkSpan("BELLHOP_REQUEST_INTERVAL")
	r.checkSpan("BELLHOP_REQUEST_PATIENCE")
	for _, word := range c.ASPDaily {
		r.check("BELLHOP_ASP_DAILY", words.MatchString(word))
	}
	c.Subscription.check(r)
	return c, r.problems()
}

// LoadIngester reads the ingester's environment, given as name and value. The error joins every problem.
func LoadIngester(environ map[string]string) (Ingester, error) {
	c, r := decode[Ingester](environ)
	c.check(r)
	r.check("BELLHOP_DATASET_BUCKET", bucketName.MatchString(c.DatasetBucket))
	r.checkSpan("BELLHOP_STRAY_GRACE")
	r.checkSpan("BELLHOP_QUARANTINE_HOLD")
	for _, form := range c.UnitIDForms {
		r.check("BELLHOP_UNIT_ID_FORMS", unitIDForm.MatchString(form))
	}
	return c, r.problems()
}

// LoadJanitor reads the janitor's environment, given as name and value. The error joins every problem.
func LoadJanitor(environ map[string]string) (Janitor, error) {
	c, r := decode[Janitor](environ)
	c.check(r)
	r.check("BELLHOP_DATASET_BUCKET", bucketName.MatchString(c.DatasetBucket))
	r.check("BELLHOP_INGEST_QUEUE_URL", isURL(c.IngestQueueURL))
	r.check("BELLHOP_MAX_DELETIONS", between(c.MaxDeletions, 1, 100000))
	return c, r.problems()
}
