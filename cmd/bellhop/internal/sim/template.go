package sim

import "time"

// The numbers of template.yaml by which this machine does what AWS would do. A test compares them.
const (
	requestEvery = 15 * time.Minute
	sweepEvery   = 5 * time.Minute

	// How long one invocation may take.
	requesterTimeout = 290 * time.Second
	ingesterTimeout  = 300 * time.Second
	janitorTimeout   = 290 * time.Second

	// workers is how many ingesters run at once. Each is handed one message at a time.
	workers = 5
	// maxReceives is how often a message is handed out before it goes to the dead letters, and visibility for how long it is
	// hidden after it was handed out in vain.
	maxReceives = 5
	visibility  = 30 * time.Minute

	// feedBatch is how many stream records the janitor gets at once, and feedRetries how often those that failed come again.
	feedBatch   = 10
	feedRetries = 10

	// retention is how long the ledger keeps what is finished. DynamoDB removes it then; the SQLite store keeps it for ever.
	retention = 400 * 24 * time.Hour
)
