package s3server

import (
	"crypto/md5" //nolint:gosec // S3's ETag of an object is the MD5 of its content
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
)

// The gateway keeps what it knows of a bucket or an object in extended attributes of the file. They are written with the
// content, before it gets its name, so that a killed process leaves both or neither; files beside the content would not
// have that.
const (
	aclAttribute       = "acl"
	ownershipAttribute = "ownership"
	etagAttribute      = "etag"
	metadataAttribute  = "metadata"
)

// attribute reads an attribute of a file, if it is there.
func attribute(path, name string) (value []byte, found bool, err error) {
	value, err = meta.XattrMeta{}.RetrieveAttribute(nil, path, "", name)
	if errors.Is(err, meta.ErrNoSuchKey) {
		return nil, false, nil
	}
	return value, err == nil, err
}

func setAttribute(path, name string, value []byte) error {
	return meta.XattrMeta{}.StoreAttribute(nil, path, "", name, value)
}

// unfinished is the gateway's folder for uploads under way.
const unfinished = ".sgwtmp"

// restore gives buckets and objects back the attributes that they lost when the folder was copied without them, as cp -r, tar
// and zip copy. Everything that S3 needs follows from the content. An object's own metadata does not, and the ETag of an
// object that was uploaded in parts is another afterwards.
func restore(dir, account string) error {
	buckets, err := os.ReadDir(root(dir))
	if err != nil {
		return err
	}
	for _, b := range buckets {
		if b.IsDir() && b.Name() != unfinished {
			if err := restoreBucket(filepath.Join(root(dir), b.Name()), account); err != nil {
				return fmt.Errorf("restore the attributes of bucket %s: %w", b.Name(), err)
			}
		}
	}
	return nil
}

// restoreBucket restores the bucket's own attributes last: they say that its objects are whole.
func restoreBucket(bucket, account string) error {
	if _, found, err := attribute(bucket, aclAttribute); found || err != nil {
		return err
	}
	err := filepath.WalkDir(bucket, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == unfinished:
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		if _, found, err := attribute(path, etagAttribute); found || err != nil {
			return err
		}
		etag, err := contentETag(path)
		if err != nil {
			return err
		}
		return setAttribute(path, etagAttribute, []byte(`"`+etag+`"`))
	})
	if err != nil {
		return err
	}
	acl, err := json.Marshal(auth.ACL{Owner: account})
	if err != nil {
		return err
	}
	return errors.Join(
		setAttribute(bucket, ownershipAttribute, []byte(types.ObjectOwnershipBucketOwnerEnforced)),
		setAttribute(bucket, aclAttribute, acl),
	)
}

// contentETag returns the ETag of an object that was put as a whole.
func contentETag(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // G304: below the bucket's folder
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read from
	hash := md5.New()                //nolint:gosec // see the import
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// ETag returns the ETag of the object in a file of a server's folder, whether or not a server runs there, without quotation
// marks.
func ETag(path string) (string, error) {
	etag, found, err := attribute(path, etagAttribute)
	if !found && err == nil {
		return contentETag(path)
	}
	return strings.Trim(string(etag), `"`), err
}

// Metadata returns an object's own metadata in the same way, keys in lower case; nil where it has none, or has lost it.
func Metadata(path string) (map[string]string, error) {
	stored, found, err := attribute(path, metadataAttribute)
	if !found {
		return nil, err
	}
	var metadata map[string]string
	if err := json.Unmarshal(stored, &metadata); err != nil {
		return nil, fmt.Errorf("read the metadata of %s: %w", filepath.Base(path), err)
	}
	lower := make(map[string]string, len(metadata))
	for name, value := range metadata {
		lower[strings.ToLower(name)] = value
	}
	return lower, nil
}
