package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// path of the campaigns.
const path = "/v1/proactive/campaigns"

// scope is that of the vendor's command line tool for Alexa Smart Properties.
const scope = "alexa::enterprise:management"

// Client has the five operations of the API. Any 2xx is a success: the vendor's page names different ones for the same
// operation. It is safe for concurrent use.
type Client struct{ client *alexa.Client }

// NewClient returns a client. Nothing is sent before the first operation.
func NewClient(o alexa.Options) *Client { return &Client{alexa.New(o, rules())} }

func rules() []alexa.Rule {
	return alexa.ReadRules(alexa.Remedies{
		BadRequest:   "check what was asked for",
		Unauthorized: "check that the LWA client has API access to the organisation",
		Forbidden:    "check that the login was granted the scope " + scope + ", and that the endpoint is that of the organisation's country",
		NotFound:     "only campaigns of the same security profile are visible",
	})
}

// createRules go before the others for a creation: where the vendor may have carried it out before it failed, that is
// unknown, and it is not sent again.
func createRules() []alexa.Rule {
	return []alexa.Rule{
		{Name: "not carried out", From: 503, To: 503, Text: regexp.MustCompile(`^(Service (is )?(temporarily )?unavailable\.?)?$`), Outcome: report.OutcomeBackOff},
		{Name: "failed, with or without the campaign", From: 500, To: 599, Outcome: report.OutcomeUnknown},
	}
}

// Error is an operation that the vendor did not carry out as hoped. Its kind is Poison for a refusal, NotFound where there
// is no such campaign, Transient for what passes, and Internal where the outcome of a creation is not known.
type Error struct {
	Answer report.Answer
	// Status is the vendor's, 0 when no answer came.
	Status int
}

// Error returns the reason and the vendor's id of the exchange.
func (e *Error) Error() string {
	text := e.Answer.Why
	if e.Answer.RequestID != "" {
		text += " (request " + e.Answer.RequestID + ")"
	}
	if e.Answer.Outcome == report.OutcomeUnknown {
		text += ": whether the campaign was created is not known: list the campaigns before you create it again"
	}
	return text
}

func failed(a report.Answer, status int) error {
	kind := fault.Internal
	switch a.Outcome {
	case report.OutcomeAccepted, report.OutcomePending, report.OutcomeUnknown:
	case report.OutcomeBackOff, report.OutcomeNotReady:
		kind = fault.Transient
	case report.OutcomeRefused, report.OutcomeUnauthorized, report.OutcomeNotEligible, report.OutcomeFailed:
		kind = fault.Poison
		if status == http.StatusNotFound {
			kind = fault.NotFound
		}
	}
	return fault.As(kind, &Error{a, status})
}

// Create creates a campaign and returns its id. It is not safe to repeat while the outcome is unknown. Nothing is sent for a
// campaign that [Campaign.Validate] complains of.
func (c *Client) Create(ctx context.Context, campaign Campaign) (string, error) {
	if err := campaign.Validate(); err != nil {
		return "", fault.As(fault.Poison, err)
	}
	body, err := campaign.Body()
	if err != nil {
		return "", fault.New(fault.Poison, "the campaign cannot be written as JSON")
	}
	reply, a := c.client.Do(ctx, alexa.Call{
		Method: http.MethodPost, Path: path, Body: body, Once: true, Rules: createRules(), Private: campaign.texts(),
	})
	if a.Outcome != report.OutcomeAccepted {
		return "", failed(a, reply.Status)
	}
	var created struct {
		ID string `json:"campaignId"`
	}
	if json.Unmarshal(reply.Body, &created) != nil || validateID(created.ID) != nil || !reply.Whole {
		a.Outcome, a.Why = report.OutcomeUnknown, fmt.Sprintf("the vendor answered %d, but it names no campaign", reply.Status)
		return "", failed(a, reply.Status)
	}
	return created.ID, nil
}

// Get returns a campaign, or an error of kind NotFound.
func (c *Client) Get(ctx context.Context, id string) (Listed, error) {
	if err := validateID(id); err != nil {
		return Listed{}, fault.As(fault.Poison, err)
	}
	reply, a := c.client.Do(ctx, alexa.Call{Method: http.MethodGet, Path: path + "/" + url.PathEscape(id)})
	if a.Outcome != report.OutcomeAccepted {
		return Listed{}, failed(a, reply.Status)
	}
	var l Listed
	if json.Unmarshal(reply.Body, &l) != nil || l.ID != id {
		return Listed{}, failed(wrong(a, errNotJSON), reply.Status)
	}
	return l, nil
}

// Delete deletes a campaign; the vendor answers without a body. An error of kind NotFound says that there is none. It is safe
// to repeat.
func (c *Client) Delete(ctx context.Context, id string) error {
	if err := validateID(id); err != nil {
		return fault.As(fault.Poison, err)
	}
	reply, a := c.client.Do(ctx, alexa.Call{Method: http.MethodDelete, Path: path + "/" + url.PathEscape(id)})
	if a.Outcome != report.OutcomeAccepted {
		return failed(a, reply.Status)
	}
	return nil
}

// PageRequest asks for one page of campaigns.
type PageRequest struct {
	// MaxResults is 1 to 10; 0 leaves it to the vendor, whose default is 10.
	MaxResults int
	// NextToken is what the page before named; empty for the first one.
	NextToken string
}

func (r PageRequest) validate() error {
	if r.MaxResults < 0 || r.MaxResults > maxPage {
		return fmt.Errorf("a page has 1 to %d campaigns, not %d", maxPage, r.MaxResults)
	}
	return nil
}

func (r PageRequest) rules() []alexa.Rule {
	if r.NextToken == "" {
		return nil
	}
	return alexa.ContinuationRules()
}

// Page is a page of campaigns. Only those are on it that were created with the same security profile.
type Page struct {
	Campaigns []Listed
	// NextToken asks for the next page; empty on the last one.
	NextToken string
}

// LogValue is the number of campaigns alone.
func (p Page) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%d campaigns", len(p.Campaigns)))
}

// List returns a page of all campaigns.
func (c *Client) List(ctx context.Context, r PageRequest) (Page, error) {
	if err := r.validate(); err != nil {
		return Page{}, fault.As(fault.Poison, err)
	}
	return c.page(ctx, listCall(r))
}

// Query returns a page of the campaigns for 1 to 100 units.
func (c *Client) Query(ctx context.Context, units []string, r PageRequest) (Page, error) {
	if err := errors.Join(validateUnits(units), r.validate()); err != nil {
		return Page{}, fault.As(fault.Poison, err)
	}
	body, err := marshal(newQuery(units, r))
	if err != nil {
		return Page{}, fault.New(fault.Poison, "the query cannot be written as JSON")
	}
	return c.page(ctx, alexa.Call{Method: http.MethodPost, Path: path + "/query", Body: body, Rules: r.rules()})
}

func (c *Client) page(ctx context.Context, call alexa.Call) (Page, error) {
	reply, a := c.client.Do(ctx, call)
	if a.Outcome != report.OutcomeAccepted {
		return Page{}, failed(a, reply.Status)
	}
	page, err := readPage(reply)
	if err != nil {
		return Page{}, failed(wrong(a, err), reply.Status)
	}
	return page, nil
}

// All follows the pages of a list or a query to the last one. Before each page but the first it calls pause, whose error ends
// it. A campaign that comes twice, because the pages shifted meanwhile, counts once, as it came last.
func All(ctx context.Context, page func(context.Context, PageRequest) (Page, error), pause func(context.Context) error) ([]Listed, error) {
	var pages alexa.Pages
	var all []Listed
	for r := (PageRequest{}); ; {
		p, err := page(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, l := range p.Campaigns {
			all = append(slices.DeleteFunc(all, func(other Listed) bool { return other.ID == l.ID }), l)
		}
		if err := pages.Next(p.NextToken); err != nil {
			return nil, fault.New(fault.Transient, "the vendor answered, but %w", err)
		}
		if r.NextToken = p.NextToken; r.NextToken == "" {
			return all, nil
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

func listCall(r PageRequest) alexa.Call {
	query := url.Values{}
	if r.MaxResults > 0 {
		query.Set("maxResults", strconv.Itoa(r.MaxResults))
	}
	if r.NextToken != "" {
		query.Set("nextToken", r.NextToken)
	}
	return alexa.Call{Method: http.MethodGet, Path: path, Query: query, Rules: r.rules()}
}

// query is the body of the operation "Query campaigns". The vendor takes this form and no other.
type query struct {
	Query struct {
		And [2]any `json:"and"`
	} `json:"query"`
	Pagination struct {
		MaxResults int    `json:"maxResults,omitempty"`
		NextToken  string `json:"nextToken,omitempty"`
	} `json:"paginationContext"`
}

type match struct {
	Match map[string]string `json:"match"`
}

func newQuery(units []string, r PageRequest) query {
	var q query
	var or struct {
		Or []match `json:"or"`
	}
	for _, id := range units {
		or.Or = append(or.Or, match{map[string]string{"targeting.values.id": id}})
	}
	q.Query.And = [2]any{or, match{map[string]string{"targeting.type": "UNITS"}}}
	q.Pagination.MaxResults, q.Pagination.NextToken = r.MaxResults, r.NextToken
	return q
}

// Why an answer cannot be what was asked for.
var (
	errNotJSON = errors.New("its body is not the JSON that is documented")
	errNoID    = errors.New("one of its campaigns has no id")
)

// readPage reads a list of campaigns. The pagination context may be missing or null.
func readPage(reply httpclient.Reply) (Page, error) {
	var body struct {
		Results    []Listed `json:"results"`
		Pagination struct {
			NextToken string `json:"nextToken"`
		} `json:"paginationContext"`
	}
	// Without a list this is another answer, not an empty one: a snapshot of nothing would follow from it.
	if json.Unmarshal(reply.Body, &body) != nil || body.Results == nil {
		return Page{}, errNotJSON
	}
	for _, l := range body.Results {
		if validateID(l.ID) != nil {
			return Page{}, errNoID
		}
	}
	return Page{body.Results, body.Pagination.NextToken}, nil
}

// wrong is the answer when the vendor's cannot be what was asked for: it is asked again. The error repeats nothing of it.
func wrong(a report.Answer, err error) report.Answer {
	return report.Answer{Outcome: report.OutcomeBackOff, RequestID: a.RequestID, Why: "the vendor answered, but " + err.Error()}
}
