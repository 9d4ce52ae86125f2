package campaigns

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// The operations, as a script names them.
const (
	Create = "create"
	List   = "list"
	Query  = "query"
	Get    = "get"
	Delete = "delete"
)

// What goes wrong in a call that is served.
const (
	CreatedMeanwhile   = "campaign_created"    // a campaign is created between two pages; it stands first
	DeletedMeanwhile   = "campaign_deleted"    // the first campaign is deleted between two pages
	SameToken          = "page_token_repeated" // the next page's token is that of this page
	SlowValidation     = "validation_slow"     // the new campaign's validation takes Delay (48 hours)
	RejectedValidation = "validation_rejected" // the new campaign is rejected, with the reason Name
)

const path = "/v1/proactive/campaigns"

// failure is the body of an error. The documents show none (assumed).
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refuse builds an error.
func (a *API) Refuse(status int, message string) rest.Answer {
	code := strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
	return rest.JSON(status, failure{Code: code, Message: message})
}

func (a *API) invalid(problems []string) rest.Answer {
	return a.Refuse(http.StatusBadRequest, strings.Join(problems, "; "))
}

// Read implements [rest.API].
func (a *API) Read(r rest.Request) (rest.Call, rest.Answer) {
	id := strings.TrimPrefix(r.Path, path+"/")
	switch {
	case r.Path == path && r.Method == http.MethodPost:
		return a.readCreate(r)
	case r.Path == path && r.Method == http.MethodGet:
		return a.readList(r)
	case r.Path == path:
		return rest.Call{}, rest.NotAllowed("GET, POST")
	case r.Path == path+"/query" && r.Method == http.MethodPost:
		return a.readQuery(r)
	case r.Path == path+"/query":
		return rest.Call{}, rest.NotAllowed(http.MethodPost)
	case id == r.Path || id == "" || strings.Contains(id, "/"):
		return rest.Call{}, rest.JSON(http.StatusNotFound, rest.Message{Message: "Not Found"})
	case r.Method != http.MethodGet && r.Method != http.MethodDelete:
		return rest.Call{}, rest.NotAllowed("DELETE, GET")
	}
	return a.readOne(r, id)
}

// readOne is a call about one campaign.
func (a *API) readOne(r rest.Request, id string) (rest.Call, rest.Answer) {
	all := a.live(r.Client, r.Now)
	i := slices.IndexFunc(all, func(c Stored) bool { return c.ID == id })
	if i < 0 {
		return rest.Call{}, a.Refuse(http.StatusNotFound, "The campaign was not found")
	}
	if r.Method == http.MethodGet {
		return rest.Call{Operation: Get, Serve: func([]rest.Twist) rest.Answer {
			return rest.JSON(http.StatusOK, all[i].item(r.Now))
		}}, rest.Answer{}
	}
	return rest.Call{Operation: Delete, Serve: func([]rest.Twist) rest.Answer {
		a.state.Deleted[id] = r.Now
		return rest.Answer{Status: http.StatusAccepted, ContentType: rest.ContentType} // documented: no body
	}}, rest.Answer{}
}

// isJSON refuses a body of another type.
func (a *API) isJSON(r rest.Request) rest.Answer {
	if media, _, err := mime.ParseMediaType(r.ContentType); err != nil || media != rest.ContentType {
		return a.invalid([]string{"The Content-Type header must be " + rest.ContentType})
	}
	return rest.Answer{}
}

func (a *API) readCreate(r rest.Request) (rest.Call, rest.Answer) {
	if refusal := a.isJSON(r); refusal.Refused() {
		return rest.Call{}, refusal
	}
	e, problems := a.readEntity(r.Body)
	if len(problems) > 0 {
		return rest.Call{}, a.invalid(problems)
	}
	return rest.Call{Operation: Create, Serve: func(twists []rest.Twist) rest.Answer {
		c := a.create(e, r)
		for _, t := range twists {
			switch t.Kind {
			case SlowValidation:
				c.Validated = r.Now.Add(cmp.Or(t.Delay, 48*time.Hour))
			case RejectedValidation:
				c.Rejected = cmp.Or(t.Name, "The content does not comply with the policy.")
			}
		}
		return rest.JSON(a.CreateStatus, struct {
			ID string `json:"campaignId"`
		}{c.ID})
	}}, rest.Answer{}
}

// create adds a campaign, which the caller may change.
func (a *API) create(e entity, r rest.Request) *Stored {
	c := chance.Draw(a.Seed, "created campaign", r.Client, int64(len(a.state.Created)))
	a.state.Created = append(a.state.Created, Stored{
		ID: ID(c), Client: r.Client, Created: r.Now, Entity: e, Validated: a.validated(r.Now, c),
	})
	return &a.state.Created[len(a.state.Created)-1]
}

// pageOf is which page is asked for, and what its token belongs to.
type pageOf struct {
	size     int
	token    string
	offset   int
	identity string
}

func (a *API) readList(r rest.Request) (rest.Call, rest.Answer) {
	p := pageOf{size: maxPage, identity: List}
	values, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return rest.Call{}, a.invalid([]string{"The query string is malformed"})
	}
	var problems []string
	for name, v := range values {
		switch {
		case len(v) > 1:
			problems = append(problems, name+" is there more than once")
		case name == "nextToken":
			p.token = v[0]
		case name != "maxResults":
			problems = append(problems, name+" is not a known parameter")
		case v[0] != "":
			if p.size, err = strconv.Atoi(v[0]); err != nil || p.size < 1 || p.size > maxPage {
				problems = append(problems, fmt.Sprintf("maxResults must be a whole number between 1 and %d", maxPage))
			}
		}
	}
	slices.Sort(problems)
	return a.reading(List, r, p, problems, func(Stored) bool { return true })
}

func (a *API) readQuery(r rest.Request) (rest.Call, rest.Answer) {
	if refusal := a.isJSON(r); refusal.Refused() {
		return rest.Call{}, refusal
	}
	q, problems := readQuery(r.Body)
	q.identity = fmt.Sprint(Query, slices.Sorted(maps.Keys(q.units)))
	return a.reading(Query, r, q.pageOf, problems, func(c Stored) bool {
		return slices.ContainsFunc(c.units(), func(id string) bool { return q.units[id] })
	})
}

// reading is a call that reads a page of the campaigns that are wanted.
func (a *API) reading(
	operation string, r rest.Request, p pageOf, problems []string, wanted func(Stored) bool,
) (rest.Call, rest.Answer) {
	p.identity = r.Client + " " + p.identity
	var problem string
	if p.offset, problem = a.pages.Open(p.token, p.identity, r.Now); problem != "" {
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return rest.Call{}, a.invalid(problems)
	}
	return rest.Call{Operation: operation, Continues: p.token != "", Serve: func(twists []rest.Twist) rest.Answer {
		return a.page(operation, r, p, twists, wanted)
	}}, rest.Answer{}
}

// listing is the documented body of a page.
type listing struct {
	Results           []any `json:"results"`
	PaginationContext any   `json:"paginationContext,omitempty"`
}

func (a *API) page(operation string, r rest.Request, p pageOf, twists []rest.Twist, wanted func(Stored) bool) rest.Answer {
	for _, t := range twists {
		a.meanwhile(t.Kind, r)
	}
	all := slices.DeleteFunc(a.live(r.Client, r.Now), func(c Stored) bool { return !wanted(c) })
	body := listing{Results: []any{}}
	for _, c := range all[min(p.offset, len(all)):min(p.offset+p.size, len(all))] {
		body.Results = append(body.Results, c.listed(r.Now))
	}
	repeated := slices.ContainsFunc(twists, func(t rest.Twist) bool { return t.Kind == SameToken })
	switch {
	case repeated:
		body.PaginationContext = map[string]any{"nextToken": p.token}
	case p.offset+p.size < len(all):
		body.PaginationContext = map[string]any{"nextToken": a.pages.Seal(p.identity, p.offset+p.size, r.Now)}
	case a.LastPage == Null:
		body.PaginationContext = map[string]any{"nextToken": nil}
	case a.LastPage == Empty:
		body.PaginationContext = map[string]any{}
	}
	status := http.StatusOK
	if operation == List {
		status = a.ListStatus
	}
	return rest.JSON(status, body)
}

// meanwhile is what somebody else did with the same credentials between two pages.
func (a *API) meanwhile(kind string, r rest.Request) {
	all := a.live(r.Client, r.Now)
	switch {
	case len(all) == 0:
	case kind == CreatedMeanwhile:
		a.create(all[0].Entity, r)
	case kind == DeletedMeanwhile:
		a.state.Deleted[all[0].ID] = r.Now
	}
}

// item is the documented form of a campaign.
type item struct {
	ID string `json:"campaignId"`
	entity
	Status validationStatus `json:"validationStatus"`
}

type validationStatus struct {
	Value  string `json:"value"`
	Reason string `json:"reason,omitempty"`
}

func (c Stored) item(now time.Time) item {
	status := validationStatus{Value: "IN_PROGRESS"}
	if !now.Before(c.Validated) {
		status = validationStatus{Value: "APPROVED"}
		if c.Rejected != "" {
			status = validationStatus{Value: "REJECTED", Reason: c.Rejected}
		}
	}
	return item{ID: c.ID, entity: c.Entity, Status: status}
}

// listed is the form in a page. It has a key that the documents do not know, as answers of services do (assumed).
func (c Stored) listed(now time.Time) any {
	return struct {
		item
		CreatedAt time.Time `json:"createdAt"`
	}{c.item(now), c.Created.UTC()}
}

// units are the ids that the campaign is aimed at.
func (c Stored) units() (ids []string) {
	var t struct {
		Values []struct {
			ID string `json:"id"`
		} `json:"values"`
	}
	if err := json.Unmarshal(c.Entity.Targeting, &t); err != nil {
		return nil
	}
	for _, v := range t.Values {
		ids = append(ids, v.ID)
	}
	return ids
}
