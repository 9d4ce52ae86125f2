package metering

import (
	"context"
	"strconv"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Requests makes the clients of any service count, by service and operation, where it stands in their APIOptions. It
// counts each HTTP request and not each operation: AWS charges for a request that the SDK repeats, and for each page of a
// listing. A request that never gets an answer is counted too; AWS may or may not have had it.
func Requests(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CountRequests", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		name := awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx)
		Of(ctx).request(name, bodySize(in.Request))
		return next.HandleFinalize(ctx, in)
	}), "Retry", middleware.After)
}

// bodySize returns the bytes of a request's body without the framing of a checksum that follows it.
func bodySize(request any) int64 {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return 0
	}
	if n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		return n
	}
	return max(0, r.ContentLength)
}
