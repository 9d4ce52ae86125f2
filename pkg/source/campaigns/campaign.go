package campaigns

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Campaign is what a person creates: a suggestion, whom it is for, and when. Its JSON is the body of the vendor's request.
// What it says is private to the property, so that printing or logging it shows nothing of it.
type Campaign struct {
	Suggestion Suggestion `json:"suggestion"`
	Targeting  Targeting  `json:"targeting"`
	Scheduling Scheduling `json:"scheduling"`
}

// Suggestion has at least one variant.
type Suggestion struct {
	Variants []Variant `json:"variants"`
}

// Variant is one presentation of a suggestion.
type Variant struct {
	Placement Placement `json:"placement"`
	Content   Content   `json:"content"`
}

// Placement says where the content is rendered.
type Placement struct {
	// Channel is HOME.
	Channel string `json:"channel"`
}

// Content has one value for each locale.
type Content struct {
	Values []Value `json:"values"`
}

// Value is the content in one locale.
type Value struct {
	Locale   string   `json:"locale"`
	Document Document `json:"document"`
	// Datasources is a JSON object, whose keys are the template's.
	Datasources json.RawMessage `json:"datasources"`
}

// Document links the template.
type Document struct {
	Type string `json:"type"` // Link
	Src  string `json:"src"`
}

// Targeting says whom a campaign is for.
type Targeting struct {
	Type   string `json:"type"` // UNITS
	Values []Unit `json:"values"`
}

// Unit is a target: amzn1.alexa.unit.did.{id}.
type Unit struct {
	ID string `json:"id"`
}

// Scheduling says when a campaign is active.
type Scheduling struct {
	ActivationWindow Window `json:"activationWindow"`
}

// Window is from a moment to another, in RFC 3339 as a person or the vendor wrote them.
type Window struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// vendorTime is how the vendor's examples write a moment: with two digits of a second's fraction.
const vendorTime = "2006-01-02T15:04:05.00Z"

// MarshalJSON writes the moments as the vendor's examples do. One that is none stays as it is.
func (w Window) MarshalJSON() ([]byte, error) {
	type plain Window
	for _, at := range []*string{&w.Start, &w.End} {
		if i, err := alexa.ParseInstant(*at); err == nil {
			*at = i.Format(vendorTime)
		}
	}
	return json.Marshal(plain(w))
}

// Format writes the type's name alone.
func (c Campaign) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "campaigns.Campaign") }

// LogValue is the type's name alone.
func (c Campaign) LogValue() slog.Value { return slog.StringValue("campaigns.Campaign") }

// Parse reads a campaign from JSON. A field that the vendor does not document is an error, other than in the datasources.
// The error repeats no content; what the fields hold is for [Campaign.Validate] to judge.
func Parse(document []byte) (Campaign, error) {
	var c Campaign
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return Campaign{}, fmt.Errorf("%s is not of the documented type", wrong.Field)
		}
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return Campaign{}, fmt.Errorf("a campaign has no field %s", field)
		}
		return Campaign{}, errors.New("a campaign is a JSON object")
	}
	if d.More() {
		return Campaign{}, errors.New("a campaign is one JSON object")
	}
	return c, nil
}

// Body returns the body of the request that creates the campaign.
func (c Campaign) Body() ([]byte, error) { return marshal(c) }

// values returns the content of all variants.
func (c Campaign) values() []Value {
	values := []Value{}
	for _, v := range c.Suggestion.Variants {
		values = append(values, v.Content.Values...)
	}
	return values
}

// Display returns the title and the body in the first locale.
func (c Campaign) Display() (title, body string) {
	if values := c.values(); len(values) > 0 {
		return values[0].Display()
	}
	return "", ""
}

// Display returns the title and the body that the content shows. The newer templates call them primary and secondary text.
func (v Value) Display() (title, body string) {
	var d struct {
		DisplayText struct {
			Title     text `json:"title"`
			Body      text `json:"body"`
			Primary   text `json:"primaryText"`
			Secondary text `json:"secondaryText"`
		} `json:"displayText"`
	}
	_ = json.Unmarshal(v.Datasources, &d)
	return string(cmp.Or(d.DisplayText.Title, d.DisplayText.Primary)), string(cmp.Or(d.DisplayText.Body, d.DisplayText.Secondary))
}

// text is a JSON string, and nothing for any other value.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(document []byte) error {
	var s string
	if json.Unmarshal(document, &s) == nil {
		*t = text(s)
	}
	return nil
}

// texts returns what the campaign says, to be kept out of errors.
func (c Campaign) texts() []string {
	var all []string
	for _, v := range c.values() {
		var data any
		_ = json.Unmarshal(v.Datasources, &data)
		all = appendTexts(all, data)
	}
	// Longest first: a text that contains another must not leave its tail behind.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// appendTexts adds every string of a JSON value that is long enough to give something away.
func appendTexts(all []string, value any) []string {
	const least = 4
	switch v := value.(type) {
	case string:
		if len(v) >= least {
			all = append(all, v)
		}
	case []any:
		for _, item := range v {
			all = appendTexts(all, item)
		}
	case map[string]any:
		for key, item := range v {
			// What a tap does is no text of the property's.
			if key != "action" {
				all = appendTexts(all, item)
			}
		}
	}
	return all
}

// Listed is a campaign as the vendor gives it back. Its JSON is what the vendor gave, with keys that bellhop does not know.
// Printing or logging it shows the id alone.
type Listed struct {
	ID string
	Campaign
	Validation Validation
	given      json.RawMessage
}

// Validation is how far the vendor's review of a campaign has come.
type Validation struct {
	Value  string `json:"value"` // IN_PROGRESS, APPROVED or REJECTED
	Reason string `json:"reason"`
}

// Final reports whether the review is over.
func (v Validation) Final() bool { return v.Value == "APPROVED" || v.Value == "REJECTED" }

// MarshalJSON returns what the vendor gave.
func (l Listed) MarshalJSON() ([]byte, error) { return l.given, nil }

// UnmarshalJSON reads what the vendor gives. The vendor's table of fields puts the campaign below the key "campaign", its
// examples put it beside the id: both are understood.
func (l *Listed) UnmarshalJSON(document []byte) error {
	var given struct {
		ID string `json:"campaignId"`
		Campaign
		Nested     *Campaign  `json:"campaign"`
		Validation Validation `json:"validationStatus"`
	}
	if err := json.Unmarshal(document, &given); err != nil {
		return err
	}
	*l = Listed{ID: given.ID, Campaign: given.Campaign, Validation: given.Validation, given: bytes.Clone(document)}
	if given.Nested != nil && l.Suggestion.Variants == nil {
		l.Campaign = *given.Nested
	}
	return nil
}

// content returns the values of all variants as the vendor gave them, as canonical JSON.
func (l Listed) content() ([]byte, error) {
	type suggested struct {
		Suggestion struct {
			Variants []struct {
				Content struct {
					Values []json.RawMessage `json:"values"`
				} `json:"content"`
			} `json:"variants"`
		} `json:"suggestion"`
	}
	var given struct {
		suggested
		Nested suggested `json:"campaign"`
	}
	if err := json.Unmarshal(l.given, &given); err != nil {
		return nil, err
	}
	values := []json.RawMessage{}
	for _, v := range slices.Concat(given.Suggestion.Variants, given.Nested.Suggestion.Variants) {
		values = append(values, v.Content.Values...)
	}
	return canonical(values)
}

// Format writes the id alone.
func (l Listed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "campaign "+l.ID) }

// LogValue is the id alone.
func (l Listed) LogValue() slog.Value { return slog.StringValue("campaign " + l.ID) }

// marshal is [json.Marshal] without escapes for HTML: the template's bytes are the person's.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// canonical returns a value as JSON with its keys sorted and without blanks; numbers stay as they were written.
func canonical(value any) ([]byte, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return marshal(v)
}
