package report

// FileChange is what the ledger's change stream tells of one record.
type FileChange struct {
	// Sequence names the change in its stream. A function that answers it is given the change again.
	Sequence string
	// Key is the key of the file, empty for a record of something else.
	Key string
	// File is the file as the change left it; nil for a record of something else, and for a file that was removed.
	File *File
	// Err says why the change cannot be read; nil for one that can. Its kind is Poison, and it quotes no value.
	Err error
}
