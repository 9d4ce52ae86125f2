package report

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Names of the sources.
const (
	SourceASPAnalytics = "asp-analytics"
	SourceSkillMetrics = "skill-metrics"
	SourceCampaigns    = "campaigns"
	SourcePinpointKPI  = "pinpoint-kpi"
	SourceKhorosCare   = "khoros-care"
)

// MaxWindowDays is the longest window that one job may ask for. It keeps a commit (one row per day, the
// file, the job and its marker) inside the hundred items that one DynamoDB transaction takes.
const MaxWindowDays = 90

// Subscription is what a user wants: a source, its parameters, since when and how fresh.
type Subscription struct {
	// Name is a slug: lower-case letters, digits and single hyphens, at most 40. It names files in the
	// dataset and starts every job's id, so it never changes.
	Name   string `json:"name"`
	Source string `json:"source"`
	Params Params `json:"params,omitempty"`
	// From is the first day that is wanted; the zero date means as far back as the vendor goes.
	From Date `json:"from,omitzero"`
	// LagDays is how many days must have passed before a day is asked for: with 3, the youngest day asked
	// for on the 20th is the 17th.
	LagDays int `json:"lag_days"`
	// RefreshDays is how many of the youngest days are asked for again on each new day, because vendors restate them.
	RefreshDays int `json:"refresh_days"`
	// MaxWindowDays bounds one job's window, 1 to [MaxWindowDays].
	MaxWindowDays int `json:"max_window_days"`
	// Paused keeps the subscription from being planned. Jobs already reserved still run.
	Paused bool `json:"paused,omitempty"`
	// RemovedAt is when a person removed the subscription. It then wants no days and is on no list; the record stays, so
	// that a subscription of the same name never uses the id of a job twice. Zero for one that is in use.
	RemovedAt time.Time `json:"removed_at,omitzero"`
}

// Removed reports whether a person removed the subscription.
func (s Subscription) Removed() bool { return !s.RemovedAt.IsZero() }

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ValidSlug reports whether name can name a subscription.
func ValidSlug(name string) bool { return len(name) <= 40 && slug.MatchString(name) }

// Validate reports every problem of the fields that mean the same for all sources, joined.
func (s Subscription) Validate() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !ValidSlug(s.Name) {
		bad("name %q is not a slug: use lower-case letters, digits and single hyphens, at most 40", s.Name)
	}
	if s.Source == "" {
		bad("source is missing")
	}
	if s.LagDays < 0 {
		bad("lag_days is %d: it cannot be negative", s.LagDays)
	}
	if s.RefreshDays < 0 {
		bad("refresh_days is %d: it cannot be negative", s.RefreshDays)
	}
	if s.MaxWindowDays < 1 || s.MaxWindowDays > MaxWindowDays {
		bad("max_window_days is %d: it must be 1 to %d", s.MaxWindowDays, MaxWindowDays)
	}
	return errors.Join(problems...)
}

// Limits are what a source says of one subscription before anything is asked.
type Limits struct {
	// Tables that the subscription feeds, in the source's order.
	Tables []string
	// HorizonDays is how many days back a day can safely be asked for; LostAfterDays is when the vendor
	// itself no longer has it. The first is smaller, to stay clear of the edge.
	HorizonDays   int
	LostAfterDays int
	// LastDay is the last day that the vendor has ever data of, after the end of its service: no later one is wanted. Zero: there is none.
	LastDay Date
	// MaxWindowDays bounds one request; 0 means that only the subscription's own bound counts.
	MaxWindowDays int
	// DeliveryWindow is how long after an accepted request a file may still come; where the requester delivers the content
	// itself, how long after its delivery it may still be loaded.
	DeliveryWindow time.Duration
	// Repeatable says that a request changes nothing at the vendor: one whose answer was lost is sent again.
	Repeatable bool
	// Pace is the least time between two requests with the credential, and Patience how long an order is tried before it
	// counts as lost. 0 leaves both to the requester.
	Pace     time.Duration
	Patience time.Duration
}

// edge is how many days bellhop stays clear of a vendor's horizon: a request may be under way for hours, and its days age meanwhile.
const edge = 2

// Reaching returns the limits of a vendor that goes back so many days.
func (l Limits) Reaching(days int) Limits {
	l.HorizonDays, l.LostAfterDays = max(0, days-edge), days
	return l
}
