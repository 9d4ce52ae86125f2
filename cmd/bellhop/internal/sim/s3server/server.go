package s3server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
	// Addr is a TCP address, such as 127.0.0.1:9000; with port 0 a free one is picked. Empty means a Unix
	// socket, which no other user can reach and only [Server.Config] can dial.
	Addr string
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

// Server is a running S3.
type Server struct {
	endpoint string
	socket   string // empty on TCP
	account  string
	secret   string
	dialled  connections
	backend  *announcer
	cancel   context.CancelFunc
	done     chan struct{}
	err      error // why the server ended; to be read after done

	connect sync.Once
	http    *awshttp.BuildableClient // shared by all configurations
}

// exclusive is held while a server runs.
var exclusive sync.Mutex

// Start starts a server and returns when it answers. It runs until [Server.Close], or until ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	if !exclusive.TryLock() {
		return nil, ErrRunning
	}
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start s3 server: %w", err)
	}
	for name, onCreated := range o.Buckets {
		if err := s.CreateBucket(ctx, name, onCreated); err != nil {
			return nil, errors.Join(fmt.Errorf("start s3 server: %w", err), s.Close())
		}
	}
	return s, nil
}

// start holds the lock and gives it back when the server has ended, or did not come up.
func start(ctx context.Context, o Options) (_ *Server, err error) {
	var undo undoing
	undo.add(func() error { exclusive.Unlock(); return nil })
	defer func() {
		if err != nil {
			err = errors.Join(err, undo.run())
		}
	}()
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := prepare(dir); err != nil {
		return nil, err
	}
	former, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	undo.add(func() error { return os.Chdir(former) })

	s := &Server{account: cmp.Or(o.Account, localAccount), secret: rand.Text()}
	if err := restore(dir, s.account); err != nil {
		return nil, err
	}
	if o.Addr == "" {
		// The folder itself may lie too deep: a socket's path has some hundred bytes at most.
		private, err := scratch.Make()
		if err != nil {
			return nil, err
		}
		undo.add(func() error { return os.RemoveAll(private) })
		s.socket = filepath.Join(private, "s3")
		s.endpoint = "http://s3.bellhop.internal"
	}
	if err := s.serve(ctx, o, dir, undo.run); err != nil {
		return nil, err
	}
	return s, nil
}

// prepare makes the folders and sees that the file system is good for them.
func prepare(dir string) error {
	for _, path := range []string{root(dir), versions(dir)} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	if err := (meta.XattrMeta{}).Test(root(dir)); err != nil {
		return fmt.Errorf("the embedded S3 needs a file system with extended attributes, such as ext4, xfs, btrfs or APFS: choose another folder than %s: %w", dir, err)
	}
	return nil
}

func root(dir string) string     { return filepath.Join(dir, "s3") }
func versions(dir string) string { return filepath.Join(dir, "versions") }

// pickAttempts is how often another free port is tried when somebody else takes the one that was picked.
const pickAttempts = 20

// serve runs the gateway in the background and returns when it listens. When it has ended, ended is called.
func (s *Server) serve(ctx context.Context, o Options, dir string, ended func() error) error {
	for attempt := 1; ; attempt++ {
		address := s.socket
		if address == "" {
			var err error
			if address, err = pick(ctx, o.Addr); err != nil {
				return err
			}
			s.endpoint = "http://" + address
		}
		err := s.listen(ctx, o, dir, address, ended)
		picked := strings.HasSuffix(o.Addr, ":0")
		if !picked || attempt == pickAttempts || !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
}

// pick replaces port 0 by a port that is free now. The gateway does not tell which port it was given.
func pick(ctx context.Context, addr string) (string, error) {
	if !strings.HasSuffix(addr, ":0") {
		return addr, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (s *Server) listen(ctx context.Context, o Options, dir, address string, ended func() error) error {
	gateway, err := newAnnouncer(o, dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	listening := make(chan struct{})
	stopped := make(chan error, 1)
	go func() {
		stopped <- embedgw.RunVersityGW(ctx, gateway, s.config(address, func() { close(listening) }))
	}()
	select {
	case err := <-stopped:
		cancel()
		if err == nil {
			err = context.Cause(ctx)
		}
		return err
	case <-listening:
	}
	s.backend, s.cancel, s.done = gateway, cancel, make(chan struct{})
	go func() {
		<-ctx.Done()
		time.AfterFunc(grace, s.dialled.sever)
	}()
	go func() {
		err := <-stopped
		cancel()
		s.err = errors.Join(err, ended())
		close(s.done)
	}()
	return nil
}

// grace is how long requests that are under way when the server is told to stop may take to end.
const grace = 200 * time.Millisecond

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

func (s *Server) config(address string, onListen func()) *embedgw.Config {
	account := auth.Account{Access: s.account, Secret: s.secret, Role: auth.RoleAdmin}
	return &embedgw.Config{
		RootUserAccess: account.Access, RootUserSecret: account.Secret, Region: Region,
		// Given here, the single account is not announced on stdout.
		IAMService:        auth.NewIAMServiceSingle(account),
		Ports:             []string{address},
		MaxConnections:    1000,
		MaxRequests:       500,
		MultipartMaxParts: 10_000,
		Quiet:             true,
		KeepAlive:         true,
		DisableACLs:       true,
		S3Options:         []s3api.Option{s3api.WithOnListen(onListen)},
	}
}

// CreateBucket creates a bucket unless it exists. From now on onCreated is told of the objects created in it,
// instead of whoever was told before.
func (s *Server) CreateBucket(ctx context.Context, name string, onCreated OnCreated) error {
	_, err := s.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	if mine := (*types.BucketAlreadyOwnedByYou)(nil); err != nil && !errors.As(err, &mine) {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	s.backend.tell(name, onCreated)
	return nil
}

// Endpoint returns the server's address: on TCP one that any S3 client can use, with [Server.Config]'s
// credentials and path-style addresses.
func (s *Server) Endpoint() string { return s.endpoint }

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

// undoing collects what must be put back, to be run once, in reverse order.
type undoing struct{ steps []func() error }

func (u *undoing) add(step func() error) { u.steps = append(u.steps, step) }

func (u *undoing) run() error {
	var err error
	for _, step := range slices.Backward(u.steps) {
		err = errors.Join(err, step())
	}
	u.steps = nil
	return err
}
