package alexa_test

import (
	"io"
	"strconv"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func TestKnownLocale(t *testing.T) {
	cases := map[string]bool{
		"en-US": true, "pt-BR": true, "ja-JP": true, "hi-IN": true, "es-419": true,
		"en": false, "en_US": false, "EN-us": false, "en-us": false, "english": false, "zz-ZZ": false, "en-Latn-US": false, "": false, "en-US-x-room": false,
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			if got := alexa.KnownLocale(text); got != want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestInstants(t *testing.T) {
	cases := map[string]string{
		"2021-01-01T10:00:00.00Z":            "2021-01-01T10:00:00Z",
		"2021-01-01T10:00:00Z":               "2021-01-01T10:00:00Z",
		"2021-01-01T10:00:00+01:30":          "2021-01-01T08:30:00Z",
		"2021-01-01T10:00:00.5Z":             "2021-01-01T10:00:00.5Z",
		"2021-01-01T10:00:00.123456789Z":     "2021-01-01T10:00:00.123456Z",
		"2021-01-01T10:00:00.1234567890123Z": "2021-01-01T10:00:00.123456Z",
		"2021-01-01":                         "",
		"Room 101":                           "",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			i, err := alexa.ParseInstant(text)
			if want == "" {
				if err == nil {
					t.Errorf("got %v", i)
				}
				return
			}
			if got, _ := i.MarshalText(); err != nil || string(got) != want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestPagesEnd(t *testing.T) {
	var pages alexa.Pages
	for i := range 1000 {
		if err := pages.Next(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if pages.Next("") != nil || pages.Next("5") == nil || pages.Next("1000") == nil {
		t.Error("pages without end are followed, or the last page is none")
	}
}

func TestContent(t *testing.T) {
	type row struct {
		Name string         `csv:"name"`
		At   *alexa.Instant `csv:"at"`
	}
	i, _ := alexa.ParseInstant("2021-01-01T10:00:00.00Z")
	cases := map[string]struct {
		rows []row
		want string
	}{
		"no rows":                  {nil, "name,at\n"},
		"a NUL":                    {[]row{{"a\x00b", nil}}, "name,at\na\uFFFDb,\n"},
		"text that looks like CSV": {[]row{{"a,\"b\"\nc", &i}, {" ", nil}}, "name,at\n\"a,\"\"b\"\"\nc\",2021-01-01T10:00:00Z\n\" \",\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			content, err := alexa.Content(c.rows)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(content); string(got) != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// What a request holds of people's text is not in the words of its refusal.
func TestPrivateTextIsTakenOut(t *testing.T) {
	o, _, _ := sourcetest.Play(t, sourcetest.Says(400, `{"message":"Mrs Planted's breakfast is too long"}`))
	client := alexa.New(o, alexa.ReadRules(alexa.Remedies{}))
	_, a := client.Do(t.Context(), alexa.Call{Method: "GET", Path: "/", Private: []string{"", "Mrs Planted's breakfast"}})
	if a.Outcome != report.OutcomeRefused || a.Why != "the vendor answered 400: [redacted] is too long" {
		t.Errorf("got %+v", a)
	}
}
