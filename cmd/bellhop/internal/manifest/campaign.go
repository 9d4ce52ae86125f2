package manifest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
)

// campaign is what a person writes of a campaign.
type campaign struct {
	Units    []string  `yaml:"units"`
	Start    string    `yaml:"start"`
	End      string    `yaml:"end"`
	Template string    `yaml:"template"`
	Content  []content `yaml:"content"`
}

// content is what a campaign says in one locale. Datasources are for templates that show other things than a title and a body.
type content struct {
	Locale      string         `yaml:"locale"`
	Title       string         `yaml:"title"`
	Body        string         `yaml:"body"`
	Skill       string         `yaml:"skill"`
	Image       string         `yaml:"image"`
	Datasources map[string]any `yaml:"datasources"`
}

// ParseCampaign reads a campaign from YAML, or from the JSON of the vendor's own request. What its fields hold is for
// [campaigns.Campaign.Validate] to judge.
func ParseCampaign(document []byte) (campaigns.Campaign, error) {
	var keys map[string]any
	if err := yaml.Unmarshal(document, &keys); err != nil {
		return campaigns.Campaign{}, fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if keys["suggestion"] != nil {
		body, err := json.Marshal(keys)
		if err != nil {
			return campaigns.Campaign{}, errors.New("it is not the vendor's JSON: a key is no text")
		}
		return campaigns.Parse(body)
	}
	var c campaign
	decoder := yaml.NewDecoder(bytes.NewReader(document))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return campaigns.Campaign{}, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return campaigns.Campaign{}, errors.New("a file has one campaign")
	}
	return c.request()
}

// request is the campaign as the vendor takes it.
func (c campaign) request() (campaigns.Campaign, error) {
	out := campaigns.Campaign{
		Targeting:  campaigns.Targeting{Type: "UNITS", Values: []campaigns.Unit{}},
		Scheduling: campaigns.Scheduling{ActivationWindow: campaigns.Window{Start: c.Start, End: c.End}},
	}
	for _, id := range c.Units {
		out.Targeting.Values = append(out.Targeting.Values, campaigns.Unit{ID: id})
	}
	c.Template = cmp.Or(c.Template, campaigns.DefaultTemplate)
	var values []campaigns.Value
	for i, in := range c.Content {
		shown, err := in.datasources()
		if err != nil {
			return campaigns.Campaign{}, fmt.Errorf("content[%d]: %w", i, err)
		}
		values = append(values, campaigns.Value{
			Locale: in.Locale, Document: campaigns.Document{Type: "Link", Src: c.Template}, Datasources: shown,
		})
	}
	out.Suggestion.Variants = []campaigns.Variant{{
		Placement: campaigns.Placement{Channel: "HOME"}, Content: campaigns.Content{Values: values},
	}}
	return out, nil
}

// datasources are what the template shows: what the person named, or else the title, the body, the skill that a tap opens, and the
// image behind them.
func (in content) datasources() (json.RawMessage, error) {
	simple := in.Title + in.Body + in.Skill + in.Image
	if in.Datasources != nil {
		if simple != "" {
			return nil, errors.New("datasources and title, body, skill or image exclude each other")
		}
		return json.Marshal(in.Datasources)
	}
	type action struct {
		Type  string   `json:"type"`
		URI   string   `json:"uri"`
		Input struct{} `json:"input"`
	}
	var shown struct {
		DisplayText struct {
			Title  string  `json:"title,omitempty"`
			Body   string  `json:"body,omitempty"`
			Action *action `json:"action,omitempty"`
		} `json:"displayText"`
		Background struct {
			Source string `json:"backgroundImageSource"`
		} `json:"background,omitzero"`
	}
	shown.DisplayText.Title, shown.DisplayText.Body, shown.Background.Source = in.Title, in.Body, in.Image
	if in.Skill != "" {
		shown.DisplayText.Action = &action{Type: "SkillConnection", URI: "connection://AMAZON.ColdLaunch/1?provider=" + in.Skill}
	}
	return json.Marshal(shown)
}
