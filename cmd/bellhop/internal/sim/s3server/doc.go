// Package s3server is the S3 of one machine: versitygw's posix backend in this process, with real signatures,
// checksums, conditions and versions, and each object a plain file at <dir>/s3/<bucket>/<key>. On top of it
// comes what versitygw does not do as AWS does: the notification for each created object.
//
// # What to know
//
// One server per process at a time; a second [Start] is refused while the first runs. After [Server.Close] another
// can start, on the same folder or another. The tests of this package share one.
//
// The posix backend works with relative paths. While a server runs, the working directory of the whole process
// is <dir>/s3: make other paths absolute before [Start], and do not change the directory. Close puts the former one
// back.
//
// Keys are paths: "a//b", "./a" and "a/../b" are stored as "a/b", "a" and "b", and so the notification calls
// them. "a" and "a/b" cannot both exist, and no segment is longer than 255 bytes. AWS has none of these limits;
// package objects refuses to write such keys.
//
// The folder needs a file system with user extended attributes, where metadata and ETags live.
//
// There is no lifecycle, no encryption and no notification configuration. Nothing is enforced by policy: there
// is one account.
package s3server
