// Package measure is what the two ends of a measured process have in common: what it prints of itself, and how that is read.
package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Cost is what one process says of its work. The start of the process is not in Seconds.
type Cost struct {
	Rows    int64   `json:"rows"`
	Seconds float64 `json:"seconds"`
	// PeakMiB is the most memory that was resident; 0 where the system does not tell.
	PeakMiB float64 `json:"peak_mib"`
}

// Print does the work, which returns how many rows it dealt with, and prints its cost as JSON.
func Print(work func() (rows int64, err error)) error {
	start := time.Now()
	rows, err := work()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(Cost{Rows: rows, Seconds: time.Since(start).Seconds(), PeakMiB: peak()})
}

// peak reads the high-water mark of Linux, which begins anew with each executable; that of getrusage is at least what the
// parent process had when it forked.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kib, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, err := strconv.ParseFloat(string(kib), 64)
	if err != nil {
		return 0
	}
	return n / 1024
}

// Read decodes what [Print] printed.
func Read(printed []byte) (Cost, error) {
	var c Cost
	if err := json.Unmarshal(printed, &c); err != nil {
		return c, fmt.Errorf("the process did not print its cost: %w", err)
	}
	return c, nil
}
