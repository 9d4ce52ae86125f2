package console

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// Guard lets only the person to the console who has its token. The address with the token is opened once; the browser then keeps it
// in a cookie that no script reads and no other site sends. A page of another site can neither read the console, nor have the browser
// send it a form; nor can a site whose name resolves to this machine.
func Guard(token string, console http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forbidEverything(w.Header())
		host, port, err := net.SplitHostPort(r.Host)
		if err != nil || !loopback(host) {
			http.Error(w, "The console answers only at 127.0.0.1 and localhost.", http.StatusMisdirectedRequest)
			return
		}
		cookie := "bellhop-" + port // cookies are of a host, whatever its ports
		if given := r.URL.Query().Get("token"); given != "" && same(given, token) && r.Method == http.MethodGet {
			http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // G124: there is no TLS on a machine's own loopback
			// The token must not stay in the history. The path may not begin with two slashes, which would name a host.
			http.Redirect(w, r, (&url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/")}).String(), http.StatusSeeOther)
			return
		}
		if kept, err := r.Cookie(cookie); err != nil || !same(kept.Value, token) {
			http.Error(w, "Open the address that bellhop console printed: it contains the token.", http.StatusForbidden)
			return
		}
		if err := sameOrigin.Check(r); err != nil {
			http.Error(w, "This form was not sent by the console.", http.StatusForbidden)
			return
		}
		console.ServeHTTP(w, r)
	})
}

// forbidEverything sets what a page may not do beyond its own policy: be framed, be cached, send a referrer.
func forbidEverything(h http.Header) {
	h.Set("Content-Security-Policy", "frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func same(given, token string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
