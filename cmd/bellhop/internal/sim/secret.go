package sim

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// SecretFile is the path of a file that keeps a credential, and that only its owner can read.
type SecretFile string

// Read returns the document, or NotFound.
func (s SecretFile) Read(ctx context.Context) ([]byte, error) {
	cost.MeterOf(ctx).Call("Secrets Manager GetSecretValue")
	document, err := os.ReadFile(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.As(fault.NotFound, err)
	}
	return document, err
}

// Write puts a document in place of the one that is there.
func (s SecretFile) Write(ctx context.Context, document []byte) error {
	cost.MeterOf(ctx).Call("Secrets Manager PutSecretValue")
	return writeFile(string(s), document)
}

// Replace compares before it writes. The folder has one machine at a time, and its requester one exchange.
func (s SecretFile) Replace(ctx context.Context, old, document []byte) error {
	now, err := s.Read(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return fault.New(fault.Conflict, "the secret has changed meanwhile")
	}
	return s.Write(ctx, document)
}
