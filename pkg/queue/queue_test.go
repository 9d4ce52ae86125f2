package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/queue"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

type sender func(*sqs.SendMessageInput) error

func (s sender) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	return &sqs.SendMessageOutput{}, s(in)
}

var delivery = report.Delivery{
	Bucket: "delivery", Key: "a b+c/ü.csv", ETag: "e", VersionID: "v", Size: 7, At: time.Date(2026, 11, 20, 1, 2, 3, 0, time.UTC),
}

func TestRedeliverSendsWhatTheIngesterReads(t *testing.T) {
	var sent []s3event.Message
	q := queue.NewIngest(sender(func(in *sqs.SendMessageInput) (err error) {
		if *in.QueueUrl != "https://sqs/ingest" {
			t.Errorf("sent to %s", *in.QueueUrl)
		}
		sent, err = s3event.Decode([]byte(*in.MessageBody))
		return err
	}), "https://sqs/ingest")
	if err := q.Redeliver(t.Context(), delivery); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 1 || len(sent[0].Objects) != 1 {
		t.Fatalf("sent %+v", sent)
	}
	o := sent[0].Objects[0]
	got := report.Delivery{Bucket: o.Bucket, Key: o.Key, ETag: o.ETag, VersionID: o.VersionID, Size: o.Size, At: o.At}
	if diff := cmp.Diff(delivery, got); diff != "" {
		t.Errorf("the delivery changed on its way (-sent +read):\n%s", diff)
	}
}

func TestAFailureIsTransient(t *testing.T) {
	q := queue.NewIngest(sender(func(*sqs.SendMessageInput) error { return errors.New("no route") }), "u")
	if err := q.Redeliver(t.Context(), delivery); !fault.Is(err, fault.Transient) {
		t.Errorf("got %v", err)
	}
}
