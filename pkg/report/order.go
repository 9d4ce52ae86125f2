package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Order is one request to a source: these days of these tables.
type Order struct {
	Job          string
	Subscription Subscription
	Window       Window
	Tables       []string
	// DeliveryBucket is where a push source must put its files.
	DeliveryBucket string
	// Ticket is what the source answered when it was last asked about this order; empty on a first request.
	Ticket string
}

// Fits returns every reason why the order is for nothing that can be asked for: its subscription fills the one table, and a request
// has at most so many days.
func (o Order) Fits(table string, mostDays int) error {
	var problems []error
	if !slices.Equal(o.Tables, []string{table}) {
		problems = append(problems, fmt.Errorf("the order is for the tables %q, and its subscription fills %s", o.Tables, table))
	}
	if n := o.Window.Len(); n < 1 || n > mostDays {
		problems = append(problems, fmt.Errorf("the window %s has %d days: a request spans 1 to %d", o.Window, n, mostDays))
	}
	return errors.Join(problems...)
}

// Outcome is what a source's answer means for the job. The source decides it by the class and the text of
// what the vendor said, never by a number that no document confirms.
type Outcome int

// The outcomes.
const (
	// OutcomeUnknown: the request went out, and whether it was taken is not known. It is the zero value:
	// a source that says nothing has promised nothing.
	OutcomeUnknown Outcome = iota
	// OutcomeAccepted: taken. Files names what will come or can be fetched; none is a valid answer.
	OutcomeAccepted
	// OutcomePending: taken, and to be asked after at Until with Ticket.
	OutcomePending
	// OutcomeNotReady: the vendor has no data yet; hours.
	OutcomeNotReady
	// OutcomeBackOff: throttled, failing or unreachable, and surely not taken; seconds to minutes.
	OutcomeBackOff
	// OutcomeNotEligible: the unit is too young, until Until.
	OutcomeNotEligible
	// OutcomeRefused: the vendor said no to this request.
	OutcomeRefused
	// OutcomeUnauthorized: the credential is missing or was refused, whatever was asked for. Every other request with it
	// will be refused too.
	OutcomeUnauthorized
	// OutcomeFailed: the vendor took the order and could not carry it out. Nothing will come of it; a new order may do better.
	OutcomeFailed
)

// String returns the outcome's name for logs.
func (o Outcome) String() string {
	switch o {
	case OutcomeUnknown:
		return "unknown"
	case OutcomeAccepted:
		return "accepted"
	case OutcomePending:
		return "pending"
	case OutcomeNotReady:
		return "not ready"
	case OutcomeBackOff:
		return "back off"
	case OutcomeNotEligible:
		return "not eligible"
	case OutcomeRefused:
		return "refused"
	case OutcomeUnauthorized:
		return "unauthorized"
	case OutcomeFailed:
		return "failed"
	default:
		return "unhandled outcome"
	}
}

// Answer is what became of an order.
type Answer struct {
	Outcome Outcome
	// RequestID is the vendor's id of the exchange, for its support.
	RequestID string
	// Why is fit for logs and the ledger: the vendor's words without anything that could be a secret.
	Why string
	// Files that are to be expected (OutcomeAccepted).
	Files []NamedFile
	// RetryAfter is the least wait that the vendor asked for; 0 when it said nothing.
	RetryAfter time.Duration
	// Until is when to ask again (OutcomePending, OutcomeNotEligible); the zero time leaves it to the requester.
	Until time.Time
	// Ticket is handed back in the next [Order] (OutcomePending). Like the reference of a file to fetch it is an id at the vendor:
	// everybody who may read the ledger sees it.
	Ticket string
}

// NotSent refuses an order for which no request can be made: why says what is wrong with it, and holds no secret.
func NotSent(why error) Answer {
	return Answer{Outcome: OutcomeRefused, Why: "not sent: " + fault.OneLine(why)}
}

// NoStatus is what a source that answers at once says when it is asked after an order, which the requester never does.
func NoStatus(source string) Answer {
	return Answer{Outcome: OutcomeRefused, Why: source + " has no status to ask for: it answers at once"}
}

// NamedFile is one file that a source's answer names.
type NamedFile struct {
	Name  string
	Table string
	// Fetch is empty for files that the vendor delivers. Otherwise the requester fetches the
	// content from the source by this reference and delivers it under Name.
	Fetch string
	// Root is the unit that every row must be of, or below; empty when the source reports no units.
	Root string
}

// maxReference is longer than any vendor's id, and shorter than most signed addresses.
const maxReference = 512

// address is what makes a text an address: its scheme's end, also escaped, or a host at its start.
var address = regexp.MustCompile(`(?i)://|%3a%2f%2f|^//`)

// checkReference refuses what is no id. References are kept in the ledger, its stream and its backups, and people print them;
// vendors put tokens into addresses. The error is Internal, because the source is wrong, and does not quote the reference.
func checkReference(ref string) error {
	switch {
	case len(ref) > maxReference:
		return fault.New(fault.Internal, "a reference of %d bytes: the ledger keeps ids of at most %d", len(ref), maxReference)
	case address.MatchString(ref):
		return fault.New(fault.Internal, "a reference that is an address, which may hold a token: the ledger keeps ids alone")
	default:
		return nil
	}
}
