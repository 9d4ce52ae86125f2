package secret_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
)

const document = `{"client_secret":"planted"}`

// secretsManager answers what it was given and fails the test on any other call.
type secretsManager struct {
	t   *testing.T
	get func(*secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error)
	put func(*secretsmanager.PutSecretValueInput) error
}

func (f secretsManager) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if f.get == nil {
		f.t.Fatalf("GetSecretValue was not expected: %s", aws.ToString(in.SecretId))
	}
	return f.get(in)
}

func (f secretsManager) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	if f.put == nil {
		f.t.Fatalf("PutSecretValue was not expected: %s", aws.ToString(in.SecretId))
	}
	return &secretsmanager.PutSecretValueOutput{}, f.put(in)
}

func (f secretsManager) UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	f.t.Fatal("UpdateSecretVersionStage was not expected")
	return nil, nil
}

// parameterStore does the same for SSM.
type parameterStore struct {
	t   *testing.T
	get func(*ssm.GetParameterInput) (*ssm.GetParameterOutput, error)
	put func(*ssm.PutParameterInput) error
}

func (f parameterStore) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	if f.get == nil {
		f.t.Fatalf("GetParameter was not expected: %s", aws.ToString(in.Name))
	}
	return f.get(in)
}

func (f parameterStore) PutParameter(_ context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	if f.put == nil {
		f.t.Fatalf("PutParameter was not expected: %s", aws.ToString(in.Name))
	}
	return &ssm.PutParameterOutput{}, f.put(in)
}

func TestKindOf(t *testing.T) {
	cases := map[string]struct {
		id   string
		want secret.Kind
	}{
		"secret ARN":         {"arn:aws:secretsmanager:us-east-1:123456789012:secret:bellhop/lwa-AbCdEf", secret.SecretsManager},
		"secret, China":      {"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x", secret.SecretsManager},
		"plain name":         {"bellhop/lwa", secret.SecretsManager},
		"parameter ARN":      {"arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/bellhop/lwa", secret.ParameterStore},
		"parameter name":     {"/bellhop/lwa", secret.ParameterStore},
		"another ARN":        {"arn:aws:s3:::bucket", 0},
		"parameter, no path": {"arn:aws:ssm:us-east-1:123456789012:parameter", 0},
		"longest name":       {strings.Repeat("a", 512), secret.SecretsManager},
		"too long a name":    {strings.Repeat("a", 513), 0},
		"empty":              {"", 0},
		"a document":         {document, 0},
		"a token":            {"Atzr|planted", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := secret.KindOf(c.id)
			if got != c.want || (err == nil) != (c.want != 0) {
				t.Errorf("got %v, %v", got, err)
			}
			if err != nil && (!fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "planted")) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSecretsManager(t *testing.T) {
	const id = "bellhop/lwa"
	written := ""
	api := secretsManager{t: t,
		get: func(in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
			if aws.ToString(in.SecretId) != id || in.VersionId != nil || aws.ToString(in.VersionStage) != "AWSCURRENT" {
				t.Errorf("asked for %+v", in)
			}
			return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(document)}, nil
		},
		put: func(in *secretsmanager.PutSecretValueInput) error {
			if aws.ToString(in.SecretId) != id {
				t.Errorf("wrote to %s", aws.ToString(in.SecretId))
			}
			written = aws.ToString(in.SecretString)
			return nil
		},
	}
	roundTrip(t, id, api, parameterStore{t: t}, &written)
}

func TestParameterStore(t *testing.T) {
	for name, id := range map[string]string{
		"by name": "/bellhop/lwa",
		"by ARN":  "arn:aws:ssm:us-east-1:123456789012:parameter/bellhop/lwa",
	} {
		t.Run(name, func(t *testing.T) {
			written := ""
			api := parameterStore{t: t,
				get: func(in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
					if aws.ToString(in.Name) != "/bellhop/lwa" || !aws.ToBool(in.WithDecryption) {
						t.Errorf("asked for %+v", in)
					}
					return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Value: aws.String(document)}}, nil
				},
				put: func(in *ssm.PutParameterInput) error {
					if aws.ToString(in.Name) != "/bellhop/lwa" || in.Type != ssmtypes.ParameterTypeSecureString || !aws.ToBool(in.Overwrite) {
						t.Errorf("wrote %+v", in)
					}
					written = aws.ToString(in.Value)
					return nil
				},
			}
			roundTrip(t, id, secretsManager{t: t}, api, &written)
		})
	}
}

func roundTrip(t *testing.T, id string, sm secret.SecretsManagerAPI, ps secret.ParameterStoreAPI, written *string) {
	t.Helper()
	store, err := secret.Open(id, sm, ps)
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.Read(t.Context())
	if err != nil || string(got) != document {
		t.Errorf("read %s, %v", got, err)
	}
	if err := store.Write(t.Context(), []byte("new")); err != nil || *written != "new" {
		t.Errorf("wrote %q, %v", *written, err)
	}
}

func TestErrorsHaveAKind(t *testing.T) {
	cases := map[string]struct {
		id   string
		err  error
		want fault.Kind
	}{
		"no such secret":         {"bellhop", &smtypes.ResourceNotFoundException{}, fault.NotFound},
		"no such parameter":      {"/bellhop", &ssmtypes.ParameterNotFound{}, fault.NotFound},
		"throttled":              {"bellhop", &smithy.GenericAPIError{Code: "ThrottlingException"}, fault.Transient},
		"service error":          {"/bellhop", &ssmtypes.InternalServerError{}, fault.Transient},
		"time is over":           {"bellhop", context.DeadlineExceeded, fault.Transient},
		"access denied":          {"/bellhop", &smithy.GenericAPIError{Code: "AccessDeniedException", Fault: smithy.FaultClient}, fault.Internal},
		"key cannot be used":     {"bellhop", &smtypes.DecryptionFailure{}, fault.Internal},
		"service error, secrets": {"bellhop", &smtypes.InternalServiceError{}, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			sm := secretsManager{t: t,
				get: func(*secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
					return nil, c.err
				},
				put: func(*secretsmanager.PutSecretValueInput) error { return c.err },
			}
			ps := parameterStore{t: t,
				get: func(*ssm.GetParameterInput) (*ssm.GetParameterOutput, error) { return nil, c.err },
				put: func(*ssm.PutParameterInput) error { return c.err },
			}
			store, err := secret.Open(c.id, sm, ps)
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.Read(t.Context())
			if fault.KindOf(err) != c.want || !errors.Is(err, c.err) {
				t.Errorf("read: %v is %v", err, fault.KindOf(err))
			}
			err = store.Write(t.Context(), []byte(document))
			if fault.Is(err, fault.Transient) != (c.want == fault.Transient) || strings.Contains(err.Error(), "planted") {
				t.Errorf("write: %v is %v", err, fault.KindOf(err))
			}
		})
	}
}

// counting is a store in memory.
type counting struct {
	document      string
	reads, writes int
	err           error
}

func (c *counting) Read(context.Context) ([]byte, error) {
	c.reads++
	return []byte(c.document), c.err
}

func (c *counting) Replace(ctx context.Context, old, document []byte) error {
	if string(old) != c.document {
		return fault.New(fault.Conflict, "changed")
	}
	return c.Write(ctx, document)
}

func (c *counting) Write(_ context.Context, document []byte) error {
	c.writes++
	c.document = string(document)
	return c.err
}

func TestCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counting{document: "one"}
		cached := secret.NewCached(store, time.Now)
		read := func(want string, reads int) {
			t.Helper()
			got, err := cached.Read(t.Context())
			if err != nil || string(got) != want || store.reads != reads {
				t.Errorf("read %q, %v after %d reads; want %q after %d", got, err, store.reads, want, reads)
			}
			clear(got)
		}
		read("one", 1)
		store.document = "two"
		time.Sleep(5*time.Minute - time.Nanosecond)
		read("one", 1)
		time.Sleep(time.Nanosecond)
		read("two", 2)
		store.document = "three"
		cached.Forget()
		read("three", 3)
		if err := cached.Write(t.Context(), []byte("four")); err != nil {
			t.Fatal(err)
		}
		read("four", 3)

		store.err = errors.New("no")
		if err := cached.Write(t.Context(), []byte("five")); err == nil {
			t.Error("the error was lost")
		}
		if _, err := cached.Read(t.Context()); err == nil {
			t.Error("after a failed write the old document was trusted")
		}
		store.err = nil
		read("five", 5)
	})
}
