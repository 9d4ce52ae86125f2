package sim

import (
	"errors"
	"os"
)

// lock refuses: the embedded S3 keeps what it knows of an object in extended attributes, which Windows does not have.
func lock(string) (*os.File, error) {
	return nil, errors.New("bellhop local does not run on Windows: run it in the Windows Subsystem for Linux; what works on a stack works here, with --stack")
}
