package act

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/manifest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
)

const campaignsHelp = `Create, look at and delete campaigns: suggestions on the home screens of rooms with a display. The vendor lists only
campaigns that were created with the same security profile of Login with Amazon.

The credential is that of --stack. Without a stack it is that of the local folder, whose simulated vendor answers while
"bellhop local up" runs, or of the JSON file that --credential names: client_id, client_secret and refresh_token. When
Login with Amazon replaces the refresh token, bellhop writes the new one back to where it read the old one.

A subscription to the source "campaigns" keeps a snapshot of each day in the table asp_campaigns.`

// pagePause is the least time between two requests.
const pagePause = time.Second

// campaignApp is the family of commands about campaigns, with the flags that all of them have.
type campaignApp struct {
	*shell.App
	file, endpoint string
}

// CampaignsCommand is bellhop campaigns.
func CampaignsCommand(a *shell.App) *cobra.Command {
	c := &campaignApp{App: a}
	parent := &cobra.Command{
		Use: "campaigns", Aliases: []string{"campaign"}, Long: campaignsHelp,
		Short: "Suggestions on home screens: create, list, query, get, delete, group, sync",
	}
	a.Parent(parent)
	parent.PersistentFlags().StringVar(&c.file, "credential", "", "JSON `file` with the credential of Login with Amazon, in place of a stack's")
	parent.PersistentFlags().StringVar(&c.endpoint, "endpoint", "", "with --credential: the vendor's `host` (default: https://api.amazonalexa.com)")
	parent.AddCommand(
		c.createCommand(), c.deleteCommand(), syncCommand(c.App),
		&cobra.Command{
			Use: "list", Short: "List all campaigns", Args: cobra.NoArgs,
			Example: "  bellhop campaigns list --stack hotels\n  bellhop campaigns list --stack hotels --json | jq '.[].campaignId'",
			RunE:    c.listed(func(by shell.Campaigns, _ []string) pages { return by.List }),
		},
		&cobra.Command{
			Use: "query UNIT...", Short: "List the campaigns for some units, at most 100", Args: cobra.MinimumNArgs(1),
			Example: "  bellhop campaigns query amzn1.alexa.unit.did.EXAMPLE --stack bellhop",
			RunE: c.listed(func(by shell.Campaigns, units []string) pages {
				return func(ctx context.Context, r campaigns.PageRequest) (campaigns.Page, error) {
					return by.Query(ctx, units, r)
				}
			}),
		},
		&cobra.Command{
			Use: "get ID", Short: "Show a campaign as the vendor has it", Args: shell.Exactly("ID"),
			Example: "  bellhop campaigns get ID --stack bellhop",
			RunE: c.by(func(ctx context.Context, by shell.Campaigns, args []string) error {
				found, err := by.Get(ctx, args[0])
				if err != nil {
					return shell.Missing(err, "see which there are: bellhop campaigns list")
				}
				return c.Show(found, func(s *shell.Screen) { drawCampaign(s, found) })
			}),
		},
		&cobra.Command{
			Use: "group [GROUP]", Short: "List promotions: campaigns of the same content and time, with all their units", Args: cobra.MaximumNArgs(1),
			Long: `A promotion to more than 100 units is several campaigns, because the vendor takes no more units in one. Campaigns of the
same template, content and activation window are one group, whoever created them. The tables have its name in campaign_group.`,
			Example: "  bellhop campaigns group --stack hotels\n  bellhop campaigns group g-0123456789ab --stack hotels",
			RunE:    c.by(c.group),
		},
	)
	return parent
}

// by opens the vendor's API for a command.
func (c *campaignApp) by(do func(ctx context.Context, by shell.Campaigns, args []string) error) func(*cobra.Command, []string) error {
	return c.Run(func(cmd *cobra.Command, args []string) error {
		p, err := c.Where()
		if err != nil {
			return err
		}
		if c.endpoint != "" && c.file == "" {
			return shell.Usage("add --credential FILE; a stack has an endpoint of its own", "--endpoint is for a credential of a file")
		}
		by, err := c.OpenCampaigns(cmd.Context(), shell.CampaignAccess{Place: p, File: c.file, Endpoint: c.endpoint, Scrubber: &c.Secrets})
		if err != nil {
			return err
		}
		return asCampaignProblem(do(cmd.Context(), by, args))
	})
}

// asCampaignProblem gives an error about a credential the exit code that scripts look for.
func asCampaignProblem(err error) error {
	if wrong, ok := errors.AsType[*campaigns.Error](err); ok && wrong.Answer.Outcome == report.OutcomeUnauthorized {
		return &shell.Problem{Code: shell.ExitUnauthenticated, Err: err, Remedy: "log in: bellhop auth login --stack NAME"}
	}
	return err
}

// pages returns one page after the other.
type pages func(ctx context.Context, r campaigns.PageRequest) (campaigns.Page, error)

func (c *campaignApp) all(ctx context.Context, from pages) ([]campaigns.Listed, error) {
	return campaigns.All(ctx, from, func(ctx context.Context) error { return c.Wait(ctx, pagePause) })
}

func (c *campaignApp) listed(from func(by shell.Campaigns, args []string) pages) func(*cobra.Command, []string) error {
	return c.by(func(ctx context.Context, by shell.Campaigns, args []string) error {
		all, err := c.all(ctx, from(by, args))
		if err != nil {
			return err
		}
		return c.Show(shell.Some(all), func(s *shell.Screen) { drawCampaigns(s, all) })
	})
}

const createHelp = `Create a campaign from a YAML file (- reads the standard input). Everything is checked against the vendor's limits before
anything is sent: at most 60 characters in a title and a body, a start that is not after the end, known forms of ids.

  units: [amzn1.alexa.unit.did.EXAMPLE]     # rooms; more than 100 become several campaigns of one group
  start: 2026-12-01T10:00:00Z
  end: 2026-12-31T22:00:00Z
  content:                                  # one for each locale
    - locale: en-US
      title: Breakfast on the patio
      body: Until 11:30
      skill: amzn1.ask.skill.EXAMPLE        # a tap opens it; may be left out
      image: https://www.example.com/patio.jpg
  template: doc://alexa/apl/documents/…     # the documented one when left out; other templates want
                                            # "datasources" in place of title, body, skill and image

The vendor's own JSON is taken as well. --dry-run prints the request's body and sends nothing. The vendor reviews each campaign;
--wait waits until the review has ended, and the exit code is 3 when the campaign was rejected.`

// reviewTime is how long "create --wait" waits for the vendor's review.
const reviewTime = 15 * time.Minute

func (c *campaignApp) createCommand() *cobra.Command {
	var file string
	var dryRun, wait bool
	cmd := &cobra.Command{
		Use: "create -f FILE", Short: "Create a campaign from a YAML file", Long: createHelp, Args: cobra.NoArgs,
		Example: "  bellhop campaigns create -f breakfast.yaml --dry-run\n  bellhop campaigns create -f breakfast.yaml --wait --stack bellhop",
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "YAML `file` to read, - for the standard input")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "check, and print what would be sent")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the vendor's review has ended")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		parts, err := c.planned(file)
		if err != nil {
			return err
		}
		if dryRun {
			return c.printBodies(parts)
		}
		return c.by(func(ctx context.Context, by shell.Campaigns, _ []string) error { return c.create(ctx, by, parts, wait) })(cmd, args)
	}
	return cmd
}

// planned reads a campaign, and splits it into as many as the vendor takes.
func (c *campaignApp) planned(file string) ([]campaigns.Campaign, error) {
	const see = "see: bellhop campaigns create --help"
	if file == "" {
		return nil, shell.Usage(see, "nothing to create: give -f FILE")
	}
	content, err := readFile(c.App, file, "the campaign")
	if err != nil {
		return nil, err
	}
	whole, err := manifest.ParseCampaign(content)
	if err != nil {
		return nil, shell.Usage(see, "%s: %w", file, err)
	}
	parts := campaigns.Split(whole)
	for _, part := range parts {
		if err := part.Validate(); err != nil {
			return nil, shell.Usage("nothing was sent; "+see, "%w", err)
		}
	}
	return parts, nil
}

func (c *campaignApp) printBodies(parts []campaigns.Campaign) error {
	var all bytes.Buffer
	for _, part := range parts {
		body, err := part.Body()
		if err != nil {
			return err
		}
		if err := json.Indent(&all, body, "", "  "); err != nil {
			return err
		}
		all.WriteByte('\n')
	}
	return shell.Write(c.Out, all.String())
}

// createdCampaign is what became of one campaign.
type createdCampaign struct {
	ID     string `json:"campaignId"`
	Group  string `json:"group"`
	Units  int    `json:"units"`
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (c *campaignApp) create(ctx context.Context, by shell.Campaigns, parts []campaigns.Campaign, wait bool) error {
	done := []createdCampaign{}
	var failed error
	for i, part := range parts {
		if i > 0 {
			failed = c.Wait(ctx, pagePause)
		}
		var id, group string
		if failed == nil {
			id, failed = by.Create(ctx, part)
		}
		if failed != nil {
			break
		}
		if group, failed = part.Group(); failed == nil {
			done = append(done, createdCampaign{ID: id, Group: group, Units: len(part.Targeting.Values)})
		}
	}
	if failed == nil && wait {
		failed = c.review(ctx, by, done)
	}
	if len(done) > 0 || failed == nil {
		if err := c.Show(done, func(s *shell.Screen) { drawCreated(s, done) }); err != nil {
			return err
		}
	}
	if failed != nil && len(done) > 0 {
		// What exists must be known: creating it again would make it twice.
		return &shell.Problem{Code: shell.ExitPartly, Err: failed, Remedy: fmt.Sprintf("%d of %d campaigns exist, as shown: delete them, or create the rest by hand", len(done), len(parts))}
	}
	if slices.ContainsFunc(done, func(d createdCampaign) bool { return d.Status == "REJECTED" }) {
		return shell.Exit(shell.ExitAttention)
	}
	return failed
}

// review waits until the vendor has reviewed each campaign.
func (c *campaignApp) review(ctx context.Context, by shell.Campaigns, done []createdCampaign) error {
	ctx, cancel := context.WithTimeoutCause(ctx, reviewTime, fmt.Errorf("the vendor's review has not ended within %s: see bellhop campaigns get ID", phrase.Span(reviewTime)))
	defer cancel()
	tell, cleared := c.Passing()
	defer cleared()
	for i := range done {
		for pause := 2 * pagePause; done[i].Status != "APPROVED" && done[i].Status != "REJECTED"; pause = min(2*pause, time.Minute) {
			if err := c.Wait(ctx, pause); err != nil {
				return cmp.Or(context.Cause(ctx), err)
			}
			found, err := by.Get(ctx, done[i].ID)
			if err != nil && !fault.Is(err, fault.Transient) && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil {
				done[i].Status, done[i].Reason = found.Validation.Value, found.Validation.Reason
			}
			tell("waiting for the vendor's review of %s: %s", done[i].ID, cmp.Or(done[i].Status, "not listed yet"))
		}
	}
	return nil
}

func (c *campaignApp) deleteCommand() *cobra.Command {
	var confirmed bool
	cmd := &cobra.Command{
		Use: "delete ID...", Short: "Delete campaigns", Args: cobra.MinimumNArgs(1),
		Long: `Delete campaigns. The vendor does not promise that nobody saw a suggestion in the meantime. Snapshots and reports of a deleted
campaign stay in the dataset. Deleting a campaign again says that it does not exist.`,
		Example: "  bellhop campaigns delete ID --stack bellhop",
	}
	cmd.Flags().BoolVar(&confirmed, "confirm", false, "do not ask")
	cmd.RunE = c.by(func(ctx context.Context, by shell.Campaigns, ids []string) error {
		if err := c.Confirm(confirmed, fmt.Sprintf("Delete %s: %s? [y/N] ", phrase.Count(len(ids), "campaign"), strings.Join(ids, ", "))); err != nil {
			return err
		}
		deleted := []string{}
		for _, id := range ids {
			if err := by.Delete(ctx, id); err != nil {
				err = shell.Missing(fmt.Errorf("campaign %s: %w", id, err), "see which there are: bellhop campaigns list")
				if len(deleted) == 0 {
					return err
				}
				return &shell.Problem{Code: shell.ExitPartly, Err: err, Remedy: "deleted before that: " + strings.Join(deleted, ", ")}
			}
			deleted = append(deleted, id)
		}
		return c.Show(map[string][]string{"deleted": deleted}, func(s *shell.Screen) { s.Line("deleted %s", strings.Join(deleted, ", ")) })
	})
	return cmd
}

// group lists promotions, or one of them.
func (c *campaignApp) group(ctx context.Context, by shell.Campaigns, args []string) error {
	all, err := c.all(ctx, by.List)
	if err != nil {
		return err
	}
	groups, err := campaigns.Groups(all)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		groups = slices.DeleteFunc(groups, func(g campaigns.Group) bool { return g.Name != args[0] })
		if len(groups) == 0 {
			return shell.Refuse("see which there are: bellhop campaigns group", "no campaign is in a group %q", args[0])
		}
	}
	return c.Show(groups, func(s *shell.Screen) {
		shell.Rows(s, "group|>campaigns|>units|from|until|title|ids", groups, func(g campaigns.Group) []shell.Cell {
			return shell.Row(shell.Toned(g.Name, shell.Strong), len(g.IDs), g.Units, g.Window.Start, g.Window.End, g.Title, strings.Join(g.IDs, ", "))
		})
	})
}

func drawCampaigns(s *shell.Screen, all []campaigns.Listed) {
	if len(all) == 0 {
		s.Line("There are no campaigns of this security profile. See: bellhop campaigns create --help")
		return
	}
	shell.Rows(s, "campaign|review|from|until|>units|title", all, func(l campaigns.Listed) []shell.Cell {
		title, _ := l.Display()
		window := l.Scheduling.ActivationWindow
		return shell.Row(l.ID, reviewState(l.Validation), window.Start, window.End, len(l.Targeting.Values), title)
	})
}

func reviewState(v campaigns.Validation) shell.Cell {
	tone := shell.Waiting
	switch v.Value {
	case "APPROVED":
		tone = shell.Good
	case "REJECTED":
		tone = shell.Bad
	}
	return shell.Toned(v.Value, tone)
}

func drawCampaign(s *shell.Screen, l campaigns.Listed) {
	group, _ := l.Group()
	window := l.Scheduling.ActivationWindow
	s.Facts("campaign", shell.Toned(l.ID, shell.Strong), "review", reviewState(l.Validation), "reason", l.Validation.Reason, "group", group,
		"from", window.Start, "until", window.End, "units", len(l.Targeting.Values))
	for _, variant := range l.Suggestion.Variants {
		for _, value := range variant.Content.Values {
			title, body := value.Display()
			s.Heading(value.Locale)
			s.Facts("title", title, "body", body, "template", value.Document.Src)
		}
	}
	s.Heading("UNITS")
	for i, unit := range l.Targeting.Values {
		if i == shell.MaxLines {
			s.Line("  … and %d more", len(l.Targeting.Values)-i)
			break
		}
		s.Line("  %s", unit.ID)
	}
}

func drawCreated(s *shell.Screen, done []createdCampaign) {
	shell.Rows(s, "campaign|group|>units|review|reason", done, func(d createdCampaign) []shell.Cell {
		return shell.Row(shell.Toned(d.ID, shell.Strong), d.Group, d.Units, reviewState(campaigns.Validation{Value: d.Status}), d.Reason)
	})
	for _, d := range done {
		if d.Status == "" {
			s.Line("The vendor reviews it now: bellhop campaigns get %s", d.ID)
		}
	}
}
