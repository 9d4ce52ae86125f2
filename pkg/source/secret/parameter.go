package secret

import (
	"context"
	"errors"

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
	out, err := p.api.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(p.name), WithDecryption: aws.Bool(true)})
	if err != nil {
		_, missing := errors.AsType[*types.ParameterNotFound](err)
		return nil, failed("read parameter "+p.name, err, missing)
	}
	if out.Parameter == nil {
		return nil, fault.New(fault.Internal, "read parameter %s: the answer has no parameter", p.name)
	}
	return []byte(aws.ToString(out.Parameter.Value)), nil
}

func (p *parameter) Write(ctx context.Context, document []byte) error {
	_, err := p.api.PutParameter(ctx, &ssm.PutParameterInput{
		Name:      aws.String(p.name),
		Value:     aws.String(string(document)),
		Type:      types.ParameterTypeSecureString,
		Tier:      types.ParameterTierIntelligentTiering,
		Overwrite: aws.Bool(true),
	})
	if err != nil {
		return failed("write parameter "+p.name, err, false)
	}
	return nil
}
