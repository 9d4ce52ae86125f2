package s3server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

// inbox keeps the events that a bucket announced.
type inbox struct {
	mu     sync.Mutex
	events [][]byte
}

func (i *inbox) take(event []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, event)
}

// objects decodes the events, each of which must hold one object.
func (i *inbox) objects(t *testing.T) []s3event.Object {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []s3event.Object
	for _, event := range i.events {
		messages, err := s3event.Decode(event)
		if err != nil || len(messages) != 1 || messages[0].Err != nil || len(messages[0].Objects) != 1 {
			t.Fatalf("event %s: %+v, %v", event, messages, err)
		}
		all = append(all, messages[0].Objects[0])
	}
	return all
}

func put(t *testing.T, client *s3.Client, bucket, key, content string) {
	t.Helper()
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

func TestNotificationHasTheFormOfAWS(t *testing.T) {
	now := time.Date(2026, 11, 5, 5, 10, 27, 412e6, time.FixedZone("CET", 3600))
	var in inbox
	server, err := s3server.Start(t.Context(), s3server.Options{
		Dir:     t.TempDir(),
		Clock:   func() time.Time { return now },
		Buckets: map[string]s3server.OnCreated{"delivery": in.take, "dataset": nil},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closeServer(t, server)
	put(t, server.Client(), "dataset", "unheard", "x")
	put(t, server.Client(), "delivery", "reports/Suite 12+14/Übersicht.csv", "hello")

	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.events) != 1 {
		t.Fatalf("%d events, want 1: %s", len(in.events), in.events)
	}
	var got any
	if err := json.Unmarshal(in.events[0], &got); err != nil {
		t.Fatal(err)
	}
	var want any
	// The sequencer is the clock in nanoseconds, in hexadecimal, and one more for the second object of the instant.
	err = json.Unmarshal([]byte(`{"Records":[{
		"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1",
		"eventTime":"2026-11-05T04:10:27.412Z","eventName":"ObjectCreated:Put",
		"userIdentity":{"principalId":"BELLHOPLOCALMACHINE"},
		"requestParameters":{"sourceIPAddress":"127.0.0.1"},
		"responseElements":{"x-amz-request-id":"0018E50ABB9893DD01","x-amz-id-2":"0018E50ABB9893DD01"},
		"s3":{"s3SchemaVersion":"1.0","configurationId":"bellhop-local",
			"bucket":{"name":"delivery","ownerIdentity":{"principalId":"BELLHOPLOCALMACHINE"},"arn":"arn:aws:s3:::delivery"},
			"object":{"key":"reports/Suite+12%2B14/%C3%9Cbersicht.csv","size":5,
				"eTag":"5d41402abc4b2a76b9719d911017c592","sequencer":"0018E50ABB9893DD01"}}}]}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	info, err := objects.NewBucket(server.Client(), "delivery").Stat(t.Context(), "reports/Suite 12+14/Übersicht.csv")
	if want := now.UTC().Truncate(time.Second); err != nil || !info.ModifiedAt.Equal(want) {
		t.Errorf("modified at %v, %v; want the injected clock's %v", info.ModifiedAt, err, want)
	}
}

func TestEventsNameTheObjectsThatAreThere(t *testing.T) {
	var in inbox
	client, bucket := newBucket(t, in.take)
	for _, key := range objectstest.OddKeys() {
		put(t, client, bucket, key, "content")
	}
	for _, o := range in.objects(t) {
		info, err := objects.NewBucket(client, o.Bucket).Stat(t.Context(), o.Key)
		if err != nil || info.ETag != o.ETag || info.Size != o.Size {
			t.Errorf("event %+v, object %+v, %v", o, info, err)
		}
	}
	var got []string
	for _, o := range in.objects(t) {
		got = append(got, o.Key)
	}
	if diff := cmp.Diff(objectstest.OddKeys(), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestKeysAreNormalisedAndEventsSaySo(t *testing.T) {
	tests := map[string]string{"dd/../z.csv": "z.csv", "dd//x.csv": "dd/x.csv", "./y.csv": "y.csv"}
	for sent, want := range tests {
		t.Run(sent, func(t *testing.T) {
			var in inbox
			client, bucket := newBucket(t, in.take)
			put(t, client, bucket, sent, "x")
			if got := in.objects(t); len(got) != 1 || got[0].Key != want {
				t.Errorf("event %+v, want key %q", got, want)
			}
			if _, err := objects.NewBucket(client, bucket).Stat(t.Context(), want); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryWayOfCreatingIsAnnounced(t *testing.T) {
	var in inbox
	client, bucket := newBucket(t, in.take)
	put(t, client, bucket, "put", "hello")
	if _, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{
		Bucket: &bucket, Key: aws.String("copy"), CopySource: aws.String(bucket + "/put"),
	}); err != nil {
		t.Fatal(err)
	}
	upload(t, client, bucket, "multipart", 5<<20+3)
	// Neither a failed PUT nor a deletion creates anything.
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String("put"), Body: strings.NewReader("late"), IfNoneMatch: aws.String("*"),
	}); err == nil {
		t.Error("the second creation succeeded")
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("put")}); err != nil {
		t.Fatal(err)
	}

	want := []s3event.Object{
		{Bucket: bucket, Key: "put", RawKey: "put", ETag: "5d41402abc4b2a76b9719d911017c592", Size: 5},
		{Bucket: bucket, Key: "copy", RawKey: "copy", ETag: "5d41402abc4b2a76b9719d911017c592", Size: 5},
		{Bucket: bucket, Key: "multipart", RawKey: "multipart", Size: 5<<20 + 3},
	}
	got := in.objects(t)
	for i := range got {
		if i > 0 && got[i].Sequencer <= got[i-1].Sequencer {
			t.Errorf("sequencer %s after %s", got[i].Sequencer, got[i-1].Sequencer)
		}
		if got[i].Key == "multipart" {
			if !strings.HasSuffix(got[i].ETag, "-2") {
				t.Errorf("etag of two parts: %q", got[i].ETag)
			}
			got[i].ETag = ""
		}
		got[i].Sequencer, got[i].At = "", time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for i, name := range []string{"ObjectCreated:Put", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload"} {
		if !bytes.Contains(in.events[i], []byte(`"eventName":"`+name+`"`)) {
			t.Errorf("event %d is not %s", i, name)
		}
	}
}

// upload puts an object in two parts, the first of the least size that S3 allows.
func upload(t *testing.T, client *s3.Client, bucket, key string, size int) {
	t.Helper()
	content := bytes.Repeat([]byte("x"), size)
	created, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for i, part := range [][]byte{content[:5<<20], content[5<<20:]} {
		out, err := client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: created.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(part),
		})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
	}
	if _, err := client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}); err != nil {
		t.Fatal(err)
	}
}

func TestConcurrentWritersAreEachAnnouncedOnce(t *testing.T) {
	var in inbox
	client, bucket := newBucket(t, in.take)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			_, err := client.PutObject(context.WithoutCancel(t.Context()), &s3.PutObjectInput{
				Bucket: &bucket, Key: aws.String(fmt.Sprintf("dir/%02d", i)), Body: strings.NewReader("x"),
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := in.objects(t)
	slices.SortFunc(got, func(a, b s3event.Object) int { return strings.Compare(a.Sequencer, b.Sequencer) })
	keys, sequencers := map[string]bool{}, map[string]bool{}
	for _, o := range got {
		keys[o.Key], sequencers[o.Sequencer] = true, true
	}
	if len(got) != 40 || len(keys) != 40 || len(sequencers) != 40 {
		t.Errorf("%d events, %d keys, %d sequencers; want 40 each", len(got), len(keys), len(sequencers))
	}
}
