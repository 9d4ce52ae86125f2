package config

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

var (
	service    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	tableName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	unitID     = regexp.MustCompile(`^amzn1\.alexa\.unit\.did\.[[:graph:]]{1,200}$`)
	words      = regexp.MustCompile(`^[A-Z_]+(\s*,\s*[A-Z_]+)*$`)
	// Which service keeps the secret is for the adapter to tell; a token or a JSON document is no id of either.
	secretID = regexp.MustCompile(`^(arn:aws[a-z-]*:(secretsmanager|ssm):\S+|/?[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]*)$`)
)

func between[T cmp.Ordered](v, least, most T) bool { return least <= v && v <= most }

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Endpoint is the URL of a vendor. It is https, because credentials travel to it; plain http is taken for this machine
// alone, where a simulator may stand in.
type Endpoint string

// UnmarshalText accepts a URL with a host and without user, query and fragment.
func (e *Endpoint) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("not a URL of an endpoint")
	case u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())):
		return errors.New("not https")
	}
	*e = Endpoint(text)
	return nil
}

// String returns the URL.
func (e Endpoint) String() string { return string(e) }

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Statuses are outcomes by HTTP status, written as 503=not-ready,409=back-off.
type Statuses map[int]report.Outcome

// outcomes that a status can be given. A status alone says neither what was accepted nor what to ask after.
var outcomes = map[string]report.Outcome{
	"unknown":      report.OutcomeUnknown,
	"back-off":     report.OutcomeBackOff,
	"not-ready":    report.OutcomeNotReady,
	"not-eligible": report.OutcomeNotEligible,
	"refused":      report.OutcomeRefused,
	"unauthorized": report.OutcomeUnauthorized,
}

// UnmarshalText accepts statuses of failures only, each once.
func (s *Statuses) UnmarshalText(text []byte) error {
	read := Statuses{}
	for item := range strings.SplitSeq(string(text), ",") {
		number, word, _ := strings.Cut(strings.TrimSpace(item), "=")
		status, err := strconv.Atoi(number)
		outcome, known := outcomes[word]
		if _, twice := read[status]; err != nil || !known || twice || !between(status, 300, 599) {
			return errors.New("not a list of statuses and outcomes")
		}
		read[status] = outcome
	}
	*s = read
	return nil
}
