package s3server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// Region is where the server says it is.
const Region = "us-east-1"

// localAccount is the server's one account unless it is named. Its secret is new with each start.
const localAccount = "BELLHOPLOCALMACHINE"

// ErrRunning says that this process has a server already.
var ErrRunning = errors.New("s3server: this process runs a server already")

// Options says how to start a [Server].
type Options struct {
	// Dir keeps everything over restarts. It is created when it is missing.
	Dir string
	// Clock stamps notifications, and the modification times of objects. Nil means the machine's clock.
	// Unfinished uploads and older versions always bear the machine's time.
	Clock func() time.Time
	// Buckets are created unless they exist; see [Server.CreateBucket].
	Buckets map[string]OnCreated
	// Account is the account that the buckets are of, and its access key.
	Account string
	// Versioning lets buckets have versioning turned on. The backend then prints a line to stdout.
	Versioning bool
}

// OnCreated is told of each object that was created in a bucket: event is the body of AWS's S3 notification. It is
// called once the object can be read and before its writer gets an answer, from many goroutines at once; it must
// return soon, and may keep event. Nil hears nothing.
type OnCreated func(event []byte)

// Server is a running S3. It listens on a Unix socket, which no other user can reach and only [Server.Config] can dial.
type Server struct {
	socket          string
	account, secret string
	backend         *announcer
	http            *awshttp.BuildableClient // shared by all configurations
	cancel          context.CancelFunc
	severed         context.Context // when it ends, so do the connections of this process
	sever           context.CancelFunc
	undo            []func() error // what has to be put back
	done            chan struct{}
	err             error // why the server ended; to be read after done
}

// exclusive is held while a server runs.
var exclusive sync.Mutex

// Start starts a server and returns when it answers. It runs until [Server.Close], or until ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	if !exclusive.TryLock() {
		return nil, ErrRunning
	}
	s := &Server{account: cmp.Or(o.Account, localAccount), secret: rand.Text(), done: make(chan struct{})}
	s.severed, s.sever = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // start has it called some time after ctx ends
	s.http = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy, t.MaxIdleConnsPerHost, t.DialContext = nil, 64, s.dial
	})
	s.finally(func() error { exclusive.Unlock(); return nil })
	if err := s.start(ctx, o); err != nil {
		return nil, fmt.Errorf("start s3 server: %w", errors.Join(err, s.putBack()))
	}
	for name, onCreated := range o.Buckets {
		if err := s.CreateBucket(ctx, name, onCreated); err != nil {
			return nil, errors.Join(fmt.Errorf("start s3 server: %w", err), s.Close())
		}
	}
	return s, nil
}

func (s *Server) finally(step func() error) { s.undo = append(s.undo, step) }

func (s *Server) putBack() (err error) {
	for _, step := range slices.Backward(s.undo) {
		err = errors.Join(err, step())
	}
	return err
}

func (s *Server) start(ctx context.Context, o Options) error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	if err := prepare(dir); err != nil {
		return err
	}
	former, err := os.Getwd()
	if err != nil {
		return err
	}
	s.finally(func() error { return os.Chdir(former) })
	if err := restore(dir, s.account); err != nil {
		return err
	}
	// The folder itself may lie too deep: a socket's path has some hundred bytes at most.
	private, err := scratch.Make()
	if err != nil {
		return err
	}
	s.finally(func() error { return os.RemoveAll(private) })
	s.socket = filepath.Join(private, "s3")
	if s.backend, err = newAnnouncer(o, dir); err != nil {
		return err
	}
	return s.serve(ctx)
}

// prepare makes the folders and sees that the file system is good for them.
func prepare(dir string) error {
	if err := errors.Join(os.MkdirAll(root(dir), 0o700), os.MkdirAll(versions(dir), 0o700)); err != nil {
		return err
	}
	if err := (meta.XattrMeta{}).Test(root(dir)); err != nil {
		return fmt.Errorf("the embedded S3 needs a file system with extended attributes, such as ext4, xfs, btrfs or APFS: choose another folder than %s: %w", dir, err)
	}
	return nil
}

func root(dir string) string     { return filepath.Join(dir, "s3") }
func versions(dir string) string { return filepath.Join(dir, "versions") }

// grace is how long requests that are under way when the server is told to stop may take to end.
const grace = 200 * time.Millisecond

// serve runs the gateway in the background and returns when it listens. When it has ended, everything is put back.
func (s *Server) serve(ctx context.Context) error {
	ctx, s.cancel = context.WithCancel(ctx)
	listening, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		stopped <- embedgw.RunVersityGW(ctx, s.backend, s.config(func() { close(listening) }))
	}()
	select {
	case err := <-stopped:
		s.cancel()
		return cmp.Or(err, context.Cause(ctx))
	case <-listening:
	}
	// The gateway's shutdown waits up to ten seconds for connections over which nothing was ever sent, and HTTP transports dial
	// such ones ahead.
	context.AfterFunc(ctx, func() { time.AfterFunc(grace, s.sever) })
	go func() {
		err := <-stopped
		s.cancel()
		s.err = errors.Join(err, s.putBack())
		close(s.done)
	}()
	return nil
}

func newAnnouncer(o Options, dir string) (*announcer, error) {
	opts := posix.PosixOpts{
		// The zero value would refuse every copy.
		CopyObjectThreshold: 5 << 30,
		// One process writes, so locks in memory are enough.
		ForceNoObjLockFile: true,
	}
	if o.Versioning {
		opts.VersioningDir = versions(dir)
	}
	files, err := posix.New(root(dir), meta.XattrMeta{}, opts)
	if err != nil {
		return nil, err
	}
	return &announcer{Backend: files, root: root(dir), clock: o.Clock, told: map[string]OnCreated{}}, nil
}

func (s *Server) config(onListen func()) *embedgw.Config {
	account := auth.Account{Access: s.account, Secret: s.secret, Role: auth.RoleAdmin}
	return &embedgw.Config{
		RootUserAccess: account.Access, RootUserSecret: account.Secret, Region: Region,
		// Given here, the single account is not announced on stdout.
		IAMService:        auth.NewIAMServiceSingle(account),
		Ports:             []string{s.socket},
		MaxConnections:    1000,
		MaxRequests:       500,
		MultipartMaxParts: 10_000,
		Quiet:             true,
		KeepAlive:         true,
		DisableACLs:       true,
		S3Options:         []s3api.Option{s3api.WithOnListen(onListen)},
	}
}

// Config returns the SDK configuration of this server's account. It reads nothing from the environment, and its
// HTTP client can be extended by the SDK, as AWS_CA_BUNDLE demands. That client reaches the server under any address.
//
// All configurations share their connections.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region:       Region,
		Credentials:  credentials.NewStaticCredentialsProvider(s.account, s.secret, ""),
		HTTPClient:   s.http,
		BaseEndpoint: aws.String("http://s3.bellhop.internal"),
	}
}

// dial connects to the socket, whatever the address.
func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
	if err == nil {
		context.AfterFunc(s.severed, func() { _ = conn.Close() }) //nolint:contextcheck // as long as the server's, not the request's
	}
	return conn, err
}

// CreateBucket creates a bucket unless it exists. From now on onCreated is told of the objects created in it,
// and nobody else.
func (s *Server) CreateBucket(ctx context.Context, name string, onCreated OnCreated) error {
	_, err := s.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	if mine := (*types.BucketAlreadyOwnedByYou)(nil); err != nil && !errors.As(err, &mine) {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	s.backend.tell(name, onCreated)
	return nil
}

// Path returns the file that holds the current content of an object.
func (s *Server) Path(bucket, key string) string {
	return filepath.Join(s.backend.root, bucket, filepath.FromSlash(key))
}

// Client returns a client of this server.
func (s *Server) Client() *s3.Client { return objects.NewClient(s.Config()) }

// Done is closed when the server has ended, by [Server.Close], with its context, or by a failure.
func (s *Server) Done() <-chan struct{} { return s.done }

// Close stops the server, waits until it has ended, and puts the working directory back. It returns why the
// server ended when that was a failure. It may be called again.
func (s *Server) Close() error {
	s.cancel()
	<-s.done
	return s.err
}
