package config

import "time"

// Defaults returns what a function is told where its environment says nothing.
func Defaults[T Requester | Ingester | Janitor]() T {
	c, _ := decode[T](nil) // what is required stays empty
	return c
}

// What no variable sets.
const (
	// ClaimMargin is how much longer than its worker's time a claim lasts: a worker must be dead before its claim is taken over.
	ClaimMargin = time.Minute
	// LargestFile bounds a delivered file, in bytes.
	LargestFile int64 = 5 << 30
	// RecordReserve is how much of a requester's time is kept for recording outcomes.
	RecordReserve = 20 * time.Second
	// UploadAge is how old an unfinished multipart upload must be to be ended.
	UploadAge = time.Hour
	// ListsPerRun bounds the LIST calls with which one run of the janitor verifies the dataset.
	ListsPerRun = 1000
)
