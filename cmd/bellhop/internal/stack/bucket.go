package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// vendorRole is the role in the vendor's account that delivers, as the Analytics API's page names it.
const vendorRole = "arn:aws:iam::889066238466:role/AlexaAnalyticsReportConsumerS3IamRole"

// vendorStatement is what the vendor's page wants in the bucket's policy, for one bucket.
func vendorStatement(bucket string) string {
	return `{"Sid": "Statement1", "Effect": "Allow", "Principal": {"AWS": "` + vendorRole + `"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::` + bucket + `/*"}`
}

// bucketChecks look at the delivery bucket.
func (s Subject) bucketChecks() []Check {
	checks := []struct {
		name string
		look func(ctx context.Context, client *s3.Client, bucket string) (string, error)
	}{
		{"the vendor may put files", s.policy},
		{"objects are ours", ownership},
		{"encryption", encryption},
		{"no versions", versioning},
		{"lifecycle as the last resort", lifecycle},
		{"nothing is public", public},
		{"arrivals are announced", s.notification},
	}
	all := make([]Check, len(checks))
	for i, c := range checks {
		all[i] = Check{"delivery bucket", c.name, s.of(DeliveryBucket, func(ctx context.Context, bucket string) (string, error) {
			detail, err := c.look(ctx, objects.NewClient(s.Config), bucket)
			if code(err) == "NoSuchBucket" {
				return "", trouble(redeploy, "there is no bucket %s", bucket)
			}
			return detail, err
		})}
	}
	return all
}

// statement is one of a policy. What may be a word or a list is a list.
type statement struct {
	SID       string `json:"Sid"`
	Effect    string
	Principal principals
	Action    words
	Resource  words
	Condition json.RawMessage
}

type words []string

// UnmarshalJSON reads a word or a list of words.
func (w *words) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(w))
}

// principals are those that a statement is about, each with its kind: "AWS:arn…", "Service:s3.amazonaws.com", "*".
type principals []string

// UnmarshalJSON reads "*" or an object of words by kind.
func (p *principals) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*p = principals{one}
		return nil
	}
	var kinds map[string]words
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return err
	}
	for kind, names := range kinds {
		for _, name := range names {
			*p = append(*p, kind+":"+name)
		}
	}
	return nil
}

func statements(policy string) ([]statement, error) {
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, fmt.Errorf("the policy cannot be read: %w", err)
	}
	return document.Statement, nil
}

func (s Subject) policy(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	put := "put this statement into the bucket's policy: " + vendorStatement(bucket)
	out, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if code(err) == "NoSuchBucketPolicy" {
		return "", trouble(put, "the bucket has no policy: the vendor cannot deliver")
	}
	if err != nil {
		return "", err
	}
	all, err := statements(aws.ToString(out.Policy))
	if err != nil {
		return "", err
	}
	vendor, encrypted := false, false
	for _, st := range all {
		switch {
		case isVendors(st, bucket):
			vendor = true
		case st.Effect == "Allow":
			return "", trouble("take it out, unless you know why it is there", "statement %q lets %s in as well", st.SID, strings.Join(st.Principal, " and "))
		case slices.Equal(st.Principal, principals{"*"}) && strings.Contains(string(st.Condition), "aws:SecureTransport"):
			encrypted = true
		case slices.Contains(st.Principal, "AWS:"+vendorRole) || slices.Contains(st.Principal, "*"):
			return "", trouble("take it out, unless you know why it is there", "statement %q denies something to the vendor's role", st.SID)
		}
	}
	if !vendor {
		return "", trouble(put, "the policy lacks the vendor's statement: no file can be delivered")
	}
	if !encrypted {
		return "", trouble(redeploy, "the policy lets requests without TLS in")
	}
	return "the vendor's statement is there, and nobody else is let in", nil
}

// isVendors reports whether a statement lets the vendor put files, without a condition that the vendor does not ask for.
func isVendors(st statement, bucket string) bool {
	return st.Effect == "Allow" && slices.Equal(st.Principal, principals{"AWS:" + vendorRole}) && slices.Equal(st.Action, words{"s3:PutObject"}) &&
		slices.Equal(st.Resource, words{"arn:aws:s3:::" + bucket + "/*"}) && len(st.Condition) == 0
}

func ownership(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	out, err := client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &bucket})
	if err != nil && code(err) != "OwnershipControlsNotFoundError" {
		return "", err
	}
	if err == nil && slices.ContainsFunc(out.OwnershipControls.Rules, func(r types.OwnershipControlsRule) bool {
		return r.ObjectOwnership == types.ObjectOwnershipBucketOwnerEnforced
	}) {
		return "the bucket's owner owns what the vendor puts", nil
	}
	return "", trouble(redeploy, "what the vendor puts belongs to the vendor: it could be neither read nor deleted")
}

func encryption(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	out, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &bucket})
	if err != nil && code(err) != "ServerSideEncryptionConfigurationNotFoundError" {
		return "", err
	}
	if err != nil {
		return "", trouble(redeploy, "the bucket has no default encryption")
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil && by.SSEAlgorithm != types.ServerSideEncryptionAes256 {
			return "", trouble("set the default encryption to SSE-S3", "the default encryption is %s: the vendor's role cannot use your key, and every delivery fails", by.SSEAlgorithm)
		}
	}
	return "SSE-S3, which the vendor's role can use", nil
}

func versioning(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	out, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &bucket})
	if err != nil {
		return "", err
	}
	if out.Status != "" {
		return "", trouble("versioning can only be suspended, and old versions stay: deploy with a new DeliveryPrefix, which moves this bucket alone", "versioning is %s: what is deleted is still there", out.Status)
	}
	return "versioning was never on", nil
}

func lifecycle(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	out, err := client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil && code(err) != "NoSuchLifecycleConfiguration" {
		return "", err
	}
	expires, aborts := false, false
	if err == nil {
		for _, r := range out.Rules {
			if r.Status != types.ExpirationStatusEnabled || !forAll(r) {
				continue
			}
			expires = expires || r.Expiration != nil && aws.ToInt32(r.Expiration.Days) == 1
			aborts = aborts || r.AbortIncompleteMultipartUpload != nil && aws.ToInt32(r.AbortIncompleteMultipartUpload.DaysAfterInitiation) == 1
		}
	}
	if !expires || !aborts {
		return "", trouble(redeploy, "no rule deletes every file and unfinished upload after a day, should the janitor be away")
	}
	return "files and unfinished uploads go after a day at the latest", nil
}

// forAll reports whether a rule is for every object.
func forAll(r types.LifecycleRule) bool {
	prefix := aws.ToString(r.Prefix) //nolint:staticcheck // old rules have it
	if f := r.Filter; f != nil {
		prefix += aws.ToString(f.Prefix)
		if f.Tag != nil || f.And != nil || f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil {
			return false
		}
	}
	return prefix == ""
}

func public(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	out, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if err != nil && code(err) != "NoSuchPublicAccessBlockConfiguration" {
		return "", err
	}
	if err == nil {
		p := out.PublicAccessBlockConfiguration
		if aws.ToBool(p.BlockPublicAcls) && aws.ToBool(p.BlockPublicPolicy) && aws.ToBool(p.IgnorePublicAcls) && aws.ToBool(p.RestrictPublicBuckets) {
			return "public access is blocked", nil
		}
	}
	return "", trouble(redeploy, "public access is not blocked in every way")
}

func (s Subject) notification(ctx context.Context, client *s3.Client, bucket string) (string, error) {
	queue, err := s.queueARN(ctx, IngestQueue)
	if err != nil {
		return "", err
	}
	out, err := client.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &bucket})
	if err != nil {
		return "", err
	}
	for _, c := range out.QueueConfigurations {
		if aws.ToString(c.QueueArn) != queue || !slices.Contains(c.Events, types.EventS3ObjectCreated) {
			continue
		}
		if f := c.Filter; f != nil && f.Key != nil && len(f.Key.FilterRules) > 0 {
			return "", trouble(redeploy, "arrivals are announced by a filter: a file that is filtered is a file unseen")
		}
		return "every new object is announced to the ingest queue", nil
	}
	return "", trouble(redeploy, "arrivals are not announced to the ingest queue: every file waits for the next sweep")
}
