package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
)

// promotions are the campaigns of a vendor in memory. A method that the test did not set up ends the test.
type promotions struct {
	t       *testing.T
	all     []campaigns.Listed
	created []campaigns.Campaign
	// failAt is the creation that fails; reviews are what a campaign is shown as, one after the other.
	failAt  int
	reviews []string
	deleted []string
	opened  []shell.CampaignAccess
}

func (p *promotions) open(_ context.Context, c shell.CampaignAccess) (shell.Campaigns, error) {
	p.opened = append(p.opened, c)
	return p, nil
}

func (p *promotions) Create(_ context.Context, c campaigns.Campaign) (string, error) {
	if len(p.created)+1 == p.failAt {
		return "", fault.New(fault.Transient, "the vendor answered 503")
	}
	p.created = append(p.created, c)
	return fmt.Sprintf("c%d", len(p.created)), nil
}

func (p *promotions) Get(_ context.Context, id string) (campaigns.Listed, error) {
	if len(p.reviews) > 0 {
		status := p.reviews[0]
		p.reviews = p.reviews[1:]
		return listedCampaign(p.t, id, "Spa", status, "u1"), nil
	}
	i := slices.IndexFunc(p.all, func(l campaigns.Listed) bool { return l.ID == id })
	if i < 0 {
		return campaigns.Listed{}, fault.New(fault.NotFound, "the vendor answered 404")
	}
	return p.all[i], nil
}

func (p *promotions) Delete(ctx context.Context, id string) error {
	if _, err := p.Get(ctx, id); err != nil {
		return err
	}
	p.deleted = append(p.deleted, id)
	return nil
}

// List has one campaign on each page.
func (p *promotions) List(_ context.Context, r campaigns.PageRequest) (page campaigns.Page, _ error) {
	i := 0
	if r.NextToken != "" {
		_, _ = fmt.Sscan(r.NextToken, &i)
	}
	if i < len(p.all) {
		page.Campaigns = p.all[i : i+1]
	}
	if i+1 < len(p.all) {
		page.NextToken = fmt.Sprint(i + 1)
	}
	return page, nil
}

func (p *promotions) Query(_ context.Context, units []string, _ campaigns.PageRequest) (page campaigns.Page, _ error) {
	for _, l := range p.all {
		if slices.ContainsFunc(l.Targeting.Values, func(u campaigns.Unit) bool { return slices.Contains(units, u.ID) }) {
			page.Campaigns = append(page.Campaigns, l)
		}
	}
	return page, nil
}

func listedCampaign(t *testing.T, id, title, status, unit string) (l campaigns.Listed) {
	t.Helper()
	document := fmt.Sprintf(`{"campaignId":%q,"suggestion":{"variants":[{"content":{"values":[{"locale":"en-US","datasources":{"displayText":{"title":%q}}}]}}]},
		"targeting":{"type":"UNITS","values":[{"id":%q}]},"scheduling":{"activationWindow":{"start":"2026-12-01T10:00:00.00Z","end":"2026-12-31T10:00:00.00Z"}},
		"validationStatus":{"value":%q,"reason":"r"}}`, id, title, unit, status)
	if err := json.Unmarshal([]byte(document), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// example is the request body of the vendor's page, as a person writes it.
const example = `
units: [amzn1.alexa.unit.did.unitId]
start: 2021-01-01T10:00:00Z
end: 2021-01-31T10:00:00Z
template: <placeholderLinkToDocument>
content:
  - locale: en-US
    title: Example notification title.
    body: Example notification text.
    skill: amzn1.ask.skill.12345
    image: https://www.example.com/image.jpg
  - locale: pt-BR
    title: Exemplo de título de notificação.
    body: Texto de notificação de exemplo.
    skill: amzn1.ask.skill.12345
    image: https://www.example.com/image.jpg
`

func TestADryRunPrintsTheBodyOfTheVendorsPage(t *testing.T) {
	page, err := os.ReadFile("../../../../pkg/source/campaigns/testdata/create-request.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"from YAML": example, "from the vendor's JSON": string(page)} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.in = file
			code, out, errs := b.run(t.Context(), "campaigns", "create", "-f", "-", "--dry-run")
			if got, want := decode[any](t, out), decode[any](t, string(page)); code != 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("exit %d: %s%s", code, out, errs)
			}
		})
	}
}

func TestACampaignThatCannotBeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	long := strings.Repeat("x", 61)
	tests := map[string]struct {
		file string
		says []string
	}{
		"61 characters, in both": {strings.NewReplacer("Example notification title.", long, "Texto de notificação de exemplo.", long).Replace(example),
			[]string{"displayText.title has 61 characters: at most 60", "displayText.body has 61 characters: at most 60"}},
		"all of it at once": {strings.NewReplacer("2021-01-31", "2020-01-31", "pt-BR", "xx", "unitId", "a b").Replace(example),
			[]string{"activationWindow", "locale", "targeting.values"}},
		"an unknown key":             {example + "titel: x\n", []string{"titel"}},
		"datasources beside a title": {example + "    datasources: {}\n", []string{"exclude each other"}},
		"two campaigns":              {example + "---\nunits: []\n", []string{"one campaign"}},
		"nothing":                    {"", []string{"content.values", "targeting.values"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.in, b.campaigns = tt.file, &promotions{t: t}
			code, out, errs := b.run(t.Context(), "campaigns", "create", "-f", "-")
			if code != shell.ExitUsage || out != "" || len(b.campaigns.opened) > 0 {
				t.Errorf("exit %d, %s, opened %v", code, out, b.campaigns.opened)
			}
			for _, s := range tt.says {
				if !strings.Contains(errs, s) {
					t.Errorf("%s does not say %q", errs, s)
				}
			}
		})
	}
}

// 101 units are two campaigns of one group; a creation that fails leaves word of those that exist.
func TestAPromotionToManyUnitsIsSplit(t *testing.T) {
	var units []string
	for i := range 101 {
		units = append(units, fmt.Sprintf("amzn1.alexa.unit.did.%d", i))
	}
	file := strings.Replace(example, "amzn1.alexa.unit.did.unitId", strings.Join(units, ", "), 1)
	type created struct {
		ID    string `json:"campaignId"`
		Group string
		Units int
	}
	b := newBench(t)
	b.in, b.campaigns = file, &promotions{t: t}
	code, out, errs := b.run(t.Context(), "campaigns", "create", "-f", "-", "--credential", "lwa.json")
	got := decode[[]created](t, out)
	if code != 0 || len(got) != 2 || got[0].Units != 100 || got[1].Units != 1 || got[0].Group != got[1].Group {
		t.Errorf("exit %d: %+v; %s", code, got, errs)
	}
	if opened := b.campaigns.opened[0]; opened.File != "lwa.json" {
		t.Errorf("opened with %+v", opened)
	}

	b.campaigns = &promotions{t: t, failAt: 2}
	code, out, errs = b.run(t.Context(), "campaigns", "create", "-f", "-")
	if got := decode[[]created](t, out); code != shell.ExitPartly || len(got) != 1 || got[0].ID != "c1" || !strings.Contains(errs, "1 of 2 campaigns exist") {
		t.Errorf("exit %d: %+v; %s", code, got, errs)
	}
}

func TestCreateWaitsForTheReview(t *testing.T) {
	for status, want := range map[string]int{"APPROVED": 0, "REJECTED": shell.ExitAttention} {
		b := newBench(t)
		b.in, b.campaigns = example, &promotions{t: t, reviews: []string{"IN_PROGRESS", "IN_PROGRESS", status}}
		code, out, errs := b.run(t.Context(), "campaigns", "create", "-f", "-", "--wait")
		if got := decode[[]struct{ Status string }](t, out); code != want || len(got) != 1 || got[0].Status != status {
			t.Errorf("%s: exit %d, %+v; %s", status, code, got, errs)
		}
	}
}

func TestCampaignsAreListed(t *testing.T) {
	b := newBench(t)
	b.campaigns = &promotions{t: t, all: []campaigns.Listed{
		listedCampaign(t, "a", "Spa", "APPROVED", "u1"), listedCampaign(t, "b", "Spa", "IN_PROGRESS", "u2"), listedCampaign(t, "c", "Bar", "REJECTED", "u2"),
	}}
	ids := func(out string) (ids []string) {
		for _, l := range decode[[]struct {
			ID string `json:"campaignId"`
		}](t, out) {
			ids = append(ids, l.ID)
		}
		return ids
	}
	if _, out, errs := b.run(t.Context(), "campaigns", "list"); !slices.Equal(ids(out), []string{"a", "b", "c"}) {
		t.Errorf("%s%s", out, errs)
	}
	if _, out, errs := b.run(t.Context(), "campaigns", "query", "u2"); !slices.Equal(ids(out), []string{"b", "c"}) {
		t.Errorf("%s%s", out, errs)
	}
	_, out, errs := b.run(t.Context(), "campaigns", "group")
	if got := decode[[]campaigns.Group](t, out); len(got) != 2 || !slices.Equal(got[0].IDs, []string{"a", "b"}) || got[0].Units != 2 {
		t.Errorf("%+v; %s", got, errs)
	}
	b.terminal = true
	_, out, errs = b.run(t.Context(), "campaigns", "get", "c")
	for _, said := range []string{"REJECTED", "Bar", "u2", "2026-12-31"} {
		if !strings.Contains(out, said) {
			t.Errorf("%s does not say %q; %s", out, said, errs)
		}
	}
	if code, _, errs := b.run(t.Context(), "campaigns", "get", "d"); code != shell.ExitError || !strings.Contains(errs, "campaigns list") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestDeletingACampaignAsks(t *testing.T) {
	for name, tt := range map[string]struct {
		terminal bool
		in       string
		args     []string
		code     int
		deleted  []string
	}{
		"without a terminal":    {false, "", []string{"a"}, shell.ExitUsage, nil},
		"confirmed":             {false, "", []string{"a", "--confirm"}, 0, []string{"a"}},
		"yes":                   {true, "y\n", []string{"a"}, 0, []string{"a"}},
		"no":                    {true, "n\n", []string{"a"}, shell.ExitError, nil},
		"one that is not there": {false, "", []string{"d", "--confirm"}, shell.ExitError, nil},
		"partly":                {false, "", []string{"a", "d", "--confirm"}, shell.ExitPartly, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.terminal, b.in = tt.terminal, tt.in
			b.campaigns = &promotions{t: t, all: []campaigns.Listed{listedCampaign(t, "a", "Spa", "APPROVED", "u1")}}
			code, _, errs := b.run(t.Context(), append([]string{"campaigns", "delete"}, tt.args...)...)
			if code != tt.code || !slices.Equal(b.campaigns.deleted, tt.deleted) {
				t.Errorf("exit %d, deleted %v; %s", code, b.campaigns.deleted, errs)
			}
		})
	}
}

// A snapshot is planned again for today, which is 20 November.
func TestSyncPlansTodaysSnapshot(t *testing.T) {
	b := newBench(t)
	if code, _, errs := b.run(t.Context(), "campaigns", "sync"); code != shell.ExitError || !strings.Contains(errs, "sources show campaigns") {
		t.Errorf("exit %d: %s", code, errs)
	}
	b.ledger.plans = true
	b.ledger.subs["shots"] = report.Subscription{Name: "shots", Source: report.SourceCampaigns, From: day(20), MaxWindowDays: 1}
	code, out, errs := b.run(t.Context(), "campaigns", "sync")
	if got := decode[[]report.Job](t, out); code != 0 || len(got) != 1 || got[0].Window != (report.Window{From: day(20), To: day(20)}) || got[0].Subscription != "shots" {
		t.Errorf("exit %d: %+v; %s", code, got, errs)
	}
}
