package lwa_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
)

// A person puts the secret's document in by hand. What is wrong with it is said by the names of its fields, and nothing of
// what was put in is repeated, however it is printed.
func FuzzParseCredentials(f *testing.F) {
	for _, document := range []string{
		`{"client_id":"amzn1.application-oa2-client.a","client_secret":"planted","refresh_token":"Atzr|planted"}`, `{"client_id":"a","client_secret":"planted"}`,
		`{"client_secret":{"x":"planted"}}`, `"planted"`, `planted`, `{"client_id":1}`, `{}`, ``, `null`, `{"CLIENT_SECRET":"planted","client_id":"a","refresh_token":"planted"}`,
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		c, err := lwa.ParseCredentials(document)
		if err != nil {
			if !fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "planted") {
				t.Errorf("%v of kind %v", err, fault.KindOf(err))
			}
			return
		}
		if c.ClientID == "" || c.ClientSecret.Empty() || c.RefreshToken.Empty() {
			t.Error("something is missing, and nobody says so")
		}
		printed := fmt.Sprintf("%v %+v %#v", c, c, c)
		for _, secret := range []string{c.ClientSecret.Reveal(), c.RefreshToken.Reveal()} {
			if len(secret) > 12 && !strings.Contains(c.ClientID, secret) && strings.Contains(printed, secret) {
				t.Errorf("a secret is printed: %.100s", printed)
			}
		}
	})
}
