package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

func TestScrub(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"access token":        {"got Atza|IwEBIabc-_.x in it", "got [redacted] in it"},
		"refresh token":       {`{"t":"Atzr|IwEBI/+="}`, `{"t":"[redacted]"}`},
		"escaped in a URL":    {"?token=Atza%7CIwEB&x=1", "?token=[redacted]"},
		"escaped in JSON":     {`Atza\u007cIwEB`, "[redacted]"},
		"authorization":       {"Authorization: Bearer abcdefgh123", "Authorization: [redacted]"},
		"known secret":        {"the secret is s3cr&t/value.", "the secret is [redacted]."},
		"known, in a URL":     {"x=s3cr%26t%2Fvalue&y", "x=[redacted]&y"},
		"known, in JSON":      {`"s3cr\u0026t/value"`, `"[redacted]"`},
		"one inside another":  {"s3cr&t/value-and-longer", "[redacted]"},
		"too short to search": {"tiny stays", "tiny stays"},
		"bellhop's own text":  {"file a/b+c.csv etag 9e107d9d372bb6826bd81d3542a419d6e3b0c44298fc1c149afbf4c8996fb924", "file a/b+c.csv etag 9e107d9d372bb6826bd81d3542a419d6e3b0c44298fc1c149afbf4c8996fb924"},
	}
	var s redact.Scrubber
	s.Add(redact.NewText("s3cr&t/value"), redact.NewText("s3cr&t/value-and-longer"), redact.NewText("tiny"), redact.NewText(""))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := s.Scrub(c.text); got != c.want {
				t.Errorf("Scrub(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
	t.Run("nil", func(t *testing.T) {
		var none *redact.Scrubber
		none.Add(redact.NewText("anything"))
		if got := none.Scrub("Atza|x anything"); got != "[redacted] anything" {
			t.Errorf("a nil scrubber gave %q", got)
		}
	})
}

func TestForeign(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"one line":            {"first\r\nsecond\tthird\x1b[31m", "first second third [31m"},
		"blob":                {"key " + strings.Repeat("aB3", 20) + " end", "key [redacted] end"},
		"unit id":             {"amzn1.alexa.unit.did." + strings.Repeat("X", 60), "amzn1.alexa.unit.did.[redacted]"},
		"quoted name":         {`unit "Room 101" and “Mrs Smith's Echo” fail`, `unit "…" and "…" fail`},
		"single-quoted name":  {`unit 'Room 101' isn't there, don't retry`, `unit "…" isn't there, don't retry`},
		"quoted field":        {`"startDate" must be before 'endDate'`, `"startDate" must be before 'endDate'`},
		"invalid utf-8":       {"a\xffb", "a�b"},
		"direction overrides": {"a\u202eb", "a b"},
		"long":                {strings.Repeat("ab ", 200), strings.Repeat("ab ", 99) + "ab…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var s redact.Scrubber
			got := s.Foreign(c.text)
			if got != c.want {
				t.Errorf("Foreign(%q) = %q, want %q", c.text, got, c.want)
			}
			if utf8.RuneCountInString(got) > redact.MaxForeign {
				t.Errorf("%d characters", utf8.RuneCountInString(got))
			}
		})
	}
}

func FuzzForeign(f *testing.F) {
	f.Add("unit \"Room 101\" Atza|x")
	f.Fuzz(func(t *testing.T, text string) {
		var s redact.Scrubber
		s.Add(redact.NewText("planted-secret"))
		got := s.Foreign(text + " planted-secret")
		if strings.Contains(got, "planted-secret") || strings.ContainsAny(got, "\n\r\t\x00") || !utf8.ValidString(got) {
			t.Errorf("Foreign gave %q", got)
		}
		if utf8.RuneCountInString(got) > redact.MaxForeign {
			t.Errorf("%d characters", utf8.RuneCountInString(got))
		}
	})
}
