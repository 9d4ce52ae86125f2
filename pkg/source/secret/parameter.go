package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// ParameterStoreAPI is what this package uses of the SSM client.
type ParameterStoreAPI interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
	PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error)
}

// parameter is an SSM SecureString. A standard parameter holds 4 KB, and Login with Amazon's tokens are up to
// 2 KB, so the tier is left to the service: it moves a larger value to the advanced tier where the account allows it.
type parameter struct {
	name string
	api  ParameterStoreAPI
}

func (p *parameter) Read(ctx context.Context) ([]byte, error) {
	document, _, err := p.version(ctx, "")
	return document, err
}

// version returns the document and its version: the present one, or the one that a selector such as ":3" names.
func (p *parameter) version(ctx context.Context, selector string) ([]byte, int64, error) {
	out, err := p.api.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(p.name + selector), WithDecryption: aws.Bool(true)})
	if err != nil {
		_, missing := errors.AsType[*types.ParameterNotFound](err)
		return nil, 0, failed("read parameter "+p.name, err, missing)
	}
	if out.Parameter == nil {
		return nil, 0, fault.New(fault.Internal, "read parameter %s: the answer has no parameter", p.name)
	}
	return []byte(aws.ToString(out.Parameter.Value)), out.Parameter.Version, nil
}

func (p *parameter) Write(ctx context.Context, document []byte) error {
	_, err := p.put(ctx, document)
	return err
}

// Replace reads, compares and writes. Parameter Store has no conditional write, so another process may write in
// between. The number of our version shows that, and then Replace puts the other value back. Only a process that dies between
// its two writes leaves ours there; the other value is in the parameter's history then.
func (p *parameter) Replace(ctx context.Context, old, document []byte) error {
	now, version, err := p.version(ctx, "")
	if err != nil {
		return err
	}
	conflict := fault.New(fault.Conflict, "parameter %s has changed meanwhile", p.name)
	if !bytes.Equal(now, old) {
		return conflict
	}
	ours, err := p.put(ctx, document)
	if err != nil || ours == version+1 {
		return err
	}
	theirs, _, err := p.version(ctx, fmt.Sprintf(":%d", ours-1))
	if err == nil {
		_, err = p.put(ctx, theirs)
	}
	if err != nil {
		return fmt.Errorf("put the newer value of parameter %s back: %w", p.name, err)
	}
	return conflict
}

// put returns the number of the new version.
func (p *parameter) put(ctx context.Context, document []byte) (int64, error) {
	out, err := p.api.PutParameter(ctx, &ssm.PutParameterInput{
		Name:      aws.String(p.name),
		Value:     aws.String(string(document)),
		Type:      types.ParameterTypeSecureString,
		Tier:      types.ParameterTierIntelligentTiering,
		Overwrite: aws.Bool(true),
	})
	if err != nil {
		return 0, failed("write parameter "+p.name, err, false)
	}
	return out.Version, nil
}
