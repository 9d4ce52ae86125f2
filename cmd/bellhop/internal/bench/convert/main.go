// Command convert is one side of the comparison of conversions: it does one thing with one CSV file, and prints what that
// took as JSON. It is a process of its own so that its peak memory is its own, and links nothing that a side does not need.
//
//	convert FILE ours TABLE FOLDER   convert with package convert, one Parquet file for each date into FOLDER
//	convert FILE csv                 split into cells with encoding/csv, and forget them
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/bench/measure"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "convert:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 4 && args[1] == "ours":
		return measure.Print(func() (int64, error) { return ours(args[0], args[2], args[3]) })
	case len(args) == 2 && args[1] == "csv":
		return measure.Print(func() (int64, error) { return split(args[0]) })
	default:
		return errors.New("usage: convert FILE ours TABLE FOLDER, or convert FILE csv")
	}
}

// ours does what the ingester does between its GET and its PUTs.
func ours(file, name, folder string) (rows int64, err error) {
	in, err := os.Open(file) //nolint:gosec // the caller's file
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }() // only read from
	window := report.Window{From: report.NewDate(1, time.January, 1), To: report.NewDate(9999, time.December, 31)}
	out, err := convert.NewConverter().Convert(context.Background(), in, report.Contract{Subscription: "bench", Table: name, Window: window})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, day := range out.Days {
		if err := store(filepath.Join(folder, "dataset_date="+day.Date.String(), "bench.parquet"), day.Body); err != nil {
			return 0, err
		}
	}
	return out.Rows, nil
}

func store(path string, body io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil { //nolint:gosec // G703: below the folder that the benchmark names
		return err
	}
	f, err := os.Create(path) //nolint:gosec // the caller's folder
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

// split is the least that any reader of CSV in Go does.
func split(file string) (rows int64, err error) {
	in, err := os.Open(file) //nolint:gosec // the caller's file
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }() // only read from
	r := csv.NewReader(bufio.NewReaderSize(in, 1<<18))
	r.ReuseRecord = true
	for rows = -1; ; rows++ { // the header is no row
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return 0, err
		}
	}
}
