package realbinaries_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
)

// gate stands before S3, and refuses what it is told to as S3 does without a permission.
type gate struct {
	url     string
	refuse  atomic.Pointer[func(*http.Request) bool]
	refused atomic.Int64
	// asked counts all requests, and ownerless those that do not say whose bucket they mean.
	asked, ownerless atomic.Int64
}

// reaching returns a proxy before the embedded S3, which listens on a socket of its own.
func reaching(server *s3server.Server) *httputil.ReverseProxy {
	client, _ := server.Config().HTTPClient.(*awshttp.BuildableClient)
	return &httputil.ReverseProxy{Transport: client.GetTransport(), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "s3"})
		r.Out.Host = r.In.Host // the host stays what the client signed
	}}
}

func newGate(t *testing.T, s3 *s3server.Server) *gate {
	t.Helper()
	g, proxy := &gate{}, reaching(s3)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked.Add(1)
		if r.Header.Get("X-Amz-Expected-Bucket-Owner") == "" {
			g.ownerless.Add(1)
		}
		if refuse := g.refuse.Load(); refuse != nil && (*refuse)(r) {
			g.refused.Add(1)
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gate) close(refuse func(*http.Request) bool) { g.refuse.Store(&refuse) }
func (g *gate) open()                                 { g.refuse.Store(nil) }
