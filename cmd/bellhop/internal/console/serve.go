package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Serve serves a handler on a port of this machine's loopback until ctx ends, which is no error. Port 0 is any that is free. Tell is
// called with the address that opens the console, once it answers.
func Serve(ctx context.Context, port int, token string, handler http.Handler, tell func(address string) error) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("listen for the browser: %w", err)
	}
	server := &http.Server{
		Handler: Guard(token, handler), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if err := tell(fmt.Sprintf("http://%s/?token=%s", listener.Addr(), token)); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-ended:
		return fmt.Errorf("serve the console: %w", err)
	case <-ctx.Done():
		// Each request's context is of ctx, and ends with it.
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(soon)
	}
}
