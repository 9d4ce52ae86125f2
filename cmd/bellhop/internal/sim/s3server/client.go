package s3server

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the SDK configuration of this server's account. It reads nothing from the environment, and its
// HTTP client can be extended by the SDK, as AWS_CA_BUNDLE demands.
//
// All configurations share their connections.
func (s *Server) Config() aws.Config {
	s.connect.Do(func() { s.http = s.buildClient() })
	return aws.Config{
		Region:       Region,
		Credentials:  credentials.NewStaticCredentialsProvider(s.account, s.secret, ""),
		HTTPClient:   s.http,
		BaseEndpoint: aws.String(s.endpoint),
	}
}

func (s *Server) buildClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.MaxIdleConnsPerHost = 64
		t.DialContext = s.dial
	})
}

func (s *Server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.socket != "" {
		network, address = "unix", s.socket
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return s.dialled.add(conn), nil
}

// connections are the open ones of this process to its server. The gateway's shutdown waits up to ten seconds for
// connections over which nothing was ever sent, and HTTP transports dial such ones ahead.
type connections struct {
	mu   sync.Mutex
	open map[*connection]struct{}
}

type connection struct {
	net.Conn
	all *connections
}

func (c *connections) add(conn net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	added := &connection{conn, c}
	if c.open == nil {
		c.open = map[*connection]struct{}{}
	}
	c.open[added] = struct{}{}
	return added
}

// Close closes the connection.
func (c *connection) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// sever ends the connections under their owners, who see them as broken.
func (c *connections) sever() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Conn.Close() // Its owner closes it again, and hears of it then.
	}
}
