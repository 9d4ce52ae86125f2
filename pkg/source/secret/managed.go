package secret

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// SecretsManagerAPI is what this package uses of the Secrets Manager client.
type SecretsManagerAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// Labels of a secret's versions. A version that is not current needs one, or Secrets Manager may delete it.
const (
	current = "AWSCURRENT"
	rotated = "BELLHOP_ROTATED"
)

// managed is a secret in Secrets Manager. Writing makes a new version current and leaves the one before it
// labelled AWSPREVIOUS.
type managed struct {
	id  string
	api SecretsManagerAPI
}

func (m *managed) Read(ctx context.Context) ([]byte, error) {
	document, _, err := m.version(ctx)
	return document, err
}

// version returns the current document and the id of its version.
func (m *managed) version(ctx context.Context) ([]byte, *string, error) {
	out, err := m.api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(m.id), VersionStage: aws.String(current)})
	if err != nil {
		_, missing := errors.AsType[*types.ResourceNotFoundException](err)
		return nil, nil, failed("read secret "+m.id, err, missing)
	}
	if out.SecretString != nil {
		return []byte(*out.SecretString), out.VersionId, nil
	}
	return out.SecretBinary, out.VersionId, nil
}

// Replace adds the document as a version that is not current, and then makes it so if the version that was read is current
// still: the service moves the label from the version that is named, or not at all.
func (m *managed) Replace(ctx context.Context, old, document []byte) error {
	now, version, err := m.version(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return fault.New(fault.Conflict, "secret %s has changed meanwhile", m.id)
	}
	added, err := m.api.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(m.id), SecretString: aws.String(string(document)), VersionStages: []string{rotated},
	})
	if err != nil {
		return failed("write secret "+m.id, err, false)
	}
	_, err = m.api.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: aws.String(m.id), VersionStage: aws.String(current), MoveToVersionId: added.VersionId, RemoveFromVersionId: version,
	})
	if _, moved := errors.AsType[*types.InvalidParameterException](err); moved {
		return fault.New(fault.Conflict, "secret %s has changed meanwhile", m.id)
	}
	if err != nil {
		return failed("make the new version of secret "+m.id+" current", err, false)
	}
	return nil
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
