package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/kept"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// KeepIn opens the place for copies of seals that a name stands for: s3://BUCKET/PREFIX, or a folder.
func KeepIn(ctx context.Context, name string) (kept.Place, error) {
	address, onS3 := strings.CutPrefix(name, "s3://")
	if !onS3 {
		return kept.Folder(name), nil
	}
	cfg, err := configured(ctx)
	if err != nil {
		return kept.Place{}, err
	}
	client := objects.NewClient(cfg)
	return placeIn(client, address), nil
}

func placeIn(client *s3.Client, address string) kept.Place {
	bucket, prefix, _ := strings.Cut(address, "/")
	if prefix != "" {
		prefix = strings.TrimSuffix(prefix, "/") + "/"
	}
	return kept.Place{
		Store: objects.NewBucket(client, bucket), Prefix: prefix,
		Locked: func(ctx context.Context) (time.Duration, error) { return locked(ctx, client, bucket) },
	}
}

// locked returns for how long a bucket keeps what is put into it whatever anybody does. The mode GOVERNANCE does not count: whoever has a
// certain permission gets around it.
func locked(ctx context.Context, client *s3.Client, bucket string) (time.Duration, error) {
	answer, err := client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &bucket})
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "ObjectLockConfigurationNotFoundError" {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the bucket's Object Lock: %w", err)
	}
	lock := answer.ObjectLockConfiguration
	if lock == nil || lock.Rule == nil || lock.Rule.DefaultRetention == nil || lock.Rule.DefaultRetention.Mode != types.ObjectLockRetentionModeCompliance {
		return 0, nil
	}
	const year = 365
	days := aws.ToInt32(lock.Rule.DefaultRetention.Days) + year*aws.ToInt32(lock.Rule.DefaultRetention.Years)
	return time.Duration(days) * 24 * time.Hour, nil
}
