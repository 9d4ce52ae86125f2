package start

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// AuthCommand is bellhop auth.
func AuthCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "auth", Short: "The credential of Login with Amazon: login, status",
		Long: `The requester sends its requests in the name of a person who logged in once with Login with Amazon. The refresh token
from that login is kept in the stack's secret and nowhere else. The secret is an encrypted parameter of Systems
Manager, /bellhop/STACK/lwa, or a secret of Secrets Manager; the stack's parameter CredentialStore chooses which.`,
	}, loginCommand(a), &cobra.Command{
		Use: "status", Short: "Does the credential work, and may it see our unit?", Args: cobra.NoArgs,
		Long: `Read the stack's secret, get an access token from Login with Amazon, and ask the vendor for the unit that the stack's
reports are about. Of the secret, only the client's id is shown. If Login with Amazon replaces the refresh token
meanwhile, bellhop stores the new one in the secret. The exit code is 3 when the credential does not work.`,
		Example: "  bellhop auth status --stack bellhop",
		RunE: a.OnStack(func(ctx context.Context, in *stack.Installation, _ []string) error {
			return reportChecks(ctx, a, "the credential of stack "+in.Stack, subject(a, in, nil, nil, a.Time).CredentialChecks())
		}),
	})
}

const loginHelp = `Log in with Login with Amazon and store the refresh token in the stack's secret. It replaces the token that is there.
Where the secret is a parameter of Systems Manager, the first login creates it.

First, once: in the security profile of your client add http://127.0.0.1:9090/cb to the allowed return URLs, and grant
the client API access in the ASP console (Administration, Alexa Management API Clients). Then log in as a person who
administers the organisation in the ASP console.

bellhop opens the login page in your browser, or shows its address, and waits for the answer on this machine, at
--redirect. For a machine without a browser forward that port: ssh -L 9090:127.0.0.1:9090 MACHINE. If the stack's
secret does not have the client's secret yet, bellhop asks for it, or reads it from a pipe. bellhop writes nothing to
disk and shows no token.

The token is good for what --scope asks for. Skill metrics need the scope of the Skill Management API besides the default one;
"bellhop sources show skill-metrics" names it.

Jobs that waited for the login are due at once: the next run of the requester sends them.`

// patience is how long a login waits for the person.
const patience = 10 * time.Minute

// loginOrder is what a command line wants of a login.
type loginOrder struct {
	clientID, redirect, page string
	scopes                   []string
	noBrowser                bool
}

func loginCommand(a *shell.App) *cobra.Command {
	var o loginOrder
	c := &cobra.Command{
		Use: "login", Short: "Log in with Login with Amazon, and keep the credential in the stack's secret", Long: loginHelp, Args: cobra.NoArgs,
		Example: `  bellhop auth login --stack bellhop --client-id amzn1.application-oa2-client.…
  bellhop auth login --stack bellhop                again, with the client that the secret names
  bellhop auth login --stack bellhop <client-secret.txt`,
		PreRunE: func(*cobra.Command, []string) error {
			if err := stack.CheckRedirect(o.redirect); err != nil {
				return shell.Usage("see: bellhop auth login --help", "--redirect: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.clientID, "client-id", "", "the `id` of the client in its security profile (default: the one in the secret)")
	c.Flags().StringVar(&o.redirect, "redirect", stack.DefaultRedirect, "the allowed return `URL` of the security profile to use, on this machine")
	c.Flags().StringVar(&o.page, "page", "", "the `address` of the login page (default: that of the stack's LwaEndpoint)")
	c.Flags().StringSliceVar(&o.scopes, "scope", []string{stack.Scope}, "`scope` to ask for; repeat it for more (bellhop sources show SOURCE names each source's)")
	c.Flags().BoolVar(&o.noBrowser, "no-browser", false, "show the address of the login page, and open no browser")
	c.RunE = a.OnStack(func(ctx context.Context, in *stack.Installation, _ []string) error { return login(ctx, a, in, o) })
	return c
}

func login(ctx context.Context, a *shell.App, in *stack.Installation, o loginOrder) error {
	endpoint, err := in.TokenEndpoint(ctx)
	if err != nil {
		return err
	}
	if o.page = cmp.Or(o.page, stack.LoginPage(endpoint)); o.page == "" {
		return shell.Usage("name it with --page", "no login page is known for the token endpoint %s", endpoint)
	}
	store, err := in.Secret()
	if err != nil {
		return err
	}
	document, err := store.Read(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	client, err := client(a, o, document)
	if err != nil {
		return err
	}
	a.Secrets.Add(client.ClientSecret)
	client.RefreshToken, err = browse(ctx, a, o, endpoint, client)
	if err != nil {
		return err
	}
	a.Secrets.Add(client.RefreshToken)
	kept, err := client.Into(document)
	if err != nil {
		return err
	}
	// A code works once, so the token that it gave is kept also when the person presses Ctrl-C now.
	if err := store.Write(context.WithoutCancel(ctx), kept); err != nil {
		return fmt.Errorf("the login worked, but its token could not be kept: %w", err)
	}
	if err := reopen(context.WithoutCancel(ctx), a); err != nil {
		// The login has worked; only the notice of it has not.
		text := "The requester could not be told of it; it notices within fifteen minutes: " + err.Error() + "\n"
		if err := shell.Write(a.Err, shell.Clean(a.Secrets.Scrub(text))); err != nil {
			return err
		}
	}
	return reportChecks(ctx, a, "the new credential of stack "+in.Stack, subject(a, in, nil, nil, a.Time).CredentialChecks())
}

// reopen records that there is a new credential, so that all jobs that waited for it are due at once.
func reopen(ctx context.Context, a *shell.App) error {
	p, err := a.Where()
	if err != nil {
		return err
	}
	return a.WithAccount(ctx, p, func(at shell.Account) error {
		_, err := at.Ledger.UpdateCredential(ctx, report.CredentialLWA, func(c *report.Credential) bool { return c.Open(at.Now()) })
		return err
	})
}

// client is the client to log in with: what the command line, the secret and the person say.
func client(a *shell.App, o loginOrder, document []byte) (lwa.Credentials, error) {
	// A document that is not complete is what this command is for.
	known := lwa.Known(document)
	c := lwa.Credentials{ClientID: cmp.Or(o.clientID, known.ClientID)}
	if c.ClientID == "" {
		return c, shell.Usage("name it with --client-id; the security profile shows it", "the secret names no client yet")
	}
	if c.ClientID == known.ClientID && !known.ClientSecret.Empty() {
		c.ClientSecret = known.ClientSecret
		return c, nil
	}
	text, err := readSecret(a, "Secret of client "+c.ClientID+": ")
	if err != nil {
		return c, err
	}
	if text == "" {
		return c, shell.Usage("the security profile shows it", "the client's secret is empty")
	}
	c.ClientSecret = redact.NewText(text)
	return c, nil
}

func readSecret(a *shell.App, prompt string) (string, error) {
	if !a.InTerminal {
		line, err := bufio.NewReader(a.In).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the client's secret: %w", err)
		}
		return strings.TrimSpace(line), nil
	}
	if err := shell.Write(a.Err, shell.Clean(prompt)); err != nil {
		return "", err
	}
	text, err := a.ReadSecret()
	if err != nil {
		return "", fmt.Errorf("read the client's secret: %w", err)
	}
	return strings.TrimSpace(text), shell.Write(a.Err, "\n")
}

// browse has the person log in, and returns the refresh token.
func browse(ctx context.Context, a *shell.App, o loginOrder, endpoint string, c lwa.Credentials) (redact.Text, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, shell.Refuse(
		"run it again; on a machine without a browser see bellhop auth login --help", "nobody logged in within %s", phrase.Span(patience),
	))
	defer cancel()
	flow := stack.Login{
		Page: o.page, Endpoint: endpoint, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Redirect: o.redirect, Scopes: o.scopes,
		Client: &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Show: func(address string) {
			// There is no other place to show the address, and the browser may still open.
			_ = shell.Write(a.Err, "Log in here, and come back:\n\n  "+address+"\n\n")
			if !o.noBrowser {
				_ = a.Browse(address)
			}
		},
	}
	token, err := flow.Run(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return token, context.Cause(ctx)
	}
	return token, err
}
