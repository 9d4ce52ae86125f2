package report

// FileStatus is where a file stands.
type FileStatus string

// The statuses of a file.
const (
	// Expected: the vendor named it; it may already have arrived.
	FileExpected FileStatus = "EXPECTED"
	// Claimed: an ingester holds its lease and is loading it.
	FileClaimed FileStatus = "CLAIMED"
	// Loaded: its receipt is committed. The delivered object may be deleted, on proof.
	FileLoaded FileStatus = "LOADED"
	// Deleted: the delivered object is verified gone and the certificate is written.
	FileDeleted FileStatus = "DELETED"
	// Stray: it arrived and nobody expects it.
	FileStray FileStatus = "STRAY"
	// Quarantined: its content can never load. Kept for a while for a person to look at.
	FileQuarantined FileStatus = "QUARANTINED"
	// Lost: it did not come in time. If it comes after all, it is loaded.
	FileLost FileStatus = "LOST"
)

// FileStatuses returns every status of a file.
func FileStatuses() []FileStatus {
	return []FileStatus{
		FileExpected, FileClaimed, FileLoaded, FileDeleted, FileStray, FileQuarantined, FileLost,
	}
}

// next lists the statuses that may follow s.
func (s FileStatus) next() []FileStatus {
	switch s {
	case FileExpected:
		// Expected again: its job was asked for once more, and answered with the same name.
		return []FileStatus{FileClaimed, FileLost, FileExpected}
	case FileClaimed:
		return []FileStatus{FileClaimed, FileLoaded, FileQuarantined, FileExpected, FileLost}
	case FileLoaded:
		// Expected again: the proof for deleting it failed. Claimed: other content arrived under the name.
		return []FileStatus{FileDeleted, FileExpected, FileClaimed}
	case FileDeleted:
		// Whatever may follow is an object that was put after the deletion, or a name that is used again.
		return []FileStatus{FileExpected, FileClaimed, FileLoaded, FileStray}
	case FileLost:
		return []FileStatus{FileExpected, FileClaimed}
	case FileStray:
		return []FileStatus{FileStray, FileExpected, FileDeleted}
	case FileQuarantined:
		return []FileStatus{FileDeleted, FileExpected, FileClaimed}
	default:
		panic("report: unhandled file status " + string(s))
	}
}

// HoldsObject reports whether an object of this file may lie in the delivery bucket.
func (s FileStatus) HoldsObject() bool {
	switch s {
	case FileExpected, FileClaimed, FileLoaded, FileStray, FileQuarantined:
		return true
	case FileDeleted, FileLost:
		return false
	default:
		panic("report: unhandled file status " + string(s))
	}
}

// UnmarshalText refuses a status that this release does not know, as that of [JobStatus] does.
func (s *FileStatus) UnmarshalText(text []byte) error {
	return known(s, text, FileStatuses(), "a file")
}
