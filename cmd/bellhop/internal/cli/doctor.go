package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

const doctorHelp = `Look at everything that bellhop depends on, and say what is wrong with the remedy beside it: the stack, the ledger
and its stream, the delivery bucket (the vendor's statement word for word, ownership, encryption, versions,
lifecycle, public access, notification), the queues, functions and schedules, the credential and its scope, the
alarms and whether somebody hears them, this machine's clock, when the vendor last accepted a request, published days that
vanished, and the dataset's format.

It changes nothing, with one exception: when it asks Login with Amazon for an access token, Amazon may replace the
refresh token, and doctor then stores the new one in the secret, as every run does.

On a local folder it looks at the ledger and the dataset alone. The exit code is 3 when something is wrong, and 5 when something
could not be looked at.`

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Is everything set up correctly?", Long: doctorHelp, Args: cobra.NoArgs,
		Example: "  bellhop doctor --stack hotels\n  bellhop doctor --stack hotels --json | jq '.findings[] | select(.status != \"ok\")'",
		RunE: a.run(func(cmd *cobra.Command, _ []string) error {
			p, err := a.where()
			if err != nil {
				return err
			}
			if p.AWS && p.Stack == "" {
				return usage("name it with --stack", "%s needs the stack, and not its parts", cmd.CommandPath())
			}
			return a.examine(cmd.Context(), p)
		}),
	}
}

func (a *app) examine(ctx context.Context, p Place) (err error) {
	at, err := a.open(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	if at.Installation == nil {
		return a.report(ctx, at.Name, stack.DataChecks(at.Ledger, at.Dataset, at.Now))
	}
	return a.report(ctx, at.Name, a.subject(at.Installation, at.Ledger, at.Dataset, at.Now).Checks())
}

func (a *app) subject(in *stack.Installation, l stack.Records, d stack.Dataset, now func() time.Time) stack.Subject {
	return stack.Subject{Installation: in, Ledger: l, Dataset: d, Now: now, Scrubber: &a.secrets}
}

// examination is what a doctor found.
type examination struct {
	Place    string          `json:"place"`
	Status   stack.Status    `json:"status"`
	Findings []stack.Finding `json:"findings"`
}

// report runs checks and shows what they find.
func (a *app) report(ctx context.Context, place string, checks []stack.Check) error {
	findings, err := stack.Examine(ctx, checks)
	if err != nil {
		return err
	}
	e := examination{place, stack.Worst(findings), findings}
	if err := a.show(e, func(s *screen) { s.findings(e) }); err != nil {
		return err
	}
	switch e.Status {
	case stack.Wrong:
		return exit(ExitAttention)
	case stack.Unknown:
		return exit(ExitPartly)
	case stack.OK:
	}
	return nil
}

func (s *screen) findings(e examination) {
	s.line("%s %s", s.paint(strong, "EXAMINED"), e.Place)
	area, wrong, unknown := "", 0, 0
	for _, f := range e.Findings {
		if f.Area != area {
			area = f.Area
			s.line("")
			s.line("%s", s.paint(quiet, area))
		}
		mark := s.paint(good, "✔")
		switch f.Status {
		case stack.Wrong:
			mark = s.paint(bad, "✖")
			wrong++
		case stack.Unknown:
			mark = s.paint(waiting, "?")
			unknown++
		case stack.OK:
		}
		s.line("  %s %s: %s", mark, f.Check, f.Detail)
		if f.Remedy != "" {
			s.line("      → %s", f.Remedy)
		}
	}
	s.line("")
	switch {
	case wrong > 0:
		s.line("%s", s.paint(bad, count(wrong, "thing")+" to mend"))
	case unknown > 0:
		s.line("%s", s.paint(waiting, count(unknown, "thing")+" could not be looked at"))
	default:
		s.line("%s", s.paint(good, "everything is set up correctly"))
	}
}
