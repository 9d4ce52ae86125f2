package alexa

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Switches answer what the vendor's documents leave open. The zero value is what the simulator
// assumes by default; every field says what that is.
type Switches struct {
	// AggregateGranularity is the literal, beside the documented DAILY, that asks for one row per unit
	// over the whole range. Empty: "AGGREGATED".
	AggregateGranularity string `json:"aggregate_granularity,omitempty"`
	// AggregateDateColumn names the date column of such reports; it holds the first day. Empty: "dataset_date".
	AggregateDateColumn string `json:"aggregate_date_column,omitempty"`
	// KeyPrefix stands before the file's name in the object's key. Empty: the key is the bare name.
	KeyPrefix string `json:"key_prefix,omitempty"`
	// FilesPerCategory is the number of files that one category is split into. 0: one.
	FilesPerCategory int `json:"files_per_category,omitempty"`
	// NamePattern forms a file's name from {hash} (16 hex digits), {category} and {n} (from 1).
	// Empty: "{hash}-{category}-{n}.csv".
	NamePattern string `json:"name_pattern,omitempty"`
	// ReuseNames gives equal requests equal file names. Default: every request gets new ones.
	ReuseNames bool `json:"reuse_names,omitempty"`
	// DateLayout is the Go layout of dataset_date. Empty: "1/2/2006", as in the documented samples.
	DateLayout string `json:"date_layout,omitempty"`
	// CRLF ends lines with \r\n instead of \n; BOM begins files with the UTF-8 byte order mark.
	CRLF bool `json:"crlf,omitempty"`
	BOM  bool `json:"bom,omitempty"`
	// KeepLevelZero lists level 0 in DEVICE reports below the organisation, as the other categories do.
	// Default: such DEVICE reports begin at level 1, as in the documented sample.
	KeepLevelZero bool `json:"keep_level_zero,omitempty"`
	// OmitIdleUnits leaves out DEVICE rows without any dialog. Default: they are there, with zeros, as in the documented sample.
	OmitIdleUnits bool `json:"omit_idle_units,omitempty"`
	// SumDistinct makes active_device_count of a parent the sum of its children. Default: a device that was
	// seen in two rooms counts once in the parent.
	SumDistinct bool `json:"sum_distinct,omitempty"`
	// OneSidedInternalCalls writes a call from room to room only at the caller. Default: at both ends.
	OneSidedInternalCalls bool `json:"one_sided_internal_calls,omitempty"`
	// LagDays is how many whole days after yesterday's end data are still being prepared.
	// 0: yesterday is the newest day that can be asked for.
	LagDays int `json:"lag_days,omitempty"`
	// LagIsEmpty answers a request for days that are not ready with 202 and leaves out their rows.
	// Default: the documented "data not yet available".
	LagIsEmpty bool `json:"lag_is_empty,omitempty"`
	// RestatedDays is the age in days up to which numbers are still preliminary: asked again later, they differ. 0: none.
	RestatedDays int `json:"restated_days,omitempty"`
	// Zone is the IANA time zone in which the vendor's days begin. Empty: "UTC".
	Zone string `json:"zone,omitempty"`
	// MinUnitAgeDays is the documented minimum age of a unit. 0: 4, as documented. Negative: any age will do.
	MinUnitAgeDays int `json:"min_unit_age_days,omitempty"`
	// IneligibleStatus answers for units that are too young. 0: 400.
	IneligibleStatus int `json:"ineligible_status,omitempty"`
	// NoAccessStatus answers for units of other customers. 0: 401, which is where the documents mention it.
	NoAccessStatus int `json:"no_access_status,omitempty"`
	// NotReadyStatus answers when data are not yet available; its number is missing from the documents. 0: 502.
	NotReadyStatus int `json:"not_ready_status,omitempty"`
	// MinInterval is the shortest time between two POSTs of one credential; a quicker one gets 429. 0: no limit.
	MinInterval time.Duration `json:"min_interval,omitempty"`
	// TokenLifetime of an access token. 0: one hour, as documented.
	TokenLifetime time.Duration `json:"token_lifetime,omitempty"`
	// RotateRefreshTokens hands out a new refresh token with every grant. A token stops working
	// once its successor has been used.
	RotateRefreshTokens bool `json:"rotate_refresh_tokens,omitempty"`
}

const (
	granularityDaily = "DAILY"
	daysToEligible   = 4
)

// withDefaults replaces zero values by what they stand for.
func (w Switches) withDefaults() (Switches, *time.Location, error) {
	w.AggregateGranularity = cmp.Or(w.AggregateGranularity, "AGGREGATED")
	w.AggregateDateColumn = cmp.Or(w.AggregateDateColumn, dateColumn)
	w.FilesPerCategory = cmp.Or(w.FilesPerCategory, 1)
	w.NamePattern = cmp.Or(w.NamePattern, "{hash}-{category}-{n}.csv")
	w.DateLayout = cmp.Or(w.DateLayout, "1/2/2006")
	w.MinUnitAgeDays = cmp.Or(w.MinUnitAgeDays, daysToEligible)
	w.IneligibleStatus = cmp.Or(w.IneligibleStatus, http.StatusBadRequest)
	w.NoAccessStatus = cmp.Or(w.NoAccessStatus, http.StatusUnauthorized)
	w.NotReadyStatus = cmp.Or(w.NotReadyStatus, http.StatusBadGateway)
	w.TokenLifetime = cmp.Or(w.TokenLifetime, time.Hour)
	var problems []error
	if w.FilesPerCategory < 0 || w.LagDays < 0 || w.RestatedDays < 0 || w.MinInterval < 0 || w.TokenLifetime < 0 {
		problems = append(problems, errors.New("switches: counts and durations must not be negative"))
	}
	for _, part := range []string{"{hash}", "{category}", "{n}"} {
		if !strings.Contains(w.NamePattern, part) {
			problems = append(problems, fmt.Errorf("switches: name_pattern lacks %s, so that names would collide", part))
		}
	}
	for _, status := range []int{w.IneligibleStatus, w.NoAccessStatus, w.NotReadyStatus} {
		if status < 400 || status > 599 {
			problems = append(problems, fmt.Errorf("switches: %d is not an error status", status))
		}
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		problems = append(problems, fmt.Errorf("switches: zone: %w", err))
	}
	return w, zone, errors.Join(problems...)
}

// fileName forms the name of the n-th file of a category.
func (w Switches) fileName(hash, category string, n int) string {
	return strings.NewReplacer("{hash}", hash, "{category}", category, "{n}", fmt.Sprint(n)).Replace(w.NamePattern)
}
