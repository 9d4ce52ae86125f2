package secret

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// SecretsManagerAPI is what this package uses of the Secrets Manager client.
type SecretsManagerAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
}

// managed is a secret in Secrets Manager. Writing makes a new version current and leaves the one before it
// labelled AWSPREVIOUS.
type managed struct {
	id  string
	api SecretsManagerAPI
}

func (m *managed) Read(ctx context.Context) ([]byte, error) {
	out, err := m.api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(m.id)})
	if err != nil {
		_, missing := errors.AsType[*types.ResourceNotFoundException](err)
		return nil, failed("read secret "+m.id, err, missing)
	}
	if out.SecretString != nil {
		return []byte(*out.SecretString), nil
	}
	return out.SecretBinary, nil
}

func (m *managed) Write(ctx context.Context, document []byte) error {
	_, err := m.api.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId:     aws.String(m.id),
		SecretString: aws.String(string(document)),
	})
	if err != nil {
		_, missing := errors.AsType[*types.ResourceNotFoundException](err)
		return failed("write secret "+m.id, err, missing)
	}
	return nil
}
