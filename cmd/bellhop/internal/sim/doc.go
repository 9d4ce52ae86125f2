// Package sim is bellhop on one machine: the functions' own handlers, fed with the event JSON that AWS would send
// them, over an embedded S3, a SQLite ledger and the simulated vendor. Only the wiring differs from AWS.
//
// Everything lives in one folder:
//
//	s3/           the buckets; the dataset is a tree of plain Parquet files
//	ledger.db     the ledger
//	vendor.json   what the simulated vendor remembers
//	credentials.json, secret.json   what the vendor gave us, and what the requester keeps of it
//	clock.json    what time it is
//	lock          held by the process that runs the machine
//
// A process that is killed loses what was on its way in memory, such as events; the next one finds all of it by
// sweeping, as the functions on AWS do.
package sim
