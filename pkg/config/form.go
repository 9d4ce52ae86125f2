package config

import (
	"cmp"
	"errors"
	"math"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// form is what a value must look like, and how long it may be. A length in the expression itself would be unrolled into
// as many states, at each start of a function. The expression is compiled when it is first asked.
type form struct {
	expression  func() *regexp.Regexp
	least, most int
}

func formOf(expression string, least, most int) form {
	return form{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) }), least, most}
}

// MatchString reports whether a value has the form.
func (f form) MatchString(value string) bool {
	return between(len(value), f.least, f.most) && f.expression().MatchString(value)
}

const unitPrefix = "amzn1.alexa.unit.did."

var (
	service    = formOf(`^[A-Za-z0-9_-]+$`, 1, 128)
	tableName  = formOf(`^[A-Za-z0-9_.-]+$`, 3, 255)
	bucketName = formOf(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`, 3, 63)
	accountID  = formOf(`^[0-9]+$`, 12, 12)
	unitID     = formOf(`^amzn1\.alexa\.unit\.did\.[[:graph:]]+$`, len(unitPrefix)+1, len(unitPrefix)+200)
	unitIDForm = formOf(`^([A-Za-z0-9._:/-]+|\*)$`, 1, 200)
	words      = formOf(`^[A-Z_]+(\s*,\s*[A-Z_]+)*$`, 1, math.MaxInt)
	// Which service keeps the secret is for the adapter to tell; a token or a JSON document is no id of either.
	secretID = formOf(`^(arn:aws[a-z-]*:(secretsmanager|ssm):\S+|/?[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]*)$`, 1, math.MaxInt)
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
