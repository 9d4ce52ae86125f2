// Package queue starts loads by sending the notification that S3 itself would send to the ingest queue: requester and sweep
// use the one way that deliveries take.
package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

// Sender is the part of the SQS client that is used.
type Sender interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Ingest is the queue in front of the ingester.
type Ingest struct {
	sqs Sender
	url string
}

// NewIngest returns the queue with the given URL. It makes no call.
func NewIngest(client Sender, url string) *Ingest { return &Ingest{client, url} }

// Redeliver sends the notification of a delivery. Sending it twice is harmless: the ingester takes the second for the
// duplicate that it is. An error is Transient, but for a delivery that no notification can be made of.
func (q *Ingest) Redeliver(ctx context.Context, d report.Delivery) error {
	body, err := s3event.Encode(s3event.Object{
		Bucket: d.Bucket, Key: d.Key, ETag: d.ETag, VersionID: d.VersionID, Size: d.Size, At: d.At,
	})
	if err != nil {
		return fmt.Errorf("encode the notification of %s: %w", d.Key, err)
	}
	_, err = q.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: aws.String(string(body))})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), err)
	default:
		return fault.New(fault.Transient, "send the notification of %s: %w", d.Key, err)
	}
}
