package asp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// path of the operation "Generate report".
const path = "/v1/enterprise/analytics/reports"

// body is the request's, as the vendor's page "Analytics API" shows it.
type body struct {
	UnitID          string          `json:"unitId"`
	Categories      []string        `json:"categories"`
	DateRange       dateRange       `json:"dateRange"`
	Format          string          `json:"format"`
	ShowSubUnits    bool            `json:"showSubUnits"`
	DeliveryChannel deliveryChannel `json:"deliveryChannel"`
}

// dateRange includes both dates.
type dateRange struct {
	StartDate   string `json:"startDate"`
	EndDate     string `json:"endDate"`
	Granularity string `json:"granularity"`
}

// deliveryChannel names the bucket by its ARN, at most 255 characters.
type deliveryChannel struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Submit sends the order, once, and once more with a fresh token if the first one was refused. It obeys the deadline of
// ctx. It never fails: what went wrong is the answer's outcome, and only [report.OutcomeUnknown] leaves open whether the
// vendor took the order.
func (s *Source) Submit(ctx context.Context, o report.Order) report.Answer {
	body, err := s.encode(o)
	if err != nil {
		return report.NotSent(err)
	}
	reply, answer := s.client.Do(ctx, alexa.Call{Method: http.MethodPost, Path: path, Body: body, Once: true})
	if answer.Outcome != report.OutcomeAccepted {
		return answer
	}
	return understand(reply, answer, o)
}

// encode returns the request's body for an order, and every reason why there can be none.
func (s *Source) encode(o report.Order) ([]byte, error) {
	problems := []error{s.Validate(o.Subscription.Params)}
	names := make([]string, 0, len(o.Tables))
	for _, table := range o.Tables {
		c, ok := byTable(table)
		if !ok {
			problems = append(problems, fmt.Errorf("no category fills the table %q", table))
			continue
		}
		names = append(names, c.name)
	}
	if len(o.Tables) == 0 {
		problems = append(problems, errors.New("the order is for no table"))
	}
	if o.Window.Len() == 0 {
		problems = append(problems, fmt.Errorf("the window %s has no days", o.Window))
	}
	channel, err := s.bucketARN(o.DeliveryBucket)
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	p := o.Subscription.Params
	b := body{
		UnitID:     p[ParamUnitID],
		Categories: names,
		DateRange: dateRange{
			StartDate:   o.Window.From.String(),
			EndDate:     o.Window.To.String(),
			Granularity: s.o.Daily[0],
		},
		Format:          "CSV",
		ShowSubUnits:    p[ParamShowSubUnits] != "false",
		DeliveryChannel: deliveryChannel{ID: channel, Type: "S3"},
	}
	if g := p[ParamGranularity]; g != "" {
		b.DateRange.Granularity = g
	}
	return json.Marshal(b)
}

// The rules for names of general purpose buckets, without those that only AWS can check.
// The length is checked apart: in the expression it would be unrolled at each start.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`)

const maxBucketName = 63

// bucketARN returns the ARN of a bucket that is given by ARN or by name.
func (s *Source) bucketARN(bucket string) (string, error) {
	arn, name := bucket, bucket
	if strings.HasPrefix(bucket, "arn:") {
		parts := strings.SplitN(bucket, ":", 6)
		if len(parts) != 6 || parts[2] != "s3" || parts[3] != "" || parts[4] != "" {
			return "", fmt.Errorf("the delivery bucket %q is not of the form arn:aws:s3:::name", bucket)
		}
		name = parts[5]
	} else {
		arn = "arn:" + s.o.Partition + ":s3:::" + bucket
	}
	if !bucketName.MatchString(name) || len(name) > maxBucketName || len(arn) > maxID {
		return "", fmt.Errorf("the delivery bucket %q is neither a bucket's name nor its ARN", bucket)
	}
	return arn, nil
}
