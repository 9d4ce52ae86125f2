package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// least does with files what cannot be left out, without knowing whether it was done before, or will have been.
type least struct {
	client    *s3.Client
	converter *convert.Converter
	everyDay  report.Window
}

// workers is how many ingesters run at once in package local.
const workers = 4

// leastWork does it for all files, as many at a time as the machine has ingesters, and returns how long that took.
func leastWork(ctx context.Context, dir string, kept *keeper) (took time.Duration, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	server, err := s3server.Start(context.WithoutCancel(ctx), s3server.Options{
		Dir: dir, Buckets: map[string]s3server.OnCreated{sim.DeliveryBucket: nil, sim.DatasetBucket: nil},
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	l := least{
		client: server.Client(), converter: convert.NewConverter(),
		everyDay: report.Window{From: report.NewDate(1, time.January, 1), To: report.NewDate(9999, time.December, 31)},
	}
	began := time.Now()
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(workers)
	for _, key := range kept.keys() {
		work.Go(func() error {
			if err := l.file(ctx, key, kept.bodies[key]); err != nil {
				return fmt.Errorf("file %s: %w", key, err)
			}
			return nil
		})
	}
	err = work.Wait()
	return time.Since(began), err
}

func (l least) file(ctx context.Context, key string, body []byte) (err error) {
	if err := l.put(ctx, sim.DeliveryBucket, key, bytes.NewReader(body)); err != nil {
		return err
	}
	got, err := l.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(sim.DeliveryBucket), Key: &key})
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(got.Body)
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return err
	}
	definition, err := l.converter.Recognise(ctx, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	out, err := l.converter.Convert(ctx, bytes.NewReader(raw), report.Contract{Subscription: sim.Subscription, Table: definition.Name, Window: l.everyDay})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, day := range out.Days {
		if err := l.put(ctx, sim.DatasetBucket, report.PartitionKey(sim.Subscription, definition.Name, day.Date), day.Body); err != nil {
			return err
		}
	}
	_, err = l.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(sim.DeliveryBucket), Key: &key})
	return err
}

func (l least) put(ctx context.Context, bucket, key string, body io.ReadSeeker) error {
	_, err := l.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: body})
	return err
}
