package secret_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
)

// versioned is either service with its versions: a login may come before each write.
type versioned struct {
	versions []string
	current  int // of a secret; of a parameter the last one is
	login    func()
}

func (v *versioned) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: &v.versions[v.current], VersionId: aws.String(fmt.Sprint(v.current))}, nil
}

func (v *versioned) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	v.versions = append(v.versions, aws.ToString(in.SecretString))
	last := len(v.versions) - 1
	if len(in.VersionStages) == 0 || slices.Contains(in.VersionStages, "AWSCURRENT") {
		v.current = last
	}
	return &secretsmanager.PutSecretValueOutput{VersionId: aws.String(fmt.Sprint(last))}, nil
}

func (v *versioned) UpdateSecretVersionStage(_ context.Context, in *secretsmanager.UpdateSecretVersionStageInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	v.meanwhile()
	if aws.ToString(in.RemoveFromVersionId) != fmt.Sprint(v.current) || aws.ToString(in.VersionStage) != "AWSCURRENT" {
		return nil, &smtypes.InvalidParameterException{}
	}
	_, err := fmt.Sscan(aws.ToString(in.MoveToVersionId), &v.current)
	return &secretsmanager.UpdateSecretVersionStageOutput{}, err
}

func (v *versioned) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	number := len(v.versions)
	if _, selector, ok := strings.Cut(aws.ToString(in.Name), ":"); ok {
		if _, err := fmt.Sscan(selector, &number); err != nil {
			return nil, err
		}
	}
	return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Value: &v.versions[number-1], Version: int64(number)}}, nil
}

func (v *versioned) PutParameter(_ context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	v.meanwhile()
	v.versions = append(v.versions, aws.ToString(in.Value))
	return &ssm.PutParameterOutput{Version: int64(len(v.versions))}, nil
}

func (v *versioned) meanwhile() {
	if login := v.login; login != nil {
		v.login = nil
		login()
	}
}

func TestReplaceNeverOverwritesALogin(t *testing.T) {
	for service, id := range map[string]string{"Secrets Manager": "bellhop/lwa", "Parameter Store": "/bellhop/lwa"} {
		for name, c := range map[string]struct {
			now, login string
			want       string
			conflict   bool
		}{
			"nobody came":                {now: "old", want: "rotated"},
			"a login was there before":   {now: "login", want: "login", conflict: true},
			"a login came in the middle": {now: "old", login: "login", want: "login", conflict: true},
		} {
			t.Run(service+", "+name, func(t *testing.T) {
				v := &versioned{versions: []string{c.now}}
				if c.login != "" {
					v.login = func() { v.versions = append(v.versions, c.login); v.current = len(v.versions) - 1 }
				}
				store, err := secret.Open(id, v, v)
				if err != nil {
					t.Fatal(err)
				}
				err = store.Replace(t.Context(), []byte("old"), []byte("rotated"))
				if fault.Is(err, fault.Conflict) != c.conflict || !c.conflict && err != nil {
					t.Errorf("replacing says %v", err)
				}
				if got, err := store.Read(t.Context()); err != nil || string(got) != c.want {
					t.Errorf("it holds %q, want %q: %v", got, c.want, err)
				}
			})
		}
	}
}
