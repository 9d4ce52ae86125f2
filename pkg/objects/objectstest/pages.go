package objectstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// smallPages returns a client whose listings come two entries a page, so that a dozen objects fill several.
func smallPages(client *s3.Client) *s3.Client {
	const perPage = 2
	limit := middleware.InitializeMiddlewareFunc("SmallPages", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		switch listing := in.Parameters.(type) {
		case *s3.ListObjectsV2Input:
			listing.MaxKeys = aws.Int32(perPage)
		case *s3.ListObjectVersionsInput:
			listing.MaxKeys = aws.Int32(perPage)
		case *s3.ListMultipartUploadsInput:
			listing.MaxUploads = aws.Int32(perPage)
		}
		return next.HandleInitialize(ctx, in)
	})
	return s3.New(client.Options(), func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(limit, middleware.Before)
		})
	})
}
