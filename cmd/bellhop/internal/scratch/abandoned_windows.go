package scratch

// abandoned reports that every folder may be in use: Windows gives a process's number to another one soon.
func abandoned(string, int) bool { return false }
