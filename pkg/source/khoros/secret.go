package khoros

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Secret keeps the document with the credential. The errors of Read have a kind, as those of package secret.
type Secret interface {
	Read(ctx context.Context) ([]byte, error)
	// Forget makes the next Read ask the store: the document may have changed.
	Forget()
}

const remedy = "store it as {\"username\": …, \"password\": …, \"company_key\": …}, with a hash_key where columns are hashed"

// credential is the document: a user of the API, who must have the vendor's role Analytics, with the company's key. Where one
// user has several companies, company_key is an object that has each key by the name of the company in subscriptions. hash_key is
// wanted where a subscription hashes columns.
type credential struct {
	Username   string
	Password   redact.Text
	CompanyKey redact.Text            // of every company
	Companies  map[string]redact.Text // by name, where they differ
	HashKey    redact.Text
}

// parseCredential reads the document. The error, of kind [fault.Poison], shows nothing of it.
func parseCredential(document []byte) (c credential, err error) {
	var read struct {
		Username   string          `json:"username"`
		Password   redact.Text     `json:"password"`
		CompanyKey json.RawMessage `json:"company_key"`
		HashKey    redact.Text     `json:"hash_key"`
	}
	if json.Unmarshal(document, &read) != nil {
		return c, fault.New(fault.Poison, "the Khoros secret is not JSON with username, password and company_key: %s", remedy)
	}
	c = credential{Username: read.Username, Password: read.Password, HashKey: read.HashKey}
	if json.Unmarshal(read.CompanyKey, &c.CompanyKey) != nil {
		_ = json.Unmarshal(read.CompanyKey, &c.Companies) // no object, no keys
	}
	var problems []error
	for name, missing := range map[string]bool{
		"username": c.Username == "", "password": c.Password.Empty(), "company_key": c.CompanyKey.Empty() && len(c.Companies) == 0,
	} {
		if missing {
			problems = append(problems, fmt.Errorf("the Khoros secret has no %s: %s", name, remedy))
		}
	}
	if len(problems) > 0 {
		return c, fault.As(fault.Poison, errors.Join(problems...))
	}
	return c, nil
}

// key returns the key of a company.
func (c credential) key(company string) redact.Text {
	if key, own := c.Companies[company]; own {
		return key
	}
	return c.CompanyKey
}

// basic is the Authorization header.
func (c credential) basic() redact.Text {
	return redact.NewText("Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password.Reveal())))
}

// Authorize makes sure that there is a credential. Whether the vendor takes it is found out with the first order.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	_, err := s.credential(ctx)
	return err
}

// credential reads the secret, and tells the scrubber what must not be shown of it.
func (s *Source) credential(ctx context.Context) (credential, error) {
	if s.o.Secret == nil {
		return credential{}, fault.New(fault.NotFound, "no secret with the user of Khoros Care is configured: set BELLHOP_KHOROS_SECRET_ID, or the parameter KhorosUserArn of the stack")
	}
	document, err := s.o.Secret.Read(ctx)
	if err != nil {
		return credential{}, fault.As(fault.KindOf(err), errors.New(s.o.Scrubber.Scrub("read the Khoros secret: "+fault.OneLine(err))))
	}
	c, err := parseCredential(document)
	if err != nil {
		return credential{}, err
	}
	s.o.Scrubber.Add(c.Password, c.CompanyKey, c.HashKey, redact.NewText(c.Username), c.basic(), redact.NewText(c.Username+":"+c.Password.Reveal()))
	for _, key := range c.Companies {
		s.o.Scrubber.Add(key)
	}
	return c, nil
}
