package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	meta            = "META"
	subPrefix       = "SUB#"
	jobPrefix       = "JOB#"
	openPrefix      = "OPEN#"
	partitionPrefix = "SLICE#"
	filePrefix      = "FILE#"
	certPrefix      = "CERT#"
	// changePrefix sorts before META: what was restated long ago is not read with a subscription's days.
	changePrefix = "CHANGE#"

	// Certificates that wait for their seal, in the order of time, and the seals, in the order of the chain.
	unsealedPrefix = "UNSEALED#"
	sealPrefix     = "SEAL#"

	erasePrefix  = "ERASE#"
	erasedPrefix = "OBJECT#"

	credentialPrefix = "CREDENTIAL#" //nolint:gosec // G101: the beginning of a key, not a credential
)

// verificationKey is of the one record that says how far the dataset has been verified.
var verificationKey = Key{"VERIFY#", meta}

// formatKey is of the one record that says in which format the ledger is; see [Format].
var formatKey = Key{"FORMAT#", meta}

// sweepKey is of the one record that says where the next sweep of the delivery bucket begins.
var sweepKey = Key{"SWEEP#", meta}

// chainKey is of the end of the chain of seals. It sorts behind them.
var chainKey = Key{sealPrefix, meta}

func subKey(name string) Key         { return Key{subPrefix + name, meta} }
func subEntryKey(name string) Key    { return Key{subPrefix, name} }
func jobEntryKey(sub, id string) Key { return Key{subPrefix + sub, jobPrefix + id} }
func jobKey(id string) Key           { return Key{jobPrefix + id, meta} }
func fileKey(key string) Key         { return Key{filePrefix + key, meta} }
func credentialKey(id string) Key    { return Key{credentialPrefix + id, meta} }

func markerKey(sub, job string) Key { return Key{subPrefix + sub, openPrefix + job} }

func partitionKey(sub, table string, d report.Date) Key {
	return Key{subPrefix + sub, partitionPrefix + table + "#" + d.String()}
}

// certKey sorts the certificates of one file by time.
func certKey(file string, at time.Time) Key { return Key{filePrefix + file, certPrefix + instant(at)} }

func unsealedKey(file string, at time.Time) Key { return Key{unsealedPrefix, instant(at) + "#" + file} }

func sealKey(number int) Key { return Key{sealPrefix, fmt.Sprintf("%012d", number)} }

func erasureKey(unit string) Key { return Key{erasePrefix, unit} }

// erasedKey is of an object that an erasure changes for its certificate of a number. An object's key is too long for a record's.
func erasedKey(unit string, certificate int, o report.ErasedObject) Key {
	sum := sha256.Sum256([]byte(o.Key + "\n" + o.VersionID))
	return Key{erasePrefix + unit, erasedUnder(certificate) + hex.EncodeToString(sum[:])}
}

func erasedUnder(certificate int) string { return fmt.Sprintf("%s%06d#", erasedPrefix, certificate) }

// erasureCertKey sorts the certificates of one erasure by time.
func erasureCertKey(unit string, at time.Time) Key {
	return Key{erasePrefix + unit, certPrefix + instant(at)}
}

// changeKey sorts what was restated of a subscription by time. The day and its new generation make it the only one of its kind.
func changeKey(r report.Restatement) Key {
	place := []string{instant(r.At), r.Table, r.Date.String(), instant(r.After.Generation)}
	return Key{subPrefix + r.Subscription, changePrefix + strings.Join(place, "#")}
}

// instant writes a time so that its text sorts as it does.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// baseName returns the part of an object key behind its last slash, and whether there is another part.
func baseName(key string) (string, bool) {
	i := strings.LastIndexByte(key, '/')
	return key[i+1:], i >= 0 && i+1 < len(key)
}

// JobID returns the id in a job's partition key, such as that of a change; ok is false for other records.
func JobID(k Key) (id string, ok bool) {
	id, ok = strings.CutPrefix(k.PK, jobPrefix)
	return id, ok && k.SK == meta
}

// FileKey returns the file's key in a file's partition key, such as that of a change; ok is false for other records.
func FileKey(k Key) (key string, ok bool) {
	key, ok = strings.CutPrefix(k.PK, filePrefix)
	return key, ok && k.SK == meta
}
