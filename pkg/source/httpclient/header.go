package httpclient

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter bounds the wait that a vendor can ask for.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter returns the wait that the Retry-After header asks for, given as seconds or as an HTTP date
// (RFC 9110, section 10.2.3): 0 when the header is missing, unreadable or over, and at most [MaxRetryAfter].
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	// Too many seconds for an integer come back as the greatest one, with a range error.
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), MaxRetryAfter))
	}
	return 0
}

// A length in the expression would be unrolled at each start.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._:=-]+$`)

const maxRequestID = 128

// RequestID returns the id that Amazon's services give each exchange, from X-Amzn-RequestId or an older
// spelling of it, and "" when no header has what looks like an id.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Amzn-RequestId", "X-Amzn-Request-Id", "X-Amz-Request-Id"} {
		if id := h.Get(name); len(id) <= maxRequestID && requestID.MatchString(id) {
			return id
		}
	}
	return ""
}
