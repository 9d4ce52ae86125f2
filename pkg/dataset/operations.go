package dataset

// OperationsSchema is the schema of the operations tables in SQL.
const OperationsSchema = "operations"

// ChecksKey is where in a dataset the last result of the quality checks lies. Folders that begin with an underscore are no tables.
const ChecksKey = "_" + OperationsSchema + "/checks.json"

// Operation is a table about the work itself: what is there, what was asked, loaded, restated and deleted. DuckDB makes its rows from
// the ledger when a query names it, so there it says how things stand. Athena reads what was last published.
type Operation struct {
	Name    string
	Meaning string
	// Grain says in a sentence what one row is.
	Grain   string
	Columns []Column
}

// Table returns the table's name in DuckDB.
func (o Operation) Table() string { return OperationsSchema + "." + o.Name }

// Published returns the table's name in Athena.
func (o Operation) Published() string { return OperationsSchema + "_" + o.Name }

// What several operations tables say in the same words.
var (
	ofSubscription = fact("subscription", String, "The subscription.")
	ofTable        = fact("table_name", String, "The table.")
	ofJob          = perhaps(fact("job", String, "The job that brought it."))
	firstDate      = perhaps(fact("first_date", Date, "The first day of the window."))
	lastDate       = perhaps(fact("last_date", Date, "The last day of the window."))
)

func fact(name string, t Type, meaning string) Column {
	return Column{Name: name, Type: t, Meaning: meaning}
}

func perhaps(c Column) Column {
	c.Nullable = true
	return c
}

// Operations returns the operations tables, sorted by name. The caller owns the result.
func Operations() []Operation {
	return []Operation{certificatesTable(), checksTable(), daysTable(), filesTable(), jobsTable(), restatementsTable(), runsTable()}
}

func daysTable() Operation {
	return Operation{
		Name: "days", Meaning: "The coverage: which days are there, and until when those that are not can still be fetched.",
		Grain: "One row is one day of one table of one subscription that the subscription wants, or that is there.",
		Columns: []Column{
			ofSubscription, ofTable, fact("dataset_date", Date, "The day."),
			fact("status", String, "COMPLETE: there, with rows. ZERO: there, and the vendor reports nothing. PENDING: a job is on it. MISSING: not there, still to be had. NOT_ELIGIBLE: the unit is too young. EXPIRED: not there, and the vendor no longer has it."),
			fact("rows", Bigint, "The rows of the published day; 0 where none is published."),
			perhaps(fact("generation", Timestamp, "When the published report was asked for. NULL where none is published.")),
			perhaps(fact("loaded_at", Timestamp, "When it was published.")),
			perhaps(fact("lost_after", Date, "The last day on which a day that is not there can still be fetched. NULL for one that is there.")),
			perhaps(fact("reason", String, "What stands in the way of a day that is not there.")),
		},
	}
}

func restatementsTable() Operation {
	return Operation{
		Name: "restatements", Meaning: "Which published numbers have changed since: kept for good.",
		Grain: "One row is one measure of a day that was replaced by other content, for each time. The measure rows is always there; others are where they changed.",
		Columns: []Column{
			ofSubscription, ofTable, fact("dataset_date", Date, "The day that was restated."),
			fact("measure", String, "The measure; rows is the number of rows."),
			fact("old_value", Decimal, "The sum before, over LEAF rows. 0 where the measure was not there."),
			fact("new_value", Decimal, "The sum after."),
			fact("restated_at", Timestamp, "When the newer content was published."),
			fact("old_generation", Timestamp, "When the older report was asked for."),
			fact("new_generation", Timestamp, "When the newer report was asked for."),
			perhaps(fact("old_job", String, "The job that brought the older report.")),
			perhaps(fact("new_job", String, "The job that brought the newer report.")),
			perhaps(fact("new_file", String, "The delivered file of the newer report.")),
		},
	}
}

func jobsTable() Operation {
	return Operation{
		Name: "jobs", Meaning: "The requests to vendors, and the imports.", Grain: "One row is one job: one request for one window of one subscription.",
		Columns: []Column{
			fact("job", String, "The job's id."), ofSubscription, fact("source", String, "The vendor's API."), fact("origin", String, "vendor, or import for a person's own files."),
			fact("status", String, "The job's state, such as AWAITING_FILES or LOADED."), perhaps(fact("reason", String, "Why it is in that state.")),
			firstDate, lastDate, fact("tables", Strings, "The tables that it asks for."),
			fact("requests", Bigint, "How many requests were sent for it."), fact("files_named", Bigint, "How many files it expects."), fact("files_loaded", Bigint, "How many of those are loaded."),
			fact("planned_at", Timestamp, "When it was planned."), perhaps(fact("submitted_at", Timestamp, "When its latest request was sent.")),
			perhaps(fact("finished_at", Timestamp, "When it came to its end.")),
		},
	}
}

func filesTable() Operation {
	return Operation{
		Name: "files", Meaning: "The delivered files.", Grain: "One row is one expected or arrived file.",
		Columns: []Column{
			fact("file", String, "The file's key."), fact("status", String, "The file's state, such as LOADED or DELETED."), perhaps(fact("reason", String, "Why it did not simply load.")),
			perhaps(ofSubscription), ofJob, perhaps(ofTable), firstDate, lastDate,
			fact("rows", Bigint, "The rows that were loaded of it."), fact("bytes", Bigint, "Its size."), perhaps(fact("sha256", String, "The SHA-256 of its bytes, once it was read.")),
			perhaps(fact("expected_at", Timestamp, "When it was asked for.")), perhaps(fact("delivered_at", Timestamp, "When it arrived.")),
			perhaps(fact("loaded_at", Timestamp, "When its receipt was committed.")), perhaps(fact("deleted_at", Timestamp, "When it was deleted.")),
		},
	}
}

func certificatesTable() Operation {
	return Operation{
		Name: "certificates", Meaning: "What the deletions of raw files proved: kept for good.", Grain: "One row is one verified deletion of one object.",
		Columns: []Column{
			fact("file", String, "The file's key in the ledger."), fact("bucket", String, "The delivery bucket."), fact("object_key", String, "The object's key."), fact("etag", String, "The object's ETag."),
			perhaps(fact("version_id", String, "The object's version, in a bucket that keeps versions.")), fact("bytes", Bigint, "Its size."),
			perhaps(fact("sha256", String, "The SHA-256 of its bytes. NULL for an object that was never opened.")), perhaps(ofSubscription), ofJob,
			fact("cause", String, "The file's state when it was deleted: LOADED, STRAY or QUARANTINED."),
			fact("delivered_at", Timestamp, "When it arrived."), perhaps(fact("loaded_at", Timestamp, "When it was loaded.")), fact("deleted_at", Timestamp, "When it was deleted."),
			fact("verified_at", Timestamp, "When it was found gone, with no version left."), perhaps(fact("request_id", String, "S3's id of the delete request.")),
		},
	}
}

func runsTable() Operation {
	return Operation{
		Name: "runs", Meaning: "The last run of each kind: the planning of each subscription, and the comparison of the dataset with the ledger. Of earlier runs the ledger keeps what they did, not that they ran.",
		Grain: "One row is one subscription's last plan, or the last verification.",
		Columns: []Column{
			fact("kind", String, "plan or verification."), perhaps(ofSubscription), perhaps(fact("ran_at", Timestamp, "When it ran; of a verification, when it began. NULL before the first time.")),
			perhaps(fact("next_at", Timestamp, "When the subscription is planned next. NULL where nothing is due.")),
			perhaps(fact("missing_days", Bigint, "Days that were missing then.")), perhaps(fact("days_about_to_be_lost", Bigint, "Days that can be fetched for three more days at most.")),
			perhaps(fact("expired_days", Bigint, "Days that can never be fetched again.")),
		},
	}
}

func checksTable() Operation {
	return Operation{
		Name: "checks", Meaning: "What the last run of the quality checks found.", Grain: "One row is one finding of one rule; a rule that found nothing has none.",
		Columns: []Column{
			fact("rule", String, "The rule's name."), fact("severity", String, "bad: the numbers contradict each other. warn: somebody should look. info: worth knowing."),
			ofTable, fact("dataset_date", Date, "The day."), perhaps(fact("unit_id", String, "The unit or property. NULL where the finding is of no unit.")),
			perhaps(fact("subject", String, "What it is about beside the unit: a domain, an intent, a campaign, a measure.")),
			perhaps(fact("value", Decimal, "The number that was found.")), perhaps(fact("expected", Decimal, "The number that it was compared with.")),
			fact("checked_at", Timestamp, "When the check ran."),
		},
	}
}
