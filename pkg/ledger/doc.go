// Package ledger is the durable record of subscriptions, jobs, files and partitions, and the only authority on what may
// be loaded and deleted. [Ledger] is the protocol: which records change together, and on what condition. [Store] is
// the port beneath it, with one adapter for DynamoDB and one for SQLite.
//
// Every change reads the records it is about, applies a transition of package report, and writes them back on the
// condition that none has changed meanwhile, in one transaction. A lost race is run again from the records that won.
//
// The records:
//
//	SUB#              <name>                  that a subscription exists, and how it stood when it was last planned
//	SUB#<name>        META                    the subscription, the number of its next job, and when it is planned next
//	SUB#<name>        CHANGE#<instant>#…      what one transaction changed of published days; kept for ever
//	SUB#<name>        JOB#<id>                that a job exists; kept for ever
//	SUB#<name>        OPEN#<id>               a job's marker, while the planner must know of it
//	SUB#<name>        SLICE#<table>#<date>    one published day
//	JOB#<id>          META                    the job
//	FILE#<key>        META                    the file
//	FILE#<key>        CERT#<instant>          the certificate of one deletion
//	UNSEALED#         <instant>#<key>         that a certificate waits for its seal
//	ERASE#            <hash>                  that a unit is erased: the hash of its id; kept for ever
//	ERASE#<hash>      OBJECT#<number>#<hash>  an object that the erasure changed, for its certificate of that number
//	ERASE#<hash>      CERT#<instant>          the certificate of the erasure
//	SEAL#             <number>                a seal over certificates; kept for ever
//	SEAL#             META                    the newest seal
//	FORMAT#           META                    the number of this layout; see [Checked]
//
// OPEN sorts before SLICE on purpose: a snapshot that is read while a job is being loaded sees the job, its partitions, or
// both, and never neither.
package ledger
