package main

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// sizes says how large the functions are as they are deployed. They are built the same on every machine.
func sizes(ctx context.Context, b *bench) error {
	dir, err := b.bootstraps(ctx, "arm64")
	if err != nil {
		return err
	}
	g := newGrid("bootstrap, linux/arm64", "MB", "zip MB", "target MB")
	for _, name := range functions {
		size, zipped, err := deployed(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		g.add(name, megabytes(size), megabytes(zipped), "20")
	}
	return b.show(g)
}

func megabytes(n int64) string { return decimal(float64(n)/1e6, 1) }

// deployed returns the size of a file, and its size in a zip archive.
func deployed(path string) (size, zipped int64, err error) {
	in, err := os.Open(path) //nolint:gosec // built by this run
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = in.Close() }() // only read from
	var counted counter
	archive := zip.NewWriter(&counted)
	file, err := archive.Create("bootstrap")
	if err != nil {
		return 0, 0, err
	}
	size, err = io.Copy(file, in)
	err = errors.Join(err, archive.Close())
	return size, int64(counted), err
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
