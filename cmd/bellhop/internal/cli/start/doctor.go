package start

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

const doctorHelp = `Look at everything that bellhop depends on, and say what is wrong with the remedy beside it: the stack, the ledger
and its stream, the delivery bucket (the vendor's statement word for word, ownership, encryption, versions,
lifecycle, public access, notification), the queues, functions and schedules, the credential and its scope, the
alarms and whether anybody is subscribed to them, this machine's clock, when the vendor last accepted a request, published days that
vanished, and the dataset's format.

It changes nothing, with two exceptions. When it asks Login with Amazon for an access token, Amazon may replace the
refresh token, and doctor then stores the new one in the secret, as every run does. And when a subscription collects from
Khoros Care, doctor asks that vendor for its list of time zones, which makes no export, and notes in the ledger that
it has taken a turn: the vendor takes 20 requests a minute, whoever sends them.

On a local folder it looks only at the ledger and the dataset. The exit code is 3 when something is wrong, and 5 when something
could not be looked at.`

// DoctorCommand is bellhop doctor.
func DoctorCommand(a *shell.App) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Is everything set up correctly?", Long: doctorHelp, Args: cobra.NoArgs,
		Example: "  bellhop doctor --stack hotels\n  bellhop doctor --stack hotels --json | jq '.findings[] | select(.status != \"ok\")'",
		RunE: a.Run(func(cmd *cobra.Command, _ []string) error {
			p, err := a.Where()
			if err != nil {
				return err
			}
			if p.AWS && p.Stack == "" {
				return shell.Usage("name it with --stack", "%s needs the stack, and not its parts", cmd.CommandPath())
			}
			return a.WithAccount(cmd.Context(), p, func(at shell.Account) error { return examine(cmd.Context(), a, at) })
		}),
	}
}

func examine(ctx context.Context, a *shell.App, at shell.Account) error {
	if at.Installation == nil {
		return reportChecks(ctx, a, at.Name, stack.DataChecks(at.Ledger, at.Dataset, at.Now))
	}
	return reportChecks(ctx, a, at.Name, subject(a, at.Installation, at.Ledger, at.Dataset, at.Now).Checks())
}

func subject(a *shell.App, in *stack.Installation, l stack.Records, d stack.Dataset, now func() time.Time) stack.Subject {
	return stack.Subject{Installation: in, Ledger: l, Dataset: d, Now: now, Pause: a.Wait, Scrubber: &a.Secrets}
}

// examination is what a doctor found.
type examination struct {
	Place    string          `json:"place"`
	Status   stack.Status    `json:"status"`
	Findings []stack.Finding `json:"findings"`
}

// reportChecks runs checks and shows what they find.
func reportChecks(ctx context.Context, a *shell.App, place string, checks []stack.Check) error {
	findings, err := stack.Examine(ctx, checks)
	if err != nil {
		return err
	}
	e := examination{place, stack.Worst(findings), findings}
	if err := a.Show(e, func(s *shell.Screen) { drawFindings(s, e) }); err != nil {
		return err
	}
	switch e.Status {
	case stack.Wrong:
		return shell.Exit(shell.ExitAttention)
	case stack.Unknown:
		return shell.Exit(shell.ExitPartly)
	case stack.OK:
	}
	return nil
}

func drawFindings(s *shell.Screen, e examination) {
	s.Line("%s %s", s.Paint(shell.Strong, "EXAMINED"), e.Place)
	area, wrong, unknown := "", 0, 0
	for _, f := range e.Findings {
		if f.Area != area {
			area = f.Area
			s.Line("")
			s.Line("%s", s.Paint(shell.Quiet, area))
		}
		mark := s.Paint(shell.Good, "✔")
		switch f.Status {
		case stack.Wrong:
			mark = s.Paint(shell.Bad, "✖")
			wrong++
		case stack.Unknown:
			mark = s.Paint(shell.Waiting, "?")
			unknown++
		case stack.OK:
		}
		s.Line("  %s %s: %s", mark, f.Check, f.Detail)
		if f.Remedy != "" {
			s.Line("      → %s", f.Remedy)
		}
	}
	s.Line("")
	switch {
	case wrong > 0:
		s.Line("%s", s.Paint(shell.Bad, phrase.Count(wrong, "thing")+" to mend"))
	case unknown > 0:
		s.Line("%s", s.Paint(shell.Waiting, phrase.Count(unknown, "thing")+" could not be looked at"))
	default:
		s.Line("%s", s.Paint(shell.Good, "everything is set up correctly"))
	}
}
