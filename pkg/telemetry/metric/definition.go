package metric

// Namespace is where CloudWatch keeps the metrics.
const Namespace = "bellhop"

// Dimension is the one dimension of every metric: the stack that they are about, so that two stacks in an account stay apart
// and each metric is paid for once.
const Dimension = "service"

// Unit is CloudWatch's word for what is counted.
type Unit string

// The units.
const (
	Count   Unit = "Count"
	Seconds Unit = "Seconds"
)

// Metric is one metric. A count of 0 is not sent: CloudWatch charges a metric by the hours in which it is sent, and every alarm
// takes silence for what a 0 says. So most metrics of a stack that is well cost nothing.
type Metric struct {
	Name string
	Unit Unit
	// Function is the one that emits it.
	Function string
	// Meaning says what one value says, and when there is one.
	Meaning string
}

// The names of the functions, as they stand in a metric's line.
const (
	requester = "requester"
	ingester  = "ingester"
	janitor   = "janitor"
)

// The metrics of the requester. Those that are marked as a state say after every run how it stands then.
var (
	ReportsRequested      = Metric{"ReportsRequested", Count, requester, "Requests that the vendor accepted, in each run."}
	ReportRequestFailures = Metric{"ReportRequestFailures", Count, requester, "Requests that were refused or whose outcome is not known, in each run."}
	FilesExpected         = Metric{"FilesExpected", Count, requester, "Files that the vendor named, in each run."}
	OverdueFiles          = Metric{"OverdueFiles", Count, requester, "State: files that were named more than an hour ago and have not come."}
	JobsLost              = Metric{"JobsLost", Count, requester, "Jobs given up because their files did not come, in each run. Their days are asked for again."}
	DaysMissing           = Metric{"DaysMissing", Count, requester, "State: days of tables that are wanted, not there and not on their way."}
	DaysAboutToBeLost     = Metric{"DaysAboutToBeLost", Count, requester, "State: days of tables that are not there and can be had for three more days at most."}
	DaysLostInMonth       = Metric{"DaysLostInMonth", Count, requester, "State: missing days that can be had for 30 more days at most, of sources that have their days for longer."}
	DaysLostInWeek        = Metric{"DaysLostInWeek", Count, requester, "State: missing days that can be had for 7 more days at most, of sources that have their days for longer."}
	DaysExpired           = Metric{"DaysExpired", Count, requester, "State: days of tables that can never be had again."}
	TokenRefreshFailures  = Metric{"TokenRefreshFailures", Count, requester, "Failures to get an access token, each as it happens."}
)

// The metrics of the ingester, each for one delivery.
var (
	FilesArrived           = Metric{"FilesArrived", Count, ingester, "Deliveries whose load was begun for the first time."}
	DeliveryLatencySeconds = Metric{"DeliveryLatencySeconds", Seconds, ingester, "From the request to the arrival of a file that was loaded."}
	RowsIngested           = Metric{"RowsIngested", Count, ingester, "Rows of a file that was loaded. A file that is delivered again counts once."}
	IngestFailures         = Metric{"IngestFailures", Count, ingester, "Loads that failed and will be tried again."}
	FilesQuarantined       = Metric{"FilesQuarantined", Count, ingester, "Files that can never load."}
	UnexpectedObjects      = Metric{"UnexpectedObjects", Count, ingester, "Arrivals of objects that nobody expects."}
	DuplicateDeliveries    = Metric{"DuplicateDeliveries", Count, ingester, "Arrivals of content that was loaded already: an event that came twice, or a file that was delivered again as it was."}
)

// The metrics of the janitor. Those that are marked as a state say after every sweep how it stands then.
var (
	RawRetentionSeconds       = Metric{"RawRetentionSeconds", Seconds, janitor, "From the arrival to the verified deletion of a file that was loaded, each as its certificate is written."}
	OldestRawObjectAgeSeconds = Metric{"OldestRawObjectAgeSeconds", Seconds, janitor, "State: age of the oldest object in the delivery bucket that is not kept there on purpose."}
	ObjectsKeptOnPurpose      = Metric{"ObjectsKeptOnPurpose", Count, janitor, "State: strays and quarantined files that rest in the delivery bucket."}
	DeleteFailures            = Metric{"DeleteFailures", Count, janitor, "Deletions that failed and will be tried again."}
	DaysVanished              = Metric{"DaysVanished", Count, janitor, "Published days whose objects were found to be gone or replaced, each when it is noticed. Their days are asked for again."}
	UnknownObjects            = Metric{"UnknownObjects", Count, janitor, "Objects among the dataset's tables that the ledger does not know, as a verification comes by them."}
	DeleteVerifyFailures      = Metric{"DeleteVerifyFailures", Count, janitor, "Deletions after which the object could not be seen to be gone."}
)

// All returns every metric, in the order of the definitions.
func All() []Metric {
	return []Metric{
		ReportsRequested, ReportRequestFailures, FilesExpected, OverdueFiles, JobsLost, DaysMissing, DaysAboutToBeLost, DaysLostInMonth, DaysLostInWeek, DaysExpired,
		TokenRefreshFailures, FilesArrived, DeliveryLatencySeconds, RowsIngested, IngestFailures, FilesQuarantined, UnexpectedObjects, DuplicateDeliveries,
		RawRetentionSeconds, OldestRawObjectAgeSeconds, ObjectsKeptOnPurpose, DeleteFailures, DeleteVerifyFailures, DaysVanished, UnknownObjects,
	}
}

// Always are the metrics that are sent with every sweep, whatever happens.
func Always() []Metric { return []Metric{OldestRawObjectAgeSeconds} }

// OfReports are those that are sent when reports come as they should. All others are sent in trouble alone.
func OfReports() []Metric {
	return []Metric{ReportsRequested, FilesExpected, FilesArrived, DeliveryLatencySeconds, RowsIngested, RawRetentionSeconds}
}

// Value is one value of a metric.
type Value struct {
	Metric Metric
	Value  float64
}

// Of returns a value of the metric, in its unit.
func (m Metric) Of(value float64) Value { return Value{m, value} }

// Int returns a count.
func (m Metric) Int(n int) Value { return Value{m, float64(n)} }
