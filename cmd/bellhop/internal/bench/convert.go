package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/bench/measure"
	"github.com/bellhop-asp/bellhop/pkg/convert/converttest"
)

// A report of a million rows has 50 dates, with each room once on each.
const conversionRows = 1_000_000

// category is one kind of report, and how one of any size is written.
type category struct {
	name, table string
	write       func(w io.Writer, rows, days int) error
}

var categories = []category{
	{"DEVICE", "asp_device", converttest.Device},
	{"COMMUNICATION", "asp_communication", converttest.Communication},
}

// conversions compares converting a report with what others make of the same bytes.
func conversions(ctx context.Context, b *bench) error {
	if err := b.build(ctx, "cmd/bellhop", nil, "-o", b.program("convert"), "./internal/bench/convert"); err != nil {
		return err
	}
	version := ""
	err := b.build(ctx, "cmd/bellhop", []string{"CGO_ENABLED=1"}, "-o", b.program("duckdb"), "./internal/bench/duckdb")
	if err == nil {
		version, err = b.output(ctx, "duckdb", "version")
	}
	if err != nil {
		if err := b.leaveOut("DuckDB", "it needs cgo and a C++ compiler: "+err.Error()); err != nil {
			return err
		}
	}
	rows := b.fewer(conversionRows)
	g := newGrid(fmt.Sprintf("%d rows, one core", rows), "s, p50", "rows/s", "peak MiB", "ours ÷ this", "least to most")
	for _, c := range categories {
		if err := b.compareConversions(ctx, g, c, rows, version != ""); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	b.printf("%d rounds in turn; DuckDB %s, threads=1; ours and encoding/csv with GOMAXPROCS=1. Rows, cells and types of\nours were equal to the CSV before anything was timed, by count and hash: %t\n\n", b.roundsOr(7), orNone(version), version != "")
	return b.show(g)
}

func orNone(version string) string {
	if version == "" {
		return "(left out)"
	}
	return version
}

func (b *bench) program(name string) string { return filepath.Join(b.dir, "side-"+name) }

// side is one contender: a process that converts the file once.
type side struct {
	name, program string
	args          []string
	costs         []measure.Cost
}

func (b *bench) compareConversions(ctx context.Context, g *grid, c category, rows int, duckdb bool) error {
	dir := filepath.Join(b.dir, c.name)
	file, partitions := filepath.Join(dir, "report.csv"), filepath.Join(dir, "slices")
	if err := os.MkdirAll(partitions, 0o700); err != nil {
		return err
	}
	if err := writeFile(file, func(w io.Writer) error { return c.write(w, rows, max(1, rows/converttest.Rooms)) }); err != nil {
		return err
	}
	all := []*side{
		{name: "bellhop", program: "convert", args: []string{file, "ours", c.table, partitions}},
		{name: "encoding/csv, only splitting", program: "convert", args: []string{file, "csv"}},
	}
	if duckdb {
		all = append(all,
			&side{name: "DuckDB, one file", program: "duckdb", args: []string{"copy", file, c.name, filepath.Join(dir, "duckdb.parquet")}},
			&side{name: "DuckDB, a file for each date", program: "duckdb", args: []string{"split", file, c.name, filepath.Join(dir, "duckdb")}})
	}
	// The first round counts for nothing but the content, and brings the file into memory.
	for round := range b.roundsOr(7) + 1 {
		for _, s := range all {
			cost, err := b.once(ctx, s, rows)
			if err != nil {
				return err
			}
			if round > 0 {
				s.costs = append(s.costs, cost)
			}
		}
		if round == 0 && duckdb {
			if err := b.sameContent(ctx, c.name, file, partitions); err != nil {
				return err
			}
		}
	}
	for _, s := range all {
		s.row(g, c.name, all[0], rows)
	}
	return os.RemoveAll(dir)
}

// once lets a side do its work once.
func (b *bench) once(ctx context.Context, s *side, rows int) (measure.Cost, error) {
	printed, err := b.output(ctx, s.program, s.args...)
	if err != nil {
		return measure.Cost{}, err
	}
	cost, err := measure.Read([]byte(printed))
	if err == nil && cost.Rows != int64(rows) {
		err = fmt.Errorf("%s has %d rows of %d", s.name, cost.Rows, rows)
	}
	return cost, err
}

func (s *side) row(g *grid, category string, ours *side, rows int) {
	seconds := func(of *side) (all []float64) {
		for _, c := range of.costs {
			all = append(all, c.Seconds)
		}
		return all
	}
	var peaks []float64
	for _, c := range s.costs {
		peaks = append(peaks, c.PeakMiB)
	}
	mine, of, between := seconds(s), "", ""
	if s != ours {
		all := ratios(seconds(ours), mine)
		of, between = decimal(median(all), 2), fmt.Sprintf("%.2f to %.2f", slices.Min(all), slices.Max(all))
	}
	g.add(category+": "+s.name, decimal(median(mine), 2), decimal(float64(rows)/median(mine), 0), decimal(median(peaks), 0), of, between)
}

// sameContent demands that the partitions have the rows of the file: all columns that both have, as DuckDB reads them.
func (b *bench) sameContent(ctx context.Context, category, file, partitions string) error {
	want, err := b.output(ctx, "duckdb", "digest", "csv", file, category)
	if err != nil {
		return err
	}
	got, err := b.output(ctx, "duckdb", "digest", "ours", filepath.Join(partitions, "*", "*.parquet"), category)
	if err == nil && got != want {
		err = fmt.Errorf("the partitions have other content than the file: count and hashes %s, not %s", got, want)
	}
	return err
}

// output runs one of the sides' programs and returns what it printed.
func (b *bench) output(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.program(program), args...) //nolint:gosec // built by this run
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, problems.String())
	}
	return strings.TrimSpace(string(out)), nil
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path) //nolint:gosec // in this run's own folder
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
