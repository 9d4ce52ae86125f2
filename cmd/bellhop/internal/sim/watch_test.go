package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// partitionLog notes how partitions are written.
type partitionLog struct {
	mu                sync.Mutex
	created, replaced int
	problems          []string
}

func (l *partitionLog) watch(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SliceLog", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			l.note(in.Parameters)
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
}

func (l *partitionLog) note(call any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	isPartition := func(key *string) bool { return strings.Contains(aws.ToString(key), "/dataset_date=") }
	switch in := call.(type) {
	case *s3.PutObjectInput:
		switch {
		case !isPartition(in.Key):
		case aws.ToString(in.IfNoneMatch) == "*":
			l.created++
		case aws.ToString(in.IfMatch) != "":
			l.replaced++
		default:
			l.problems = append(l.problems, "an unconditional put of "+*in.Key)
		}
	case *s3.DeleteObjectInput:
		if isPartition(in.Key) {
			l.problems = append(l.problems, "a deletion of "+*in.Key)
		}
	case *s3.CreateMultipartUploadInput, *s3.CopyObjectInput, *s3.DeleteObjectsInput:
		l.problems = append(l.problems, fmt.Sprintf("a %T", call))
	}
}
