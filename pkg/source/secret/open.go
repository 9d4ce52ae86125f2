package secret

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Kind is the service that keeps a secret.
type Kind int

// The kinds.
const (
	SecretsManager Kind = iota + 1
	ParameterStore
)

// maxSecretName is how long the name of a secret may be.
const maxSecretName = 512

var (
	secretARN    = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+$`)
	parameterARN = regexp.MustCompile(`^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter(/[A-Za-z0-9_./-]+)$`)
	// What Secrets Manager and SSM allow in a name. A length in the expression would be unrolled at each start.
	secretName    = regexp.MustCompile(`^[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]*$`)
	parameterName = regexp.MustCompile(`^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
)

// KindOf tells from an id where its secret is kept: the ARN of a secret, or a plain name, means Secrets Manager;
// the ARN of a parameter, or a name with a leading slash, means SSM. The error names the expected forms, and
// not the id: what is not an id may be the secret itself, set by mistake.
func KindOf(id string) (Kind, error) {
	switch {
	case secretARN.MatchString(id):
		return SecretsManager, nil
	case parameterARN.MatchString(id), parameterName.MatchString(id):
		return ParameterStore, nil
	case len(id) <= maxSecretName && secretName.MatchString(id) && !strings.HasPrefix(id, "Atz"):
		return SecretsManager, nil
	default:
		return 0, fault.New(fault.Poison, "a secret's id is the ARN or the name of a Secrets Manager secret, "+
			"or the ARN of an SSM parameter, or its name with a leading slash")
	}
}

// Open returns the store of the secret with this id, deciding as [KindOf] does. Nothing is read yet. The client
// of the service that the id does not mean is not used and may be nil.
func Open(id string, secrets SecretsManagerAPI, parameters ParameterStoreAPI) (Store, error) {
	kind, err := KindOf(id)
	if err != nil {
		return nil, err
	}
	if kind == SecretsManager {
		return &managed{id: id, api: secrets}, nil
	}
	if arn := parameterARN.FindStringSubmatch(id); arn != nil {
		// PutParameter takes no ARN, only the name.
		return &parameter{name: arn[1], api: parameters}, nil
	}
	return &parameter{name: id, api: parameters}, nil
}

// failed wraps an SDK's error. The SDK's own classification of what can be retried decides its kind.
func failed(operation string, err error, missing bool) error {
	err = fmt.Errorf("%s: %w", operation, err)
	switch {
	case missing:
		return fault.As(fault.NotFound, err)
	case retryable(err):
		return fault.As(fault.Transient, err)
	default:
		return err
	}
}
