package monthly

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
)

// keyLength is how many bytes a key has.
const keyLength = 32

// Key returns the pseudonym key that is in a file. Where there is no file, it makes one of a new key, which nobody but its owner
// can read. Without that file nobody can make the same pseudonyms again.
func Key(file string, chance io.Reader) ([]byte, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(file, chance)
	}
	if err != nil {
		return nil, fmt.Errorf("look at the pseudonym key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &phrase.Problem{
			Err: fmt.Errorf("others can read the pseudonym key, %s", file), Remedy: "remove their permission: chmod 600 " + file,
		}
	}
	content, err := os.ReadFile(file) //nolint:gosec // G304: the file is the user's to choose
	if err != nil {
		return nil, fmt.Errorf("read the pseudonym key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != keyLength {
		return nil, &phrase.Problem{
			Err: fmt.Errorf("%s is not a pseudonym key, which has %d hexadecimal digits", file, 2*keyLength), Remedy: "name a new file with --key; bellhop creates it",
		}
	}
	return key, nil
}

func newKey(file string, chance io.Reader) ([]byte, error) {
	key := make([]byte, keyLength)
	if _, err := io.ReadFull(chance, key); err != nil {
		return nil, fmt.Errorf("make a pseudonym key: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the file is the user's to choose
	if err != nil {
		return nil, fmt.Errorf("make the file for the pseudonym key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("write the pseudonym key: %w", err), os.Remove(file))
	}
	return key, nil
}
