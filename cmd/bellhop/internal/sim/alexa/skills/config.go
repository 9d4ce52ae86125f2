// Package skills plays the Alexa Skill Metrics API, v1 and v2.
//
// It is written from the vendor's documents. Facts marked "documented" in comments stand there; those marked "assumed" are ours.
package skills

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// Type is the documented type of a skill.
type Type string

// The types of skills. The documents have metrics for music skills, and no word by which v1 is asked for them: see Config.MusicType.
const (
	Custom        Type = "custom"
	SmartHome     Type = "smartHome"
	FlashBriefing Type = "flashBriefing"
	Music         Type = "music"
)

// Share is one of several values and its weight among them.
type Share struct {
	Value  string
	Weight int64
}

// Skill is a skill of the developer.
type Skill struct {
	ID, Name string
	Type     Type
	// Born is when it went live. There are no data before.
	Born time.Time
	// Locales are those that it is published in. Intents are those of a custom skill; others have none.
	Locales, Intents []Share
	// Daily is how often it is spoken to on an ordinary day, by so many Customers at most.
	Daily, Customers int64
}

// ID is the id of the skill that has this name in the demonstration.
func ID(name string) string { return "amzn1.ask.skill." + chance.Draw(0, "skill", name, 0).UUID() }

// Config is everything that the API needs. Without skills it answers that there are none.
type Config struct {
	Seed   uint64
	Skills []Skill
	// Foreign are ids of skills of another developer.
	Foreign []string
	// PageSize is the number of results of a page where a call does not say. 0: 50.
	PageSize int
	// MaxResults is the largest number of results that a call may ask for. 0: 100,000, as documented.
	MaxResults int
	// Settle is how long numbers still grow. 0: 48 hours (assumed; documented are 2 hours for most metrics).
	Settle time.Duration
	// MusicType is what a call says as skillType of a music skill. Empty: there is no such word, as documented.
	MusicType string
	// NoAccessStatus answers for skills of another developer. 0: 403.
	NoAccessStatus int
}

// tokenLife is documented.
const tokenLife = 24 * time.Hour

// API is the Skill Metrics API. It has no memory: an answer follows from the configuration, the call and the time.
type API struct {
	Config
	skills map[string]*source
	pages  rest.Pages
}

// New checks the configuration.
func New(c Config) (*API, error) {
	c.PageSize = cmp.Or(c.PageSize, 50)
	c.MaxResults = cmp.Or(c.MaxResults, 100_000)
	c.Settle = cmp.Or(c.Settle, 48*time.Hour)
	c.NoAccessStatus = cmp.Or(c.NoAccessStatus, 403)
	a := &API{Config: c, skills: map[string]*source{}, pages: rest.Pages{Seed: c.Seed, Life: tokenLife}}
	var problems []error
	if c.PageSize < 0 || c.MaxResults < c.PageSize || c.Settle < 0 {
		problems = append(problems, errors.New("skills: a number is out of range"))
	}
	for _, s := range c.Skills {
		if s.ID == "" || a.skills[s.ID] != nil || len(s.Locales) == 0 || s.Daily <= 0 || s.Customers <= 0 ||
			!slices.Contains([]Type{Custom, SmartHome, FlashBriefing, Music}, s.Type) || (s.Type == Custom) != (len(s.Intents) > 0) {
			problems = append(problems, fmt.Errorf("skills: %q is incomplete or there twice", s.Name))
		}
		a.skills[s.ID] = newSource(c.Seed, s, c.Settle)
	}
	return a, errors.Join(problems...)
}

// typeWord is what a call says as skillType.
func (a *API) typeWord(t Type) string {
	if t == Music {
		return a.MusicType
	}
	return string(t)
}
